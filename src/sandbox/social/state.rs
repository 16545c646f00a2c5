//! The data of the providers: pending consent, codes and tokens.

use std::time::Duration;

use chrono::TimeDelta;
use url::Url;

use super::super::parts::Sandbox;
use super::fault::{Choice, Fault};
use super::page::Pages;
use super::people::Person;
use super::table::Table;
use crate::config::http::Origin;
use crate::core::clock::{Clock, Instant};
use crate::core::language::Language;
use crate::core::random::Random;

/// The client id in tokens of [`Fault::OTHER_APP`].
pub(super) const OTHER_APP: &str = "101999999";

/// The lifetime of a code. All providers document ten minutes, or none.
const CODE_LIFE: TimeDelta = TimeDelta::minutes(10);
/// How long a token is stored. QQ's tokens are valid for sixty days.
const TOKEN_LIFE: TimeDelta = TimeDelta::days(100);

/// The emulated provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Provider {
    Qq,
    Weibo,
    Wechat,
    Github,
    Oidc,
}

impl Provider {
    pub(super) const ALL: [Self; 5] = [Self::Qq, Self::Weibo, Self::Wechat, Self::Github, Self::Oidc];

    pub(super) fn slug(self) -> &'static str {
        match self {
            Self::Qq => "qq",
            Self::Weibo => "weibo",
            Self::Wechat => "wechat",
            Self::Github => "github",
            Self::Oidc => "oidc",
        }
    }

    /// Returns the display name.
    pub(super) fn name(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Qq, _) => "QQ",
            (Self::Weibo, Language::English) => "Weibo",
            (Self::Weibo, Language::Chinese) => "微博",
            (Self::Wechat, Language::English) => "WeChat",
            (Self::Wechat, Language::Chinese) => "微信",
            (Self::Github, _) => "GitHub",
            (Self::Oidc, _) => "OpenID Connect",
        }
    }
}

impl Provider {
    /// Returns the description in English and in Chinese.
    pub(super) fn about(self) -> (&'static str, &'static str) {
        match self {
            Self::Qq => (
                "JSONP, JSON or URL-encoded responses, all as text/html; errors with HTTP 200; openid and unionid.",
                "响应为 JSONP、JSON 或表单编码，类型一律为 text/html；出错时也返回 HTTP 200；有 openid 与 unionid。",
            ),
            Self::Weibo => (
                "Tokens by POST, errors with real HTTP statuses, numbers that are sometimes strings.",
                "以 POST 换取令牌；出错时返回相应的 HTTP 状态码；数字有时以字符串返回。",
            ),
            Self::Wechat => (
                "appid and secret instead of client_id and client_secret, errcode with HTTP 200, unionid.",
                "参数名为 appid 与 secret；出错时返回 HTTP 200 与 errcode；有 unionid。",
            ),
            Self::Github => (
                "PKCE; URL-encoded or JSON responses depending on Accept; a separate endpoint for e-mail addresses.",
                "支持 PKCE；按 Accept 返回表单编码或 JSON；邮箱由单独的接口返回。",
            ),
            Self::Oidc => (
                "Discovery, PKCE required, signed ID tokens, optional form_post.",
                "支持发现（Discovery）；必须使用 PKCE；签发 ID token；支持 form_post。",
            ),
        }
    }
}

/// An authorization request that waits for consent. Queries are already encoded and do not begin with `&`.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) provider: Provider,
    pub(super) client_id: String,
    /// The redirect URI as received: the token request must repeat it.
    pub(super) redirect_uri: String,
    pub(super) scope: String,
    /// PKCE: the S256 challenge.
    pub(super) challenge: Option<String>,
    pub(super) nonce: Option<String>,
    /// Whether the response is a form instead of a redirect.
    pub(super) form_post: bool,
    pub(super) choices: &'static [Choice],
    pub(super) code: fn(&Random) -> String,
    /// What follows the code: the state, if any.
    pub(super) beside: String,
    /// The query if the user denies access. `None`: the browser does not return.
    pub(super) refusal: Option<String>,
    /// The query of [`Fault::AUTHORIZE`].
    pub(super) trouble: String,
    /// Additional form parameters about the user.
    pub(super) introduction: Option<fn(&Person) -> String>,
}

/// The grant of a code and of its tokens.
#[derive(Clone)]
pub(super) struct Grant {
    pub(super) provider: Provider,
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) scope: String,
    pub(super) challenge: Option<String>,
    pub(super) nonce: Option<String>,
    pub(super) person: &'static Person,
    pub(super) fault: Fault,
    pub(super) since: Instant,
    used: bool,
}

impl Grant {
    pub(super) fn new(question: &Question, person: &'static Person, fault: Fault, since: Instant) -> Self {
        Self {
            provider: question.provider,
            client_id: question.client_id.clone(),
            redirect_uri: question.redirect_uri.clone(),
            scope: question.scope.clone(),
            challenge: question.challenge.clone(),
            nonce: question.nonce.clone(),
            person,
            fault,
            since,
            used: false,
        }
    }
}

/// A stored token.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) grant: Grant,
    /// The access token itself.
    pub(super) access: String,
    /// The app that the token belongs to.
    pub(super) client_id: String,
    pub(super) since: Instant,
    pub(super) expires_at: Instant,
}

/// The result of redeeming a code.
pub(super) enum Redeemed {
    /// Boxed because it is much larger than the other variants.
    Fresh(Box<Grant>),
    Used,
    /// The code is unknown, expired, or belongs to another provider or client.
    Invalid,
}

/// The state that all requests share.
pub(super) struct Shared {
    pub(super) clock: Clock,
    pub(super) random: Random,
    pub(super) public_url: Origin,
    pub(super) slow: Duration,
    pub(super) pages: Pages,
    pub(super) questions: Table<Question>,
    pub(super) tokens: Table<Token>,
    pub(super) refresh_tokens: Table<Token>,
    codes: Table<Grant>,
    return_to: Vec<Origin>,
}

impl Shared {
    pub(super) fn new(sandbox: Sandbox) -> Self {
        let clock = sandbox.clock;
        Self {
            questions: Table::new(clock.clone(), TimeDelta::minutes(30)),
            codes: Table::new(clock.clone(), CODE_LIFE),
            tokens: Table::new(clock.clone(), TOKEN_LIFE),
            refresh_tokens: Table::new(clock.clone(), TOKEN_LIFE),
            clock,
            random: sandbox.random,
            public_url: sandbox.public_url,
            return_to: sandbox.return_to,
            slow: sandbox.slow,
            pages: Pages::new(),
        }
    }

    /// Returns whether browsers may be redirected to the address.
    pub(super) fn may_return_to(&self, address: &str) -> bool {
        Url::parse(address).is_ok_and(|url| {
            let origin = url.origin().ascii_serialization();
            url.fragment().is_none() && self.return_to.iter().any(|listed| listed.as_str() == origin)
        })
    }

    /// Stores a code for the request, the user and the failure.
    pub(super) fn issue_code(&self, question: &Question, person: &'static Person, fault: Fault) -> String {
        let code = (question.code)(&self.random);
        self.codes.put(&code, Grant::new(question, person, fault, self.clock.now()));
        code
    }

    /// Redeems a code once.
    pub(super) fn redeem(&self, provider: Provider, client_id: &str, code: &str) -> Redeemed {
        let redeemed = self.codes.change(code, |grant| {
            if grant.provider != provider
                || grant.client_id != client_id
                || grant.fault == Fault::CODE_EXPIRED
            {
                Redeemed::Invalid
            } else if std::mem::replace(&mut grant.used, true) || grant.fault == Fault::CODE_USED {
                Redeemed::Used
            } else {
                Redeemed::Fresh(Box::new(grant.clone()))
            }
        });
        redeemed.unwrap_or(Redeemed::Invalid)
    }

    /// Stores an access token and, if given, a refresh token.
    pub(super) fn issue_tokens(&self, grant: Grant, access: &str, refresh: Option<&str>, seconds: i64) {
        let other = grant.fault == Fault::OTHER_APP;
        let client_id = if other { OTHER_APP.to_owned() } else { grant.client_id.clone() };
        let since = self.clock.now();
        let expires_at = since + TimeDelta::seconds(seconds);
        let token = Token { grant, access: access.to_owned(), client_id, since, expires_at };
        if let Some(refresh) = refresh {
            self.refresh_tokens.put(refresh, token.clone());
        }
        self.tokens.put(access, token);
    }

    /// Returns an access token of `provider`, even if it has expired.
    pub(super) fn token(&self, provider: Provider, access: &str) -> Option<Token> {
        self.tokens.get(access).filter(|token| token.grant.provider == provider)
    }

    pub(super) fn is_expired(&self, token: &Token) -> bool {
        token.expires_at <= self.clock.now()
    }
}

/// Returns 32 upper-case hexadecimal digits.
pub(super) fn upper_hex(random: &Random) -> String {
    format!("{:032X}", u128::from_be_bytes(random.bytes()))
}

/// Returns at most 32 lower-case hexadecimal digits.
pub(super) fn lower_hex(random: &Random, length: usize) -> String {
    let mut digits = format!("{:032x}", u128::from_be_bytes(random.bytes()));
    digits.truncate(length);
    digits
}

/// Returns digits and letters of both cases.
pub(super) fn letters(random: &Random, length: usize) -> String {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    (0..length).map(|_| char::from(LETTERS[random.below(62) as usize])).collect()
}
