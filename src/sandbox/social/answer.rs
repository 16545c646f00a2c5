//! Responses and simulated failures in transit.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, stream};

use super::fault::Fault;

/// The content type of QQ's responses.
pub(super) const HTML: &str = "text/html; charset=utf-8";
pub(super) const JSON: &str = "application/json; charset=utf-8";
pub(super) const TEXT: &str = "text/plain";
pub(super) const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// The page of a proxy that cannot reach its upstream server.
const BAD_GATEWAY: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad \
                           Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

/// Builds a response with exactly these bytes.
pub(super) fn answer(status: StatusCode, kind: &'static str, body: String) -> Response {
    let mut response = (status, body).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// Builds a response with status 200. If `fault` is one of the failures of this endpoint (`here`), it is applied;
/// `slow` is the delay of a slow response.
pub(super) async fn disturbed(
    slow: Duration,
    fault: Fault,
    here: &[Fault],
    kind: &'static str,
    body: String,
) -> Response {
    if !here.contains(&fault) {
        return answer(StatusCode::OK, kind, body);
    }
    if fault == Fault::SLOW {
        tokio::time::sleep(slow).await;
    }
    if fault == Fault::BAD_GATEWAY {
        return answer(StatusCode::BAD_GATEWAY, "text/html", BAD_GATEWAY.to_owned());
    }
    let mut middle = body.len() / 2;
    while !body.is_char_boundary(middle) {
        middle -= 1;
    }
    if fault == Fault::BROKEN {
        return answer(StatusCode::OK, kind, body[..middle].to_owned());
    }
    if fault == Fault::HALF {
        let half = Ok(Bytes::from(body[..middle].to_owned()));
        let lost = async {
            // Long enough for the first half to be sent.
            tokio::time::sleep(Duration::from_millis(50)).await;
            Err(io::Error::from(io::ErrorKind::ConnectionReset))
        };
        let mut response = answer(StatusCode::OK, kind, String::new());
        *response.body_mut() = Body::from_stream(stream::iter([half]).chain(stream::once(lost)));
        return response;
    }
    answer(StatusCode::OK, kind, body)
}
