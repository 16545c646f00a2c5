//! Pages for browsers, rendered from templates. They run only scripts of the gateway.

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
use crate::core::language::{Language, insert_provider};

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

    /// Renders a page. `forms_to` are other origins that its forms may lead to; browsers apply the policy to redirects
    /// too.
    pub(super) fn render(
        &self,
        status: StatusCode,
        name: &str,
        language: Language,
        values: Value,
        forms_to: &[&str],
    ) -> Response {
        let render = |name: &str, values: Value| {
            let template = self.0.get_template(name).expect("the template exists");
            template.render(values).expect("the template renders")
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

    /// Renders a page with a title and a text.
    pub(super) fn notice(&self, status: StatusCode, language: Language, title: &str, text: &str) -> Response {
        self.render(status, "notice.html", language, context! { title, text }, &[])
    }
}

/// Routes the files that pages load.
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

/// Adds the headers that keep a response private and isolated.
pub(super) fn guard(headers: &mut HeaderMap, kind: &'static str) {
    for (name, value) in [
        (CONTENT_TYPE, kind),
        (X_FRAME_OPTIONS, "DENY"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: browsers would then send the gateway's own forms with `Origin: null`, which it refuses.
        (REFERRER_POLICY, "same-origin"),
        (CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// Returns the language that the browser prefers.
pub(super) fn language(headers: &HeaderMap) -> Language {
    let wish = headers.get(ACCEPT_LANGUAGE).and_then(|wish| wish.to_str().ok());
    Language::from_accept_language(wish.unwrap_or_default())
}

/// Inserts the provider's name at each `{provider}`.
pub(super) fn named(language: Language, text: &str, name: &str) -> String {
    match language {
        Language::Chinese => insert_provider(text, name),
        Language::English => text.replace("{provider}", name),
    }
}

/// Returns the origin of an address as a policy names it, or an empty text.
pub(super) fn origin_of(address: &str) -> String {
    let url = url::Url::parse(address).map(|url| url.origin().ascii_serialization());
    url.ok().filter(|text| text.parse::<Origin>().is_ok()).unwrap_or_default()
}
