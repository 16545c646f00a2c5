//! The parameters of a request, from its query and from a form or JSON body.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use url::form_urlencoded;

/// The maximum size of a body in bytes.
const LONGEST: usize = 64 * 1024;

/// Names and values in their order.
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    /// Returns the first non-empty value of a name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(other, value)| other == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    /// Returns the value, or an empty text.
    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }
}

impl<S: Sync> FromRequest<S> for Params {
    type Rejection = StatusCode;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        let query = request.uri().query().unwrap_or_default();
        let mut pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let kind =
            request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let (is_form, is_json) =
            (kind.starts_with("application/x-www-form-urlencoded"), kind.starts_with("application/json"));
        let body = to_bytes(request.into_body(), LONGEST).await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
        if is_form {
            pairs.extend(form_urlencoded::parse(&body).into_owned());
        } else if is_json && let Ok(object) = serde_json::from_slice::<serde_json::Map<_, _>>(&body) {
            let text = |value: serde_json::Value| value.as_str().map(ToOwned::to_owned);
            pairs.extend(object.into_iter().filter_map(|(name, value)| Some((name, text(value)?))));
        }
        Ok(Self(pairs))
    }
}

/// Encodes a value for a query, with blanks as `%20`.
pub(super) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// Returns `state=…`, or an empty text if the client sent no state.
pub(super) fn state(params: &Params) -> String {
    params.get("state").map(|state| format!("state={}", encoded(state))).unwrap_or_default()
}

/// Joins parts of a query and omits empty ones.
pub(super) fn joined(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("&")
}
