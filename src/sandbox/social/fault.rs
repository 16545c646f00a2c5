//! Simulated failures. They are selected on the consent page and stored with the code and its tokens.

/// A simulated failure or peculiarity of a provider: its name in forms and tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault(pub(super) &'static str);

impl Fault {
    pub(super) const NONE: Self = Self("none");
    /// The user denies access and the browser returns with an error.
    pub(super) const REFUSED: Self = Self("refused");
    /// The user closes the page, so the browser does not return.
    pub(super) const CLOSED: Self = Self("closed");
    /// The browser returns with an error of the provider.
    pub(super) const AUTHORIZE: Self = Self("authorize");
    pub(super) const CODE_EXPIRED: Self = Self("code_expired");
    pub(super) const CODE_USED: Self = Self("code_used");
    pub(super) const WRONG_SECRET: Self = Self("wrong_secret");
    /// The app has no permission for the identifier that all apps of one owner share.
    pub(super) const NO_UNIONID: Self = Self("no_unionid");
    /// The token is refused when it is checked.
    pub(super) const CHECK_FAILED: Self = Self("check_failed");
    pub(super) const PROFILE_REFUSED: Self = Self("profile_refused");
    /// The response takes longer than the timeout.
    pub(super) const SLOW: Self = Self("slow");
    /// The response has invalid syntax.
    pub(super) const BROKEN: Self = Self("broken");
    /// The connection ends in the middle of the response.
    pub(super) const HALF: Self = Self("half");
    /// A proxy responds with a page of its own.
    pub(super) const BAD_GATEWAY: Self = Self("bad_gateway");
    /// Numbers as strings and strings as numbers, where the provider is known for both.
    pub(super) const STRINGS: Self = Self("strings");
    /// The profile that apps receive before they are approved.
    pub(super) const PLACEHOLDER: Self = Self("placeholder");
    /// The token belongs to another app.
    pub(super) const OTHER_APP: Self = Self("other_app");
    pub(super) const NO_EMAIL: Self = Self("no_email");
    pub(super) const UNVERIFIED_EMAIL: Self = Self("unverified_email");
    pub(super) const BUSY: Self = Self("busy");
    pub(super) const WRONG_NONCE: Self = Self("wrong_nonce");
    pub(super) const WRONG_AUDIENCE: Self = Self("wrong_audience");
    pub(super) const WRONG_ISSUER: Self = Self("wrong_issuer");
    pub(super) const TOKEN_EXPIRED: Self = Self("token_expired");
    pub(super) const UNKNOWN_KEY: Self = Self("unknown_key");
    pub(super) const UNSIGNED: Self = Self("unsigned");
    pub(super) const WRONG_SIGNATURE: Self = Self("wrong_signature");
    pub(super) const WRONG_HASH: Self = Self("wrong_hash");
    pub(super) const OTHER_SUBJECT: Self = Self("other_subject");
    /// Signed with the client secret (HMAC) instead of a private key.
    pub(super) const HMAC: Self = Self("hmac");
    /// The user granted fewer scopes than requested.
    pub(super) const FEWER_SCOPES: Self = Self("fewer_scopes");
}

/// A choice of the consent page in both languages.
pub(super) struct Choice {
    pub(super) fault: Fault,
    pub(super) english: &'static str,
    pub(super) chinese: &'static str,
}

pub(super) const fn choice(fault: Fault, english: &'static str, chinese: &'static str) -> Choice {
    Choice { fault, english, chinese }
}

/// Choices that all providers have.
pub(super) const NOTHING: Choice = choice(Fault::NONE, "Nothing", "一切正常");
pub(super) const REFUSED: Choice =
    choice(Fault::REFUSED, "The user denies access and returns", "用户拒绝授权并返回");
pub(super) const CLOSED: Choice =
    choice(Fault::CLOSED, "The user closes the page and does not return", "用户关闭页面，不再返回");
pub(super) const SLOW: Choice = choice(Fault::SLOW, "The token response times out", "换取令牌超时");
pub(super) const HALF: Choice =
    choice(Fault::HALF, "The connection ends in the middle of the profile", "返回用户资料时连接中断");
pub(super) const BROKEN: Choice =
    choice(Fault::BROKEN, "The token response is truncated", "换取令牌的响应不完整");
pub(super) const BAD_GATEWAY: Choice = choice(
    Fault::BAD_GATEWAY,
    "HTTP 502 with an HTML page instead of the token",
    "换取令牌时返回 HTTP 502 和一个 HTML 页面",
);
