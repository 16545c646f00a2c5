//! Reading what providers answer. They say JSON and send JSONP, say JSON and send a form, send numbers as strings and
//! errors with 200: the text decides what it is by its first character, never the status or the type.

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::{Map, Value};

use crate::core::secret::SecretString;
use crate::social::client::Answer;
use crate::social::provider::ProviderError;
use crate::social::values;

/// Far above what tokens have; some are sent in addresses, which cannot be much longer.
const LONGEST_TOKEN: usize = 2048;
/// Ten years. Weibo's tokens of developers have five; more is no lifetime but a mistake.
const LONGEST_LIFETIME: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// An answer with names and values. Look for [`Fields::refusal`] before anything else. No `Debug`: it holds tokens.
pub struct Fields {
    status: u16,
    named: Map<String, Value>,
    last: Option<(String, String)>,
}

impl Fields {
    /// Reads JSON, JSONP or a form.
    ///
    /// # Errors
    /// [`ProviderError::Unavailable`] for everything else, and for an answer that breaks off where that can be seen.
    pub fn read(answer: &Answer) -> Result<Self, ProviderError> {
        let text = answer.text.trim_start_matches('\u{feff}').trim();
        let read = match text.chars().next() {
            None => return Err(unavailable(answer.status, "an empty answer")),
            Some('{') => object(text).map(|named| (named, None)),
            Some(_) => jsonp(text).map(|named| (named, None)).or_else(|| form(text)),
        };
        let Some((named, last)) = read else {
            return Err(unavailable(answer.status, "an answer that cannot be read"));
        };
        Ok(Self { status: answer.status, named, last })
    }

    /// The error code that stands in field `name`; `None` where there is none, or 0. What has no place in a code is
    /// not shown: the code is then `unknown`.
    pub fn refusal(&self, name: &str) -> Option<String> {
        let value = self.named.get(name)?;
        if value.is_null() || *value == Value::Bool(false) || value.as_str() == Some("") {
            return None;
        }
        let code = text_of(value).unwrap_or_default();
        let code = values::error_code(&code).unwrap_or_else(|| "unknown".to_owned());
        (code != "0").then_some(code)
    }

    /// A string, or a whole number as its digits; `None` where it is missing, empty, or neither. Never the last value
    /// of a form: see [`Fields::last`].
    pub fn text(&self, name: &str) -> Option<String> {
        self.named.get(name).and_then(text_of).filter(|text| !text.is_empty())
    }

    /// The last value of an answer that is a form, if it is called `name`. Such an answer has no end mark, so that this
    /// value may be half of what was sent.
    pub fn last(&self, name: &str) -> Option<&str> {
        self.last.as_ref().filter(|(last, _)| last == name).map(|(_, value)| value.as_str())
    }

    /// Whether the answer is a form that does not name all of `names`: it broke off.
    pub fn is_half(&self, names: &[&str]) -> bool {
        let named = |name: &&str| self.named.contains_key(*name) || self.last(name).is_some();
        self.last.is_some() && !names.iter().all(named)
    }

    /// As [`Fields::text`], for what a good answer must have.
    ///
    /// # Errors
    /// [`ProviderError::Unavailable`] where it is missing, or the status is that of an error.
    pub fn need(&self, name: &str) -> Result<String, ProviderError> {
        if !(200..300).contains(&self.status) {
            return Err(unavailable(self.status, "no error that can be read"));
        }
        self.text(name).ok_or_else(|| unavailable(self.status, &format!("an answer without {name}")))
    }

    /// A token: 1 to 2048 visible ASCII characters. `None` for everything else.
    pub fn token(&self, name: &str) -> Option<SecretString> {
        token(self.text(name)?)
    }

    /// As [`Fields::token`], for what a good answer must have.
    ///
    /// # Errors
    /// As [`Fields::need`].
    pub fn need_token(&self, name: &str) -> Result<SecretString, ProviderError> {
        let text = self.need(name)?;
        token(text).ok_or_else(|| unavailable(self.status, &format!("a {name} that cannot be one")))
    }

    /// A lifetime in seconds, at most ten years. `None` for everything that is no whole number.
    pub fn lifetime(&self, name: &str) -> Option<Duration> {
        let seconds = self.text(name)?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds).min(LONGEST_LIFETIME))
    }
}

fn token(text: String) -> Option<SecretString> {
    let fine = text.len() <= LONGEST_TOKEN && text.bytes().all(|byte| byte.is_ascii_graphic());
    fine.then(|| text.into())
}

/// Nothing of the answer itself is in the words, for that may be a token.
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

/// `name( {...} );` with any name that JavaScript allows, blanks anywhere, the semicolon or not.
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

/// `name=value&name=value`. The first of two values of one name counts.
fn form(text: &str) -> Option<Form> {
    let foreign = |byte: u8| !byte.is_ascii_graphic() || matches!(byte, b'<' | b'>' | b'"' | b'{' | b'}');
    if !text.contains('=') || text.bytes().any(foreign) {
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
