//! What can be made to go wrong. Whoever consents chooses; the choice sticks to the code and to the tokens that follow.

use serde::Deserialize;

/// A failure, or a whim, of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fault {
    #[default]
    None,
    /// The person says no, and the browser comes back with that.
    Refused,
    /// The person closes the page: no browser comes back.
    Closed,
    /// The browser comes back with an error of the provider's.
    Authorize,
    CodeExpired,
    CodeUsed,
    WrongSecret,
    /// The app may not have what all apps of one owner share.
    NoUnionid,
    /// The token is not accepted when it is checked.
    CheckFailed,
    ProfileRefused,
    /// The answer comes when nobody waits any more.
    Slow,
    /// The answer's text makes no sense.
    Broken,
    /// The connection ends in the middle of the answer.
    Half,
    /// A proxy in between answers with a page of its own.
    BadGateway,
    /// The other of number and text, wherever the provider is known for both.
    Strings,
    /// What apps get that were not reviewed yet.
    Placeholder,
    /// The token is that of another app.
    OtherApp,
    NoEmail,
    UnverifiedEmail,
    Busy,
    WrongNonce,
    WrongAudience,
    WrongIssuer,
    TokenExpired,
    UnknownKey,
    Unsigned,
    WrongSignature,
    WrongHash,
    OtherSubject,
    /// Signed with what is no secret between two, as if it were.
    Hmac,
    /// The person gave less than was asked for.
    FewerScopes,
}

impl Fault {
    /// Its name in forms and tests.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Refused => "refused",
            Self::Closed => "closed",
            Self::Authorize => "authorize",
            Self::CodeExpired => "code_expired",
            Self::CodeUsed => "code_used",
            Self::WrongSecret => "wrong_secret",
            Self::NoUnionid => "no_unionid",
            Self::CheckFailed => "check_failed",
            Self::ProfileRefused => "profile_refused",
            Self::Slow => "slow",
            Self::Broken => "broken",
            Self::Half => "half",
            Self::BadGateway => "bad_gateway",
            Self::Strings => "strings",
            Self::Placeholder => "placeholder",
            Self::OtherApp => "other_app",
            Self::NoEmail => "no_email",
            Self::UnverifiedEmail => "unverified_email",
            Self::Busy => "busy",
            Self::WrongNonce => "wrong_nonce",
            Self::WrongAudience => "wrong_audience",
            Self::WrongIssuer => "wrong_issuer",
            Self::TokenExpired => "token_expired",
            Self::UnknownKey => "unknown_key",
            Self::Unsigned => "unsigned",
            Self::WrongSignature => "wrong_signature",
            Self::WrongHash => "wrong_hash",
            Self::OtherSubject => "other_subject",
            Self::Hmac => "hmac",
            Self::FewerScopes => "fewer_scopes",
        }
    }
}

/// A choice of the consent page, in both languages.
pub(super) struct Choice {
    pub(super) fault: Fault,
    pub(super) english: &'static str,
    pub(super) chinese: &'static str,
}

pub(super) const fn choice(fault: Fault, english: &'static str, chinese: &'static str) -> Choice {
    Choice { fault, english, chinese }
}

/// What goes wrong everywhere.
pub(super) const NOTHING: Choice = choice(Fault::None, "Nothing", "一切正常");
pub(super) const REFUSED: Choice =
    choice(Fault::Refused, "The person refuses, and comes back with that", "用户拒绝授权并返回");
pub(super) const CLOSED: Choice =
    choice(Fault::Closed, "The person closes the page and never comes back", "用户关闭页面，不再返回");
pub(super) const SLOW: Choice = choice(Fault::Slow, "The token comes too late", "换取令牌的应答超时");
pub(super) const HALF: Choice =
    choice(Fault::Half, "The connection ends in the middle of the profile", "用户资料传到一半时连接中断");
pub(super) const BROKEN: Choice =
    choice(Fault::Broken, "The token's answer is cut off", "换取令牌的应答不完整");
pub(super) const BAD_GATEWAY: Choice = choice(
    Fault::BadGateway,
    "HTTP 502 with an HTML page instead of the token",
    "换取令牌时返回 HTTP 502 和一个 HTML 页面",
);
