//! Responses of the gateway.

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::logs;

/// A response of the gateway.
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// Null if the body is not JSON.
    pub json: Value,
}

impl Reply {
    pub async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a whole body");
        let json = serde_json::from_str(&text).unwrap_or_default();
        Self { status, headers, text, json }
    }

    /// Returns the value of a root field. Panics if there are errors.
    pub fn data(&self, field: &str) -> Value {
        assert!(self.json.get("errors").is_none(), "{} {} {:#?}", self.status, self.text, self.log());
        assert_eq!(self.status, 200, "{}", self.text);
        self.json["data"].get(field).unwrap_or_else(|| panic!("no {field} in {}", self.text)).clone()
    }

    /// Returns the log lines of this request, for messages of failed tests.
    pub fn log(&self) -> Vec<String> {
        let request = self.json["errors"][0]["extensions"]["requestId"].as_str();
        request.map(|id| logs::lines_with(&logs::written(), id)).unwrap_or_default()
    }

    /// Returns `extensions.code` of the first error; empty if there is no error.
    pub fn error_code(&self) -> &str {
        self.json["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
    }

    /// Returns the cookies that the response sets; an empty value deletes the cookie.
    pub fn cookies(&self) -> Vec<(String, String)> {
        let pair = |value: &reqwest::header::HeaderValue| {
            let (name, value) = value.to_str().ok()?.split(';').next()?.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        };
        self.headers.get_all("set-cookie").iter().filter_map(pair).collect()
    }
}

/// Returns the type of an outcome, such as `SignedIn`.
pub fn kind(outcome: &Value) -> &str {
    outcome["__typename"].as_str().unwrap_or_default()
}

/// Returns a timestamp of an outcome.
pub fn timestamp(outcome: &Value, field: &str) -> DateTime<Utc> {
    let text = outcome[field].as_str().unwrap_or_else(|| panic!("no {field} in {outcome}"));
    DateTime::parse_from_rfc3339(text).expect("a timestamp in RFC 3339").to_utc()
}

/// Returns `path code` of each invalid field, sorted.
pub fn invalid_fields(outcome: &Value) -> Vec<String> {
    assert_eq!(kind(outcome), "InvalidInput", "{outcome}");
    let fields = outcome["fields"].as_array().expect("fields");
    let word = |field: &Value, name: &str| field[name].as_str().expect("a text").to_owned();
    let mut all: Vec<_> =
        fields.iter().map(|field| format!("{} {}", word(field, "path"), word(field, "code"))).collect();
    all.sort();
    all
}
