//! The cookie that binds a sign-in to the browser that started it. Without it, a link could make a user complete the
//! sign-in of an attacker (login CSRF, RFC 6749 section 10.12).

use subtle::ConstantTimeEq as _;

use crate::core::client::Client;
use crate::core::random::Random;
use crate::core::secret::{ExposeSecret as _, SecretString, hex, sha256};

/// Returns the browser's cookie, or a new one if it has none. Sign-ins in several tabs share it.
pub(super) fn cookie(client: &Client, random: &Random) -> SecretString {
    client.browser.clone().unwrap_or_else(|| random.token().into())
}

/// Returns the digest of the cookie that states and tickets store.
pub(super) fn digest(cookie: &SecretString) -> String {
    hex(&sha256(cookie.expose_secret().as_bytes()))
}

/// Returns whether the caller's browser has the cookie with this digest.
pub(super) fn is(digest_kept: &str, client: &Client) -> bool {
    client
        .browser
        .as_ref()
        .is_some_and(|cookie| digest(cookie).as_bytes().ct_eq(digest_kept.as_bytes()).into())
}
