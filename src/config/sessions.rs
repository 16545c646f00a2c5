//! Settings of sessions and access tokens.

use std::str::FromStr;
use std::time::Duration;

use super::reader::Reader;

/// Lifetimes of sessions, and the claims of access tokens.
#[derive(Clone, Debug)]
pub struct SessionSettings {
    pub issuer: String,
    pub audience: String,
    pub access_lifetime: Duration,
    pub leeway: Duration,
    pub idle: Duration,
    pub absolute: Duration,
    pub remember_idle: Duration,
    pub remember_absolute: Duration,
    pub refresh_delivery: RefreshDelivery,
    /// Whether access tokens contain the claims of Hasura's JWT mode.
    pub hasura: bool,
    /// The Hasura role of every signed-in user.
    pub hasura_role: String,
}

/// How a client receives its refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshDelivery {
    /// As a cookie that scripts cannot read, for browsers.
    Cookie,
    /// As a field of the response, for native clients.
    Field,
}

impl FromStr for RefreshDelivery {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "cookie" => Ok(Self::Cookie),
            "field" => Ok(Self::Field),
            _ => Err("expected cookie or field"),
        }
    }
}

impl SessionSettings {
    /// Reads the section. `usual_issuer` is the default of the issuer.
    pub fn read(reader: &mut Reader, usual_issuer: &str) -> Self {
        let issuer: Option<String> = reader.optional(
            "tokens.issuer",
            "`iss` of access tokens. It must be the same on all gateways that share a database. Default: `http.public_url`.",
        );
        let settings = Self {
            issuer: issuer.unwrap_or_else(|| usual_issuer.to_owned()),
            audience: reader.value(
                "tokens.audience",
                "menjin",
                "`aud` of access tokens: the application that accepts them.",
            ),
            access_lifetime: reader.duration(
                "tokens.access_lifetime",
                "10m",
                "How long an access token is valid.",
            ),
            leeway: reader.duration("tokens.leeway", "5s", "The maximum difference between the clocks of two gateways."),
            hasura: reader.value(
                "tokens.hasura",
                "false",
                "Whether access tokens contain the claims of Hasura's JWT mode.",
            ),
            hasura_role: reader.value(
                "tokens.hasura_role",
                "user",
                "The Hasura role of every signed-in user. `admin`, which has all permissions, is never assigned.",
            ),
            idle: reader.duration("sessions.idle", "12h", "A session that is not used for this long expires."),
            absolute: reader.duration(
                "sessions.absolute",
                "24h",
                "A session expires after this long, whether used or not.",
            ),
            remember_idle: reader.duration(
                "sessions.remember_idle",
                "14d",
                "Like `sessions.idle`, for sign-ins with `remember`.",
            ),
            remember_absolute: reader.duration(
                "sessions.remember_absolute",
                "90d",
                "Like `sessions.absolute`, for sign-ins with `remember`.",
            ),
            refresh_delivery: reader.value(
                "sessions.refresh_delivery",
                "cookie",
                "How clients receive refresh tokens: `cookie` (HttpOnly, for browsers) or `field` (for native clients). A gateway has one of them; docs/accounts.md describes how to offer both.",
            ),
        };
        if settings.access_lifetime > Duration::from_secs(3_600) || settings.access_lifetime.is_zero() {
            reader.error("tokens.access_lifetime", "must be 1s to 1h: an access token cannot be revoked");
        }
        if settings.hasura_role.eq_ignore_ascii_case("admin") {
            reader.error("tokens.hasura_role", "must not be admin: every user would have all permissions");
        }
        if settings.leeway > Duration::from_secs(60) {
            reader.error("tokens.leeway", "must be at most 60s");
        }
        settings
    }
}
