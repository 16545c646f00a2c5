//! What can go wrong when a ticket is checked.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, stream};

/// What goes wrong. It is chosen with the ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    None,
    /// The service does not believe that the user is human.
    Rejected,
    /// The service rejects the keys of the installation.
    Misconfigured,
    /// The service reports an error of its own.
    Internal,
    /// There is no response in time.
    Hang,
    /// The connection breaks off in the middle of the response.
    Half,
    /// The response is JSON, but not complete.
    Truncated,
    /// A page in HTML with status 200.
    Html,
    /// The right response with the content type of plain text.
    PlainText,
    BadGateway,
    TooManyRequests,
    Redirect,
}

impl Failure {
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "none" => Self::None,
            "rejected" => Self::Rejected,
            "misconfigured" => Self::Misconfigured,
            "internal" => Self::Internal,
            "hang" => Self::Hang,
            "half" => Self::Half,
            "truncated" => Self::Truncated,
            "html" => Self::Html,
            "plain_text" => Self::PlainText,
            "bad_gateway" => Self::BadGateway,
            "too_many_requests" => Self::TooManyRequests,
            "redirect" => Self::Redirect,
            _ => return None,
        })
    }

    /// Sends `body`, or what the failure makes of it.
    pub(super) async fn respond(self, body: String, slow: Duration) -> Response {
        const JSON: &str = "application/json; charset=utf-8";
        const HTML: &str = "text/html";
        const PAGE: &str = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>\r\n";
        let half = || body.chars().take(body.chars().count() / 2).collect::<String>();
        match self {
            Self::None | Self::Rejected | Self::Misconfigured | Self::Internal => {
                response(StatusCode::OK, JSON, body)
            }
            Self::Hang => {
                tokio::time::sleep(slow).await;
                response(StatusCode::OK, JSON, body)
            }
            Self::Half => {
                let start = Ok(Bytes::from(half()));
                let lost = async {
                    // Long enough for the first half to arrive.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    Err(io::Error::from(io::ErrorKind::ConnectionReset))
                };
                let mut cut = response(StatusCode::OK, JSON, String::new());
                *cut.body_mut() = Body::from_stream(stream::iter([start]).chain(stream::once(lost)));
                cut
            }
            Self::Truncated => response(StatusCode::OK, JSON, half()),
            Self::Html => response(StatusCode::OK, HTML, PAGE.to_owned()),
            Self::PlainText => response(StatusCode::OK, "text/plain", body),
            Self::BadGateway => response(StatusCode::BAD_GATEWAY, HTML, PAGE.to_owned()),
            Self::TooManyRequests => response(StatusCode::TOO_MANY_REQUESTS, JSON, "{}".to_owned()),
            Self::Redirect => {
                let mut elsewhere = response(StatusCode::FOUND, HTML, String::new());
                elsewhere
                    .headers_mut()
                    .insert(LOCATION, HeaderValue::from_static("/sandbox/captcha/elsewhere"));
                elsewhere
            }
        }
    }
}

fn response(status: StatusCode, kind: &'static str, body: String) -> Response {
    let mut response = (status, body).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
