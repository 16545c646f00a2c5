//! What came back.

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::logs;

/// An answer of the gateway.
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// Null where the body is no JSON.
    pub json: Value,
}

impl Reply {
    pub async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a whole body");
        let json = serde_json::from_str(&text).unwrap_or_default();
        Self { status, headers, text, json }
    }

    /// The value of a field of the root. Panics where there are errors.
    pub fn data(&self, field: &str) -> Value {
        assert!(self.json.get("errors").is_none(), "{} {} {:#?}", self.status, self.text, self.log());
        assert_eq!(self.status, 200, "{}", self.text);
        self.json["data"].get(field).unwrap_or_else(|| panic!("no {field} in {}", self.text)).clone()
    }

    /// What the gateway wrote down of this request, for the messages of tests that fail.
    pub fn log(&self) -> Vec<String> {
        let request = self.json["errors"][0]["extensions"]["requestId"].as_str();
        request.map(|id| logs::lines_with(&logs::written(), id)).unwrap_or_default()
    }

    /// `extensions.code` of the first error; empty where there is no error.
    pub fn error_code(&self) -> &str {
        self.json["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
    }

    /// The cookies that the answer sets, by name; an empty value takes one back.
    pub fn cookies(&self) -> Vec<(String, String)> {
        let pair = |value: &reqwest::header::HeaderValue| {
            let (name, value) = value.to_str().ok()?.split(';').next()?.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        };
        self.headers.get_all("set-cookie").iter().filter_map(pair).collect()
    }
}

/// The name of the union's member.
pub fn kind(outcome: &Value) -> &str {
    outcome["__typename"].as_str().unwrap_or_default()
}

/// A moment in an outcome.
pub fn at(outcome: &Value, field: &str) -> DateTime<Utc> {
    let text = outcome[field].as_str().unwrap_or_else(|| panic!("no {field} in {outcome}"));
    DateTime::parse_from_rfc3339(text).expect("a moment in RFC 3339").to_utc()
}

/// `path code` of each bad field, sorted.
pub fn bad_fields(outcome: &Value) -> Vec<String> {
    assert_eq!(kind(outcome), "InvalidInput", "{outcome}");
    let fields = outcome["fields"].as_array().expect("fields");
    let word = |field: &Value, name: &str| field[name].as_str().expect("a text").to_owned();
    let mut all: Vec<_> =
        fields.iter().map(|field| format!("{} {}", word(field, "path"), word(field, "code"))).collect();
    all.sort();
    all
}
