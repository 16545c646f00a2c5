//! Which web pages may call: CORS by an allow-list, foreign origins refused, and no answer for strange host names while
//! developing.

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
use crate::graphql::fault::CallerFault;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const ALLOWED_HEADERS: &str =
    "accept, accept-language, apollo-require-preflight, authorization, content-type, x-apollo-operation-name";

/// What proxies and services ask, by credentials that no browser sends on its own. They pass on what a browser told them,
/// its origin and its preflights included: that is about the service behind them, and no answer to it may look like a yes.
const MACHINES: [&str; 3] = ["/auth/verify", "/auth/hasura", "/oauth/introspect"];

/// Where a request comes from, as the browser tells.
#[derive(Debug, PartialEq, Eq)]
enum Site {
    /// A page of the gateway itself, or no page at all.
    Own,
    /// A page of a listed origin.
    Listed(HeaderValue),
    /// Any other page.
    Foreign,
}

/// Refuses what no browser of an honest person sends, and adds the CORS headers.
pub async fn guard(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let settings = &edge.settings;
    let host = host(request.headers(), request.uri());
    if settings.development && !host.as_deref().is_none_or(|host| is_known_host(settings, host)) {
        return refuse(CallerFault::Misdirected);
    }
    let path = request.uri().path();
    if MACHINES.iter().any(|prefix| path.starts_with(prefix)) || path.starts_with(form_callback::PREFIX) {
        return next.run(request).await;
    }
    let site = site(settings, host.as_deref(), request.headers());
    let graphql = path == super::graphql::PATH;
    let asks = graphql
        && request.method() == Method::OPTIONS
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    // A link on a foreign page may lead to a page of ours; nothing else may come from there.
    let guarded = graphql || changes;
    let mut response = if site == Site::Foreign && guarded {
        if settings.development {
            // The browser shows its programmer no more than that something failed.
            tracing::info!(
                "a page of another origin was refused: `http.allowed_origins` names those that may call"
            );
        }
        refuse(CallerFault::OriginRefused)
    } else if asks {
        preflight()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("Origin"));
    if let Site::Listed(origin) = site {
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
        (None, _) if headers.get(SEC_FETCH_SITE).is_some_and(|site| site == "cross-site") => Site::Foreign,
        (None, _) => Site::Own,
        (Some(origin), None) => {
            if settings.allowed_origins.iter().any(|listed| origin == listed.as_str()) {
                return Site::Listed(origin.clone());
            }
            // While developing, localhost and 127.0.0.1 both lead here; the host was checked before.
            let local = settings.development && host.is_some_and(|host| *origin == format!("http://{host}"));
            if local || origin == settings.public_url.as_str() { Site::Own } else { Site::Foreign }
        }
        (Some(_), Some(_)) => Site::Foreign,
    }
}

/// The host that the caller believes to talk to, with its port; in HTTP/2 it is part of the address.
fn host(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let header = headers.get(HOST).map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned());
    header.or_else(|| uri.authority().map(ToString::to_string)).map(|host| host.to_ascii_lowercase())
}

/// A page can point its own name at 127.0.0.1 and so talk to this machine as if to its own server; the name gives it
/// away (DNS rebinding).
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
        assert_eq!(judged(&[(ORIGIN, "http://localhost:8000")], false), Site::Foreign);
        let listed = HeaderValue::from_static("https://app.example");
        let cross = (SEC_FETCH_SITE, "cross-site");
        assert_eq!(judged(&[(ORIGIN, "https://app.example"), cross.clone()], false), Site::Listed(listed));
        for origin in
            ["null", "https://app.example.evil", "http://app.example", "https://app.example:444", "", "*"]
        {
            assert_eq!(judged(&[(ORIGIN, origin)], true), Site::Foreign, "{origin}");
        }
        assert_eq!(
            judged(&[(ORIGIN, "https://app.example"), (ORIGIN, "https://app.example")], false),
            Site::Foreign
        );
        assert_eq!(judged(&[cross], false), Site::Foreign);
        assert_eq!(judged(&[(SEC_FETCH_SITE, "none")], false), Site::Own);
    }

    #[test]
    fn a_strange_name_for_this_machine_is_noticed() {
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
