//! What the providers remember: questions that wait for consent, codes and tokens.

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

/// The client that tokens of [`Fault::OTHER_APP`] belong to.
pub(super) const OTHER_APP: &str = "101999999";

/// All providers say ten minutes, or nothing.
const CODE_LIFE: TimeDelta = TimeDelta::minutes(10);
/// A token is forgotten afterwards: longer than the sixty days of QQ's.
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

    /// Its name.
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
    /// What is special about it, in English and in Chinese.
    pub(super) fn about(self) -> (&'static str, &'static str) {
        match self {
            Self::Qq => (
                "JSONP, JSON or urlencoded text, all as text/html; errors with HTTP 200; openid and unionid.",
                "应答为 JSONP、JSON 或表单文本，类型一律 text/html；错误也是 HTTP 200；有 openid 与 unionid。",
            ),
            Self::Weibo => (
                "Tokens by POST, errors with real HTTP statuses, numbers that are sometimes strings.",
                "用 POST 换取令牌，错误使用真实的 HTTP 状态码，数字有时是字符串。",
            ),
            Self::Wechat => (
                "appid and secret instead of client_id and client_secret, errcode with HTTP 200, unionid.",
                "参数名是 appid 与 secret；错误为 HTTP 200 加 errcode；有 unionid。",
            ),
            Self::Github => (
                "PKCE, urlencoded or JSON as asked for, e-mail addresses at an address of their own.",
                "支持 PKCE；按 Accept 返回表单文本或 JSON；邮箱由单独的接口返回。",
            ),
            Self::Oidc => (
                "Discovery, PKCE required, signed ID tokens, form_post where asked for.",
                "支持发现文档；必须使用 PKCE；签名的 ID token；可用 form_post 返回。",
            ),
        }
    }
}

/// What a client asked for, waiting for somebody's consent. Queries are encoded already and begin with no `&`.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) provider: Provider,
    pub(super) client_id: String,
    /// As it was written: the token request must repeat it.
    pub(super) redirect_uri: String,
    pub(super) scope: String,
    /// PKCE: the S256 challenge.
    pub(super) challenge: Option<String>,
    pub(super) nonce: Option<String>,
    /// Whether the answer is a form rather than an address.
    pub(super) form_post: bool,
    pub(super) choices: &'static [Choice],
    pub(super) code: fn(&Random) -> String,
    /// What follows the code; the state, where there is one.
    pub(super) beside: String,
    /// What a refusal says. `None`: the browser does not come back.
    pub(super) refusal: Option<String>,
    /// What [`Fault::AUTHORIZE`] says.
    pub(super) trouble: String,
    /// What else is said about who consented, in a form.
    pub(super) introduction: Option<fn(&Person) -> String>,
}

/// What stands behind a code, and behind the tokens for it.
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

/// A token as a table keeps it.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) grant: Grant,
    /// The access token itself.
    pub(super) access: String,
    /// The app that it belongs to.
    pub(super) client_id: String,
    pub(super) since: Instant,
    pub(super) expires_at: Instant,
}

/// What became of a code.
pub(super) enum Redeemed {
    /// Boxed: it is much larger than the others.
    Fresh(Box<Grant>),
    Used,
    /// Unknown, too old, or of another provider or client.
    Invalid,
}

/// Shared by all requests.
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

    /// Whether browsers may be sent there.
    pub(super) fn may_return_to(&self, address: &str) -> bool {
        Url::parse(address).is_ok_and(|url| {
            let origin = url.origin().ascii_serialization();
            url.fragment().is_none() && self.return_to.iter().any(|listed| listed.as_str() == origin)
        })
    }

    /// Writes a code down for what was asked and chosen.
    pub(super) fn issue_code(&self, question: &Question, person: &'static Person, fault: Fault) -> String {
        let code = (question.code)(&self.random);
        self.codes.put(&code, Grant::new(question, person, fault, self.clock.now()));
        code
    }

    /// Takes a code once.
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

    /// Writes an access token down, and a refresh token where there is one.
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

    /// An access token of `provider`, expired or not.
    pub(super) fn token(&self, provider: Provider, access: &str) -> Option<Token> {
        self.tokens.get(access).filter(|token| token.grant.provider == provider)
    }

    pub(super) fn is_expired(&self, token: &Token) -> bool {
        token.expires_at <= self.clock.now()
    }
}

/// Upper-case hexadecimal digits, 32 of them.
pub(super) fn upper_hex(random: &Random) -> String {
    format!("{:032X}", u128::from_be_bytes(random.bytes()))
}

/// Lower-case hexadecimal digits, at most 32.
pub(super) fn lower_hex(random: &Random, length: usize) -> String {
    let mut digits = format!("{:032x}", u128::from_be_bytes(random.bytes()));
    digits.truncate(length);
    digits
}

/// Digits and letters of both cases.
pub(super) fn letters(random: &Random, length: usize) -> String {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    (0..length).map(|_| char::from(LETTERS[random.below(62) as usize])).collect()
}
