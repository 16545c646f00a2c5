//! Sessions and access tokens.

use std::str::FromStr;
use std::time::Duration;

use super::reader::Reader;

/// How long sign-ins last, and what access tokens say of themselves.
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
    /// Whether access tokens hold the claims of Hasura's JWT mode.
    pub hasura: bool,
    /// The role in which Hasura lets everybody act who is signed in.
    pub hasura_role: String,
}

/// How a client gets its refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshDelivery {
    /// As a cookie that scripts cannot read: for browsers.
    Cookie,
    /// As a field of the answer: for native clients.
    Field,
}

impl FromStr for RefreshDelivery {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "cookie" => Ok(Self::Cookie),
            "field" => Ok(Self::Field),
            _ => Err("cookie or field is expected"),
        }
    }
}

impl SessionSettings {
    /// Reads the section. `usual_issuer` is the issuer where none is set.
    pub fn read(reader: &mut Reader, usual_issuer: &str) -> Self {
        let issuer: Option<String> = reader.optional(
            "tokens.issuer",
            "`iss` of access tokens, the same at all gateways of one database; empty: `http.public_url`.",
        );
        let settings = Self {
            issuer: issuer.unwrap_or_else(|| usual_issuer.to_owned()),
            audience: reader.value(
                "tokens.audience",
                "menjin",
                "`aud` of access tokens: who may rely on them.",
            ),
            access_lifetime: reader.duration(
                "tokens.access_lifetime",
                "10m",
                "How long an access token is good.",
            ),
            leeway: reader.duration("tokens.leeway", "5s", "How far the clocks of two gateways may differ."),
            hasura: reader.value(
                "tokens.hasura",
                "false",
                "Whether access tokens hold the claims that Hasura's JWT mode wants.",
            ),
            hasura_role: reader.value(
                "tokens.hasura_role",
                "user",
                "Hasura's role for everybody who is signed in; `admin`, which no permission binds, is given to nobody.",
            ),
            idle: reader.duration("sessions.idle", "12h", "A session not used for this long has ended."),
            absolute: reader.duration(
                "sessions.absolute",
                "24h",
                "A session ends after this long, used or not.",
            ),
            remember_idle: reader.duration(
                "sessions.remember_idle",
                "14d",
                "As `sessions.idle`, with `remember`.",
            ),
            remember_absolute: reader.duration(
                "sessions.remember_absolute",
                "90d",
                "As `sessions.absolute`, with `remember`.",
            ),
            refresh_delivery: reader.value(
                "sessions.refresh_delivery",
                "cookie",
                "How clients get refresh tokens: `cookie` (HttpOnly, for browsers) or `field` (for native clients). One choice for a gateway; docs/accounts.md tells how to have both.",
            ),
        };
        if settings.access_lifetime > Duration::from_secs(3_600) || settings.access_lifetime.is_zero() {
            reader.error(
                "tokens.access_lifetime",
                "at least 1s and at most 1h: such a token cannot be called back",
            );
        }
        if settings.hasura_role.eq_ignore_ascii_case("admin") {
            reader.error("tokens.hasura_role", "everybody would be Hasura's superuser");
        }
        if settings.leeway > Duration::from_secs(60) {
            reader.error("tokens.leeway", "at most 60s");
        }
        settings
    }
}
