//! The cookie that ties a sign-in to the browser in which it began: without it, a link could make somebody finish a
//! sign-in that another person began (login CSRF, RFC 6749 section 10.12).

use subtle::ConstantTimeEq as _;

use crate::core::client::Client;
use crate::core::random::Random;
use crate::core::secret::{ExposeSecret as _, SecretString, hex, sha256};

/// The browser's cookie; a new one where it has none. Sign-ins in several tabs share it.
pub(super) fn cookie(client: &Client, random: &Random) -> SecretString {
    client.browser.clone().unwrap_or_else(|| random.token().into())
}

/// By what states and tickets remember it.
pub(super) fn digest(cookie: &SecretString) -> String {
    hex(&sha256(cookie.expose_secret().as_bytes()))
}

/// Whether the caller is the browser of that digest.
pub(super) fn is(digest_kept: &str, client: &Client) -> bool {
    client
        .browser
        .as_ref()
        .is_some_and(|cookie| digest(cookie).as_bytes().ct_eq(digest_kept.as_bytes()).into())
}
