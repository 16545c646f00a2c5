//! The pages of the sandbox other than consent: index, start of a sign-in, and callback, for developers who have no web
//! application yet.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;
use url::form_urlencoded;

use super::page::{language, named};
use super::params::Params;
use super::people::PEOPLE;
use super::state::{Provider, Shared};
use crate::core::language::Language;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/sandbox", get(index))
        .route("/sandbox/start", get(start))
        .route("/sandbox/callback/{provider}", get(callback).post(posted))
}

async fn index(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let language = language(&headers);
    let people: Vec<Value> = PEOPLE
        .iter()
        .map(
            |person| context! { key => person.key, name => person.nickname, about => person.about(language) },
        )
        .collect();
    let t = Words::of(language);
    let values =
        context! { title => t.index, t => Value::from(Serde(t)), people, providers => providers(language) };
    shared.pages.render(StatusCode::OK, "index.html", language, values, &[])
}

async fn start(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let language = language(&headers);
    let t = Words::of(language);
    let values = context! { script => "/sandbox/sandbox.js", title => t.start, t => Value::from(Serde(t)), providers => providers(language) };
    shared.pages.render(StatusCode::OK, "start.html", language, values, &[])
}

/// The script reads code and state from the URL of the page.
async fn callback(
    State(shared): State<Arc<Shared>>,
    Path(provider): Path<String>,
    headers: HeaderMap,
) -> Response {
    let language = language(&headers);
    let t = Words::of(language);
    // Slugs of real providers are unknown here, so they are shown as they are.
    let known = Provider::ALL.into_iter().find(|known| known.slug() == provider);
    let name = known.map_or(provider.as_str(), |known| known.name(language));
    let title = named(language, t.callback, name);
    let values = context! { script => "/sandbox/sandbox.js", title, t => Value::from(Serde(t)), provider => &*provider };
    shared.pages.render(StatusCode::OK, "callback.html", language, values, &[])
}

/// Redirects a posted callback to a URL, from which the script reads it.
async fn posted(Path(provider): Path<String>, params: Params) -> Response {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for name in ["code", "state", "user", "error", "error_description"] {
        if let Some(value) = params.get(name) {
            query.append_pair(name, value);
        }
    }
    let provider: String = form_urlencoded::byte_serialize(provider.as_bytes()).collect();
    let location = format!("/sandbox/callback/{provider}?{}", query.finish());
    match HeaderValue::from_str(&location) {
        Ok(location) => (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

fn providers(language: Language) -> Vec<Value> {
    let provider = |provider: &Provider| {
        let (english, chinese) = provider.about();
        let about = match language {
            Language::Chinese => chinese,
            Language::English => english,
        };
        let name = provider.name(language);
        let sign_in = named(language, Words::of(language).sign_in, name);
        context! { slug => provider.slug(), name, about, sign_in }
    };
    Provider::ALL.iter().map(provider).collect()
}

/// The texts of the pages; `{provider}` is replaced by the name of the provider.
#[derive(Serialize)]
struct Words {
    index: &'static str,
    intro: &'static str,
    begin: &'static str,
    inbox: &'static str,
    providers: &'static str,
    people: &'static str,
    start: &'static str,
    start_intro: &'static str,
    sign_in: &'static str,
    callback: &'static str,
    working: &'static str,
    again: &'static str,
    bind_title: &'static str,
    register_title: &'static str,
    by_password: &'static str,
    by_code: &'static str,
    account: &'static str,
    password: &'static str,
    mobile: &'static str,
    code: &'static str,
    send_code: &'static str,
    open_inbox: &'static str,
    bind: &'static str,
    register: &'static str,
    terms: &'static str,
    script: &'static str,
}

impl Words {
    fn of(language: Language) -> &'static Self {
        match language {
            Language::Chinese => &CHINESE,
            Language::English => &ENGLISH,
        }
    }
}

const ENGLISH: Words = Words {
    index: "Menjin's sandbox",
    intro: "In development, the gateway emulates QQ and other providers with their wire formats. Only settings change \
            when you switch to the real providers.",
    begin: "Try signing in",
    inbox: "Inbox: SMS messages and e-mails",
    providers: "Providers",
    people: "Test accounts",
    start: "Sign in",
    start_intro: "This page shows what the sign-in page of your web application has to do.",
    sign_in: "Sign in with {provider}",
    callback: "Back from {provider}",
    working: "Waiting for the gateway …",
    again: "Start again",
    bind_title: "I have an account",
    register_title: "I am new here",
    by_password: "With a password",
    by_code: "With an SMS code",
    account: "User name, mobile number or e-mail address",
    password: "Password",
    mobile: "Mobile number",
    code: "Code",
    send_code: "Send code",
    open_inbox: "Inbox (new tab)",
    bind: "Bind this account",
    register: "Register",
    terms: "I have read and accept the terms of service",
    script: "This page needs JavaScript.",
};

const CHINESE: Words = Words {
    index: "Menjin 沙盒",
    intro: "开发模式下，网关内置了 QQ 等身份提供商的模拟，通信格式与真实平台一致：切换到真实平台只需修改配置。",
    begin: "试用登录",
    inbox: "收件箱：短信和邮件",
    providers: "身份提供商",
    people: "可用的测试账号",
    start: "登录",
    start_intro: "本页演示应用的登录页需要完成的工作。",
    sign_in: "使用{provider}登录",
    callback: "从{provider}返回",
    working: "正在请求网关……",
    again: "重新开始",
    bind_title: "我已有账号",
    register_title: "我是新用户",
    by_password: "使用密码",
    by_code: "使用短信验证码",
    account: "用户名、手机号或邮箱",
    password: "密码",
    mobile: "手机号",
    code: "验证码",
    send_code: "发送验证码",
    open_inbox: "收件箱（新标签页）",
    bind: "绑定该账号",
    register: "注册",
    terms: "我已阅读并同意《服务条款》",
    script: "请启用 JavaScript 后使用本页。",
};
