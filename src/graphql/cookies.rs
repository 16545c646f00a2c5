//! The three cookies that the gateway sets. Scripts can read neither.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::config::sessions::RefreshDelivery;
use crate::core::secret::{ExposeSecret as _, SecretString};

/// How cookies are to be set, and whether refresh tokens go into one.
#[derive(Clone, Copy)]
pub struct CookiePolicy {
    /// Whether the gateway is reached by https: then cookies are `__Host-` and `Secure`.
    pub secure: bool,
    pub refresh_delivery: RefreshDelivery,
}

/// 400 days: the longest that browsers keep a cookie.
const DEVICE_LIFETIME: i64 = 34_560_000;

impl CookiePolicy {
    /// Tells a browser that signed in here before.
    pub(super) fn device(self, token: &SecretString) -> String {
        self.cookie("menjin_device", token.expose_secret(), "Lax", Some(DEVICE_LIFETIME))
    }

    /// Ties a social sign-in to the browser in which it began, for as long as that may take.
    pub(super) fn browser(self, token: &SecretString, lifetime: Duration) -> String {
        let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        self.cookie("menjin_browser", token.expose_secret(), "Lax", Some(seconds))
    }

    /// `until`: `None` for a cookie that ends with the browser.
    pub(super) fn refresh(
        self,
        token: &SecretString,
        until: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> String {
        let lifetime = until.map(|until| (until - now).num_seconds().max(0));
        self.cookie("menjin_refresh", token.expose_secret(), "Strict", lifetime)
    }

    /// Takes the refresh cookie back.
    pub(super) fn no_refresh(self) -> String {
        self.cookie("menjin_refresh", "", "Strict", Some(0))
    }

    fn cookie(self, name: &str, value: &str, same_site: &str, lifetime: Option<i64>) -> String {
        let (prefix, secure) = if self.secure { ("__Host-", "; Secure") } else { ("", "") };
        let lifetime = lifetime.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        format!("{prefix}{name}={value}; Path=/{lifetime}; HttpOnly; SameSite={same_site}{secure}")
    }
}
