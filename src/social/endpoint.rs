//! Builds URLs of provider endpoints.

use url::Url;

use super::provider::ProviderError;

/// Builds the URL of `path` below `base` with `query`. The order of the parameters is kept because `WeChat` depends on it.
///
/// # Errors
/// [`ProviderError::Misconfigured`] if `base` is not a valid URL, which the settings do not allow.
pub fn endpoint(base: &str, path: &str, query: &[(&str, &str)]) -> Result<Url, ProviderError> {
    let mut url = Url::parse(&format!("{base}{path}"))
        .map_err(|_| ProviderError::Misconfigured { code: "address".to_owned() })?;
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    Ok(url)
}

/// Returns whether `code` has the form of an authorization code: 1 to 512 visible ASCII characters. Other codes are
/// rejected without asking the provider.
pub fn is_code(code: &str) -> bool {
    (1..=512).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_graphic())
}
