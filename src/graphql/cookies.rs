//! The three cookies of the gateway. Scripts cannot read them.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::config::sessions::RefreshDelivery;
use crate::core::secret::{ExposeSecret as _, SecretString};

/// How cookies are set, and whether refresh tokens are sent as a cookie.
#[derive(Clone, Copy)]
pub struct CookiePolicy {
    /// Whether the public URL is https: then cookies have the prefix `__Host-` and the attribute `Secure`.
    pub secure: bool,
    pub refresh_delivery: RefreshDelivery,
}

/// 400 days, the maximum lifetime that browsers allow.
const DEVICE_LIFETIME: i64 = 34_560_000;

impl CookiePolicy {
    /// Returns the cookie that identifies a browser that signed in before.
    pub(super) fn device(self, token: &SecretString) -> String {
        self.cookie("menjin_device", token.expose_secret(), "Lax", Some(DEVICE_LIFETIME))
    }

    /// Returns the cookie that binds a social sign-in to the browser, for the duration of the sign-in.
    pub(super) fn browser(self, token: &SecretString, lifetime: Duration) -> String {
        let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        self.cookie("menjin_browser", token.expose_secret(), "Lax", Some(seconds))
    }

    /// Returns the refresh cookie. If `until` is `None`, it ends with the browser.
    pub(super) fn refresh(
        self,
        token: &SecretString,
        until: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> String {
        let lifetime = until.map(|until| (until - now).num_seconds().max(0));
        self.cookie("menjin_refresh", token.expose_secret(), "Strict", lifetime)
    }

    /// Returns the cookie that deletes the refresh cookie.
    pub(super) fn no_refresh(self) -> String {
        self.cookie("menjin_refresh", "", "Strict", Some(0))
    }

    fn cookie(self, name: &str, value: &str, same_site: &str, lifetime: Option<i64>) -> String {
        let (prefix, secure) = if self.secure { ("__Host-", "; Secure") } else { ("", "") };
        let lifetime = lifetime.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        format!("{prefix}{name}={value}; Path=/{lifetime}; HttpOnly; SameSite={same_site}{secure}")
    }
}
