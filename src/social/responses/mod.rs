//! Parses responses of providers. Providers send JSONP or forms instead of JSON, numbers as strings, and errors with status
//! 200. The format is therefore detected by the first character of the body, not by the status or the content type.

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::{Map, Value};

use crate::core::secret::SecretString;
use crate::social::client::Response;
use crate::social::provider::ProviderError;
use crate::social::values;

/// Real tokens are much shorter. Some are sent in URLs, which cannot be much longer.
const MAX_TOKEN_LENGTH: usize = 2048;
/// Ten years. Weibo's developer tokens are valid for five years; a longer lifetime is an error.
const MAX_LIFETIME: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The fields of a response. Check [`Fields::error`] before reading other fields. It has no `Debug` because it contains
/// tokens.
pub struct Fields {
    status: u16,
    named: Map<String, Value>,
    /// The last field of a form.
    last: Option<(String, String)>,
}

impl Fields {
    /// Parses JSON, JSONP or a form.
    ///
    /// # Errors
    /// [`ProviderError::Unavailable`] for every other body, and for a body that is detectably truncated.
    pub fn parse(response: &Response) -> Result<Self, ProviderError> {
        let text = response.text.trim_start_matches('\u{feff}').trim();
        let parsed = match text.chars().next() {
            None => return Err(unavailable(response.status, "empty response")),
            Some('{') => object(text).map(|named| (named, None)),
            Some(_) => jsonp(text).map(|named| (named, None)).or_else(|| form(text)),
        };
        let Some((named, last)) = parsed else {
            return Err(unavailable(response.status, "unreadable response"));
        };
        Ok(Self { status: response.status, named, last })
    }

    /// Returns the error code in field `name`; `None` if the field is missing or 0. A value that is not a valid error code
    /// is reported as `unknown`.
    pub fn error(&self, name: &str) -> Option<String> {
        let value = self.named.get(name)?;
        if value.is_null() || *value == Value::Bool(false) || value.as_str() == Some("") {
            return None;
        }
        let code = text_of(value).unwrap_or_default();
        let code = values::error_code(&code).unwrap_or_else(|| "unknown".to_owned());
        (code != "0").then_some(code)
    }

    /// Returns a string, or the digits of an integer; `None` if the field is missing, empty, or of another type. The last
    /// field of a form is not returned; see [`Fields::last`].
    pub fn text(&self, name: &str) -> Option<String> {
        self.named.get(name).and_then(text_of).filter(|text| !text.is_empty())
    }

    /// Returns the last value of a form if its field is `name`. A form has no end marker, so this value may be truncated.
    pub fn last(&self, name: &str) -> Option<&str> {
        self.last.as_ref().filter(|(last, _)| last == name).map(|(_, value)| value.as_str())
    }

    /// Returns whether the response is a form without all fields of `names`, that is, a truncated form.
    pub fn is_truncated(&self, names: &[&str]) -> bool {
        let named = |name: &&str| self.named.contains_key(*name) || self.last(name).is_some();
        self.last.is_some() && !names.iter().all(named)
    }

    /// Returns a field as [`Fields::text`] does, for required fields.
    ///
    /// # Errors
    /// [`ProviderError::Unavailable`] if the field is missing or the status is an error status.
    pub fn require(&self, name: &str) -> Result<String, ProviderError> {
        if !(200..300).contains(&self.status) {
            return Err(unavailable(self.status, "error status without a readable error"));
        }
        self.text(name).ok_or_else(|| unavailable(self.status, &format!("response without {name}")))
    }

    /// Returns a token of 1 to 2048 visible ASCII characters; `None` for every other value.
    pub fn token(&self, name: &str) -> Option<SecretString> {
        token(self.text(name)?)
    }

    /// Returns a token as [`Fields::token`] does, for required fields.
    ///
    /// # Errors
    /// As [`Fields::require`].
    pub fn require_token(&self, name: &str) -> Result<SecretString, ProviderError> {
        let text = self.require(name)?;
        token(text).ok_or_else(|| unavailable(self.status, &format!("invalid {name}")))
    }

    /// Returns a lifetime given in seconds, at most ten years; `None` if the value is not an integer.
    pub fn lifetime(&self, name: &str) -> Option<Duration> {
        let seconds = self.text(name)?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds).min(MAX_LIFETIME))
    }
}

fn token(text: String) -> Option<SecretString> {
    let valid = text.len() <= MAX_TOKEN_LENGTH && text.bytes().all(|byte| byte.is_ascii_graphic());
    valid.then(|| text.into())
}

/// The text contains nothing of the response, which may contain a token.
fn unavailable(status: u16, what: &str) -> ProviderError {
    ProviderError::Unavailable(format!("{what} (HTTP {status})"))
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        Value::Number(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn object(text: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(text).ok()
}

/// Parses `name( {...} );` with any JavaScript name, any whitespace, and an optional semicolon.
fn jsonp(text: &str) -> Option<Map<String, Value>> {
    let (name, rest) = text.split_once('(')?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'.');
    let name = name.trim_end();
    if name.is_empty() || !name.bytes().all(allowed) {
        return None;
    }
    let rest = rest.strip_suffix(';').unwrap_or(rest).trim_end();
    object(rest.strip_suffix(')')?.trim())
}

type Form = (Map<String, Value>, Option<(String, String)>);

/// Parses `name=value&name=value`. If a name occurs twice, the first value is used.
fn form(text: &str) -> Option<Form> {
    let invalid = |byte: u8| !byte.is_ascii_graphic() || matches!(byte, b'<' | b'>' | b'"' | b'{' | b'}');
    if !text.contains('=') || text.bytes().any(invalid) {
        return None;
    }
    let mut pairs: Vec<(String, String)> =
        url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if pairs.iter().any(|(name, _)| name.is_empty() || !name.bytes().all(allowed)) {
        return None;
    }
    let last = pairs.pop()?;
    let mut named = Map::new();
    for (name, value) in pairs {
        named.entry(name).or_insert(Value::String(value));
    }
    Some((named, Some(last)))
}
