//! Checks the origin of requests: CORS by an allow-list, refusal of other origins, and refusal of unknown host names in
//! development mode.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, HOST, HeaderName, ORIGIN, VARY,
};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};

use super::edge::Edge;
use super::form_callback;
use super::refusal::refuse;
use crate::config::http::HttpSettings;
use crate::graphql::error_code::ErrorCode;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const ALLOWED_HEADERS: &str =
    "accept, accept-language, apollo-require-preflight, authorization, content-type, x-apollo-operation-name";

/// The endpoints for proxies and services, which need credentials that browsers do not send on their own. Proxies forward
/// the origin and the preflights of browsers. Those concern the service behind the proxy, so they are not handled here.
const SERVICE_PATHS: [&str; 3] = ["/auth/verify", "/auth/hasura", "/oauth/introspect"];

/// The origin of a request, as reported by the browser.
#[derive(Debug, PartialEq, Eq)]
enum Site {
    /// A page of the gateway itself, or no page at all.
    Own,
    /// A page of an allowed origin.
    Allowed(HeaderValue),
    /// A page of any other origin.
    Other,
}

/// Refuses requests from pages of other origins, and adds the CORS headers.
pub async fn guard(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let settings = &edge.settings;
    let host = host(request.headers(), request.uri());
    if settings.development && !host.as_deref().is_none_or(|host| is_known_host(settings, host)) {
        return refuse(ErrorCode::Misdirected);
    }
    let path = request.uri().path();
    if SERVICE_PATHS.iter().any(|prefix| path.starts_with(prefix)) || path.starts_with(form_callback::PREFIX)
    {
        return next.run(request).await;
    }
    let site = site(settings, host.as_deref(), request.headers());
    let graphql = path == super::graphql::PATH;
    let is_preflight = graphql
        && request.method() == Method::OPTIONS
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let unsafe_method = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    // Pages of other origins may link to pages of the gateway, but may not send other requests.
    let guarded = graphql || unsafe_method;
    let mut response = if site == Site::Other && guarded {
        if settings.development {
            // Browsers do not show developers the reason.
            tracing::info!(
                "request from another origin refused; add the origin to `http.allowed_origins` to allow it"
            );
        }
        refuse(ErrorCode::OriginRefused)
    } else if is_preflight {
        preflight()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("Origin"));
    if let Site::Allowed(origin) = site {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("x-request-id"));
    }
    response
}

fn preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ALLOWED_HEADERS));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}

fn site(settings: &HttpSettings, host: Option<&str>, headers: &HeaderMap) -> Site {
    let mut origins = headers.get_all(ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) if headers.get(SEC_FETCH_SITE).is_some_and(|site| site == "cross-site") => Site::Other,
        (None, _) => Site::Own,
        (Some(origin), None) => {
            if settings.allowed_origins.iter().any(|allowed| origin == allowed.as_str()) {
                return Site::Allowed(origin.clone());
            }
            // In development mode, localhost and 127.0.0.1 are the same. The host has been checked already.
            let local = settings.development && host.is_some_and(|host| *origin == format!("http://{host}"));
            if local || origin == settings.public_url.as_str() { Site::Own } else { Site::Other }
        }
        (Some(_), Some(_)) => Site::Other,
    }
}

/// Returns the host and port to which the client sent the request. In HTTP/2 they are part of the URI.
fn host(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let header = headers.get(HOST).map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned());
    header.or_else(|| uri.authority().map(ToString::to_string)).map(|host| host.to_ascii_lowercase())
}

/// Prevents DNS rebinding: a page can let its own name resolve to 127.0.0.1 and then send requests to this machine, but
/// the host name reveals it.
fn is_known_host(settings: &HttpSettings, host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host().trim_end_matches('.');
    if authority.as_str().contains('@') {
        return false;
    }
    let bare = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    match bare.parse::<IpAddr>() {
        Ok(address) => {
            address.to_canonical().is_loopback()
                || address == settings.listen.ip()
                || name == settings.public_url.host()
        }
        Err(_) => name == "localhost" || name.ends_with(".localhost") || name == settings.public_url.host(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::testing::settings;

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn an_origin_is_own_listed_or_foreign() {
        let mut settings = settings();
        settings.allowed_origins = vec!["https://app.example".parse().unwrap()];
        let mut judged = |pairs: &[(HeaderName, &str)], development| {
            settings.development = development;
            site(&settings, Some("localhost:8000"), &headers(pairs))
        };
        assert_eq!(judged(&[], false), Site::Own);
        assert_eq!(judged(&[(ORIGIN, "http://127.0.0.1:8000")], false), Site::Own);
        assert_eq!(judged(&[(ORIGIN, "http://localhost:8000")], true), Site::Own);
        assert_eq!(judged(&[(ORIGIN, "http://localhost:8000")], false), Site::Other);
        let listed = HeaderValue::from_static("https://app.example");
        let cross = (SEC_FETCH_SITE, "cross-site");
        assert_eq!(judged(&[(ORIGIN, "https://app.example"), cross.clone()], false), Site::Allowed(listed));
        for origin in
            ["null", "https://app.example.evil", "http://app.example", "https://app.example:444", "", "*"]
        {
            assert_eq!(judged(&[(ORIGIN, origin)], true), Site::Other, "{origin}");
        }
        assert_eq!(
            judged(&[(ORIGIN, "https://app.example"), (ORIGIN, "https://app.example")], false),
            Site::Other
        );
        assert_eq!(judged(&[cross], false), Site::Other);
        assert_eq!(judged(&[(SEC_FETCH_SITE, "none")], false), Site::Own);
    }

    #[test]
    fn unknown_host_names_are_detected() {
        let mut settings = settings();
        settings.listen = "192.0.2.5:8000".parse().unwrap();
        settings.public_url = "http://menjin.test:8000".parse().unwrap();
        for host in [
            "localhost",
            "localhost:8000",
            "a.localhost",
            "127.0.0.1:1",
            "127.9.9.9",
            "[::1]:8000",
            "localhost.",
        ] {
            assert!(is_known_host(&settings, host), "{host}");
        }
        for host in ["192.0.2.5:8000", "menjin.test", "menjin.test:8000"] {
            assert!(is_known_host(&settings, host), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "192.0.2.6",
            "evil@localhost",
            "",
            "127.0.0.1.evil.example",
        ] {
            assert!(!is_known_host(&settings, host), "{host}");
        }
    }
}
