//! Helpers for the settings of providers.

use crate::config::accounts::PageUrl;
use crate::config::reader::Reader;
use crate::core::secret::SecretString;

/// Reads two settings that require each other.
pub(super) fn pair(
    reader: &mut Reader,
    id: (&'static str, &'static str),
    secret: (&'static str, &'static str),
) -> Option<(String, SecretString)> {
    let id_value: Option<String> = reader.optional(id.0, id.1);
    let secret_value = reader.secret(secret.0, secret.1);
    match (id_value, secret_value) {
        (Some(id), Some(secret)) => Some((id, secret)),
        (None, None) => None,
        (Some(_), None) => {
            reader.error(secret.0, "required with the client ID");
            None
        }
        (None, Some(_)) => {
            reader.error(id.0, "required with the secret");
            None
        }
    }
}

pub(super) fn address(
    reader: &mut Reader,
    key: &'static str,
    default: &str,
    meaning: &'static str,
) -> String {
    let text: String = reader.value(key, default, meaning);
    if text.parse::<PageUrl>().is_err() || text.contains('?') {
        reader.error(key, "expected an http:// or https:// URL");
    }
    text.trim_end_matches('/').to_owned()
}
