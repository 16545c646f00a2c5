//! The consent page of all providers.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{LOCATION, REFERRER_POLICY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use minijinja::{Value, context};
use url::{Url, form_urlencoded};

use super::fault::Fault;
use super::page::{language, named, origin_of};
use super::params::{Params, joined};
use super::people::{PEOPLE, Person};
use super::state::{Question, Shared};
use crate::core::language::Language;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/sandbox/consent", post(consent))
}

/// Renders the consent page. The form is posted to `/sandbox/consent`.
pub(super) fn ask(shared: &Shared, headers: &HeaderMap, question: Question) -> Response {
    let language = language(headers);
    let name = question.provider.name(language);
    let faults: Vec<Value> = question
        .choices
        .iter()
        .map(|choice| {
            let text = match language {
                Language::Chinese => choice.chinese,
                Language::English => choice.english,
            };
            context! { name => choice.fault.0, text }
        })
        .collect();
    let people: Vec<Value> = PEOPLE
        .iter()
        .map(
            |person| context! { key => person.key, name => person.nickname, about => person.about(language) },
        )
        .collect();
    let ticket = shared.random.token();
    let origin = origin_of(&question.redirect_uri);
    let texts = Texts::of(language);
    let values = context! {
        ticket => ticket.as_str(), faults, people, name,
        client => question.client_id.as_str(),
        target => question.redirect_uri.as_str(),
        scope => question.scope.as_str(),
        title => named(language, texts.title, name),
        warning => named(language, texts.warning, name),
        question => texts.question,
        returns => texts.returns,
        scopes => texts.scopes,
        who => texts.who,
        wrong => texts.wrong,
        allow => texts.allow,
        refuse => texts.refuse,
    };
    shared.questions.put(&ticket, question);
    shared.pages.render(StatusCode::OK, "consent.html", language, values, &[&origin])
}

/// Shows a provider's error on a page, for requests that must not redirect the browser.
pub(super) fn refuse(shared: &Shared, headers: &HeaderMap, words: &str) -> Response {
    let language = language(headers);
    shared.pages.notice(StatusCode::BAD_REQUEST, language, Texts::of(language).bad, words)
}

async fn consent(State(shared): State<Arc<Shared>>, headers: HeaderMap, form: Params) -> Response {
    let language = language(&headers);
    let texts = Texts::of(language);
    let Some(question) = shared.questions.get(form.text("request")) else {
        return shared.pages.notice(StatusCode::GONE, language, texts.bad, texts.old);
    };
    let name = form.get("failure").unwrap_or(Fault::NONE.0);
    let fault = question.choices.iter().map(|choice| choice.fault).find(|fault| fault.0 == name);
    let (Some(person), Some(mut fault)) = (Person::find(form.text("person")), fault) else {
        return shared.pages.notice(StatusCode::BAD_REQUEST, language, texts.bad, texts.unknown);
    };
    if form.get("decision") == Some("refuse") {
        fault = Fault::REFUSED;
    }
    let query = match fault {
        Fault::CLOSED => None,
        Fault::REFUSED => question.refusal.clone(),
        Fault::AUTHORIZE => Some(question.trouble.clone()),
        _ => {
            let code = format!("code={}", shared.issue_code(&question, person, fault));
            let introduction = question.introduction.map(|introduce| introduce(person)).unwrap_or_default();
            Some(joined(&[&code, &question.beside, &introduction]))
        }
    };
    match query {
        None => shared.pages.notice(StatusCode::OK, language, texts.closed, texts.stays),
        Some(query) => send(&shared, &headers, &question.redirect_uri, question.form_post, &query),
    }
}

/// Redirects the browser to the client, whose address must have been checked.
pub(super) fn send(
    shared: &Shared,
    headers: &HeaderMap,
    redirect_uri: &str,
    form_post: bool,
    query: &str,
) -> Response {
    if form_post {
        send_form(shared, language(headers), redirect_uri, query)
    } else {
        send_back(redirect_uri, query)
    }
}

/// Redirects with status 302.
fn send_back(redirect_uri: &str, query: &str) -> Response {
    let Ok(mut url) = Url::parse(redirect_uri) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let query = joined(&[url.query().unwrap_or_default(), query]);
    url.set_query(Some(&query));
    let Ok(location) = HeaderValue::from_str(url.as_str()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let no_referrer = (REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    (StatusCode::FOUND, [(LOCATION, location), no_referrer]).into_response()
}

/// Renders a form that submits itself (OAuth 2.0 Form Post Response Mode).
fn send_form(shared: &Shared, language: Language, target: &str, query: &str) -> Response {
    let fields: Vec<Value> = form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| context! { name => &*name, value => &*value })
        .collect();
    let texts = Texts::of(language);
    let values =
        context! { script => "/sandbox/submit.js", title => texts.sending, go => texts.go, target, fields };
    let origin = origin_of(target);
    shared.pages.render(StatusCode::OK, "form_post.html", language, values, &[&origin])
}

/// The texts of the pages; `{provider}` is replaced by the name of the provider.
struct Texts {
    title: &'static str,
    warning: &'static str,
    question: &'static str,
    returns: &'static str,
    scopes: &'static str,
    who: &'static str,
    wrong: &'static str,
    allow: &'static str,
    refuse: &'static str,
    bad: &'static str,
    old: &'static str,
    unknown: &'static str,
    closed: &'static str,
    stays: &'static str,
    sending: &'static str,
    go: &'static str,
}

impl Texts {
    fn of(language: Language) -> &'static Self {
        match language {
            Language::Chinese => &CHINESE,
            Language::English => &ENGLISH,
        }
    }
}

const ENGLISH: Texts = Texts {
    title: "Menjin's sandbox: this is not {provider}",
    warning: "An emulation of {provider} on the developer's machine. No real account is used, and nothing is sent to \
              {provider}. Never enter a real password here.",
    question: "This application requests access to your account:",
    returns: "Afterwards the browser returns to",
    scopes: "Requested scopes",
    who: "Choose a test account",
    wrong: "Simulated failure",
    allow: "Allow and return",
    refuse: "Deny",
    bad: "The sandbox refused this request",
    old: "This consent page has expired, or the gateway was restarted. Start again in the application.",
    unknown: "Unknown test account or failure.",
    closed: "The page was closed",
    stays: "With this choice, the browser does not return to the application. Close this tab, or go back and choose again.",
    sending: "Returning to the application",
    go: "Continue",
};

const CHINESE: Texts = Texts {
    title: "Menjin 沙盒：这里不是{provider}",
    warning: "这是开发机上模拟的{provider}，不涉及任何真实账号，也不会向{provider}发送任何内容。请勿在此输入真实密码。",
    question: "以下应用申请访问您的账号：",
    returns: "之后浏览器将返回",
    scopes: "申请的权限",
    who: "选择测试账号",
    wrong: "模拟故障",
    allow: "同意并返回",
    refuse: "拒绝",
    bad: "沙盒已拒绝该请求",
    old: "授权页面已过期，或网关已重启。请在应用中重新发起登录。",
    unknown: "没有该测试账号或故障选项。",
    closed: "页面已关闭",
    stays: "选择此项后，浏览器不会返回应用。请关闭本标签页，或返回上一页重新选择。",
    sending: "返回应用",
    go: "继续",
};
