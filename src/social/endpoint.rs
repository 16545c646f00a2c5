//! Addresses of providers, from the settings and what is asked.

use url::Url;

use super::provider::ProviderError;

/// `path` beneath `base`, with `query`, in that order: `WeChat` counts on the order.
///
/// # Errors
/// [`ProviderError::Misconfigured`] where `base` is no address; the settings let no such one pass.
pub fn endpoint(base: &str, path: &str, query: &[(&str, &str)]) -> Result<Url, ProviderError> {
    let mut url = Url::parse(&format!("{base}{path}"))
        .map_err(|_| ProviderError::Misconfigured { code: "address".to_owned() })?;
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    Ok(url)
}

/// Whether `code` can be a provider's authorization code at all: 1 to 512 visible ASCII characters. Others are not
/// worth a question.
pub fn is_code(code: &str) -> bool {
    (1..=512).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_graphic())
}
