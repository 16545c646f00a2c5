//! Inputs of sign-in with providers.

use async_graphql::{Enum, InputObject};

use super::input::{AccountProof, CaptchaInput, MobileProof};
use crate::accounts::credentials::new_password::PasswordInput;
use crate::social::bind_social;
use crate::social::exchange::CallbackParameters;
use crate::social::register_with_social::SocialRegistration;
use crate::social::social_authorize_url::AuthorizeOptions;

/// Which page of the provider to show.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizeDisplay {
    /// The page for large screens.
    Page,
    /// The page for phones, where the provider has one.
    Mobile,
}

/// How to start signing in with a provider.
#[derive(InputObject)]
pub struct AuthorizeUrlInput {
    /// Where the client goes afterwards: a path, or a URL of an allowed origin. `SignedIn.next` returns it.
    #[graphql(default = "/")]
    next: String,
    /// Which page to show.
    #[graphql(default_with = "AuthorizeDisplay::Page")]
    display: AuthorizeDisplay,
    /// Whether the person wants to stay signed in for longer than a day.
    #[graphql(default = false)]
    remember: bool,
}

impl AuthorizeUrlInput {
    /// Converts the input, or returns the defaults if it is missing.
    pub fn options(input: Option<Self>) -> AuthorizeOptions {
        let input =
            input.unwrap_or(Self { next: "/".into(), display: AuthorizeDisplay::Page, remember: false });
        let display = match input.display {
            AuthorizeDisplay::Page => crate::social::Display::Page,
            AuthorizeDisplay::Mobile => crate::social::Display::Mobile,
        };
        AuthorizeOptions { next: input.next, display, remember: input.remember }
    }
}

/// The parameters of QQ's callback URL.
#[derive(InputObject)]
pub struct QqAuthorizeInput {
    /// The parameter `code`.
    code: String,
    /// The parameter `state`.
    state: String,
}

/// The parameters of the provider's callback URL.
#[derive(InputObject)]
pub struct SocialAuthorizeInput {
    /// The parameter `code`.
    code: String,
    /// The parameter `state`.
    state: String,
}

impl From<QqAuthorizeInput> for CallbackParameters {
    fn from(input: QqAuthorizeInput) -> Self {
        Self { code: input.code, state: input.state }
    }
}

impl From<SocialAuthorizeInput> for CallbackParameters {
    fn from(input: SocialAuthorizeInput) -> Self {
        Self { code: input.code, state: input.state }
    }
}

/// The input of `bindQq` and `bindSocial`.
#[derive(InputObject)]
pub struct BindInput {
    /// From `BindRequired`.
    ticket: String,
    /// The existing account and its credentials.
    account: AccountProof,
    /// The response of the captcha widget, after `CaptchaRequired` asked for it.
    captcha: Option<CaptchaInput>,
}

impl From<BindInput> for bind_social::BindInput {
    fn from(input: BindInput) -> Self {
        Self {
            ticket: input.ticket.into(),
            account: input.account.into(),
            captcha: input.captcha.map(Into::into),
        }
    }
}

/// The input of `registerWithQq` and `registerWithSocial`.
#[derive(InputObject)]
pub struct RegisterWithInput {
    /// From `BindRequired`.
    ticket: String,
    /// The mobile number, with a code for the purpose `BIND`.
    mobile: MobileProof,
    /// The password. Optional: without it, users sign in with the provider and with codes.
    password: Option<String>,
    /// The password again. If given, it must match.
    password_confirm: Option<String>,
    /// The display name. Default: the name at the provider, made unique.
    nickname: Option<String>,
    /// Whether the person accepts the terms of `settings.termsVersion`; must be true.
    accept_terms: bool,
    /// The response of the captcha widget, after `CaptchaRequired` asked for it.
    captcha: Option<CaptchaInput>,
}

impl From<RegisterWithInput> for SocialRegistration {
    fn from(input: RegisterWithInput) -> Self {
        let confirm = input.password_confirm.map(Into::into);
        // A confirmation without a password does not match.
        let password = match (input.password, &confirm) {
            (Some(password), _) => Some(password),
            (None, Some(_)) => Some(String::new()),
            (None, None) => None,
        };
        Self {
            ticket: input.ticket.into(),
            mobile: input.mobile.mobile,
            code: input.mobile.code.into(),
            password: password.map(|password| PasswordInput { password: password.into(), confirm }),
            nickname: input.nickname,
            accept_terms: input.accept_terms,
            captcha: input.captcha.map(Into::into),
        }
    }
}
