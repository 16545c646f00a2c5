//! Pages for people: rendered here, styled as the inbox is, running nothing but our own script.

use axum::Router;
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use minijinja::{AutoEscape, Environment, Value, context};

use crate::config::http::Origin;
use crate::core::language::Language;

/// The templates.
pub(super) struct Pages(Environment<'static>);

impl Pages {
    pub(super) fn new() -> Self {
        let mut templates = Environment::new();
        templates.set_auto_escape_callback(|_| AutoEscape::Html);
        for (name, source) in [
            ("frame.html", include_str!("../pages/frame.html")),
            ("consent.html", include_str!("../pages/consent.html")),
            ("index.html", include_str!("../pages/index.html")),
            ("start.html", include_str!("../pages/start.html")),
            ("callback.html", include_str!("../pages/callback.html")),
            ("notice.html", include_str!("../pages/notice.html")),
            ("form_post.html", include_str!("../pages/form_post.html")),
        ] {
            templates.add_template(name, source).expect("the embedded templates are well formed");
        }
        Self(templates)
    }

    /// A page. `forms_to` are origins that its forms may lead to, besides our own: browsers hold redirects to it, too.
    pub(super) fn render(
        &self,
        status: StatusCode,
        name: &str,
        language: Language,
        values: Value,
        forms_to: &[&str],
    ) -> Response {
        let render = |name: &str, values: Value| {
            let template = self.0.get_template(name).expect("a template that `new` added");
            template.render(values).expect("a template and its values fit: a test renders each")
        };
        let body = Value::from_safe_string(render(name, values.clone()));
        let html = render("frame.html", context! { language => language.tag(), body, ..values });
        let policy = format!(
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data: https: http:; \
             base-uri 'none'; form-action 'self' {}; frame-ancestors 'none'",
            forms_to.join(" ")
        );
        let mut response = (status, html).into_response();
        let headers = response.headers_mut();
        guard(headers, "text/html; charset=utf-8");
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        headers.insert(VARY, HeaderValue::from_static("Accept-Language"));
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
        response
    }

    /// A page that only says something.
    pub(super) fn notice(&self, status: StatusCode, language: Language, title: &str, text: &str) -> Response {
        self.render(status, "notice.html", language, context! { title, text }, &[])
    }
}

/// What pages load.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    const STYLE: &str = include_str!("../pages/sandbox.css");
    const SCRIPT: &str = include_str!("../pages/sandbox.js");
    const SUBMIT: &str = include_str!("../pages/submit.js");
    Router::new()
        .route("/sandbox/sandbox.css", get(async || asset("text/css; charset=utf-8", STYLE)))
        .route("/sandbox/sandbox.js", get(async || asset("text/javascript; charset=utf-8", SCRIPT)))
        .route("/sandbox/submit.js", get(async || asset("text/javascript; charset=utf-8", SUBMIT)))
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    let mut response = text.into_response();
    guard(response.headers_mut(), kind);
    response
}

/// Sets what keeps an answer private and to itself.
pub(super) fn guard(headers: &mut HeaderMap, kind: &'static str) {
    for (name, value) in [
        (CONTENT_TYPE, kind),
        (X_FRAME_OPTIONS, "DENY"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: browsers would then send our own forms with `Origin: null`, which the gateway refuses.
        (REFERRER_POLICY, "same-origin"),
        (CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// The language that the browser asks for.
pub(super) fn language(headers: &HeaderMap) -> Language {
    let wish = headers.get(ACCEPT_LANGUAGE).and_then(|wish| wish.to_str().ok());
    Language::from_accept_language(wish.unwrap_or_default())
}

/// The origin of an address as a policy names it; nothing where there is none.
pub(super) fn origin_of(address: &str) -> String {
    let url = url::Url::parse(address).map(|url| url.origin().ascii_serialization());
    url.ok().filter(|text| text.parse::<Origin>().is_ok()).unwrap_or_default()
}
