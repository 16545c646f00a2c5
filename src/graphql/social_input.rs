//! Inputs of social sign-in.

use async_graphql::{Enum, InputObject};

use super::input::{AccountProof, CaptchaInput, MobileProof};
use crate::accounts::new_password::PasswordInput;
use crate::social::bind_social::Binding;
use crate::social::exchange::Brought;
use crate::social::register_with_social::SocialRegistration;
use crate::social::social_authorize_url::Wish;

/// Which page of the provider fits the screen.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizeDisplay {
    /// For large screens.
    Page,
    /// For telephones, where the provider has one.
    Mobile,
}

/// How a sign-in at a provider is to begin.
#[derive(InputObject)]
pub struct AuthorizeUrlInput {
    /// Where the client wants to go afterwards: a path, or an address of an allowed origin. It comes back in
    /// `SignedIn.next`.
    #[graphql(default = "/")]
    next: String,
    /// Which page fits the screen.
    #[graphql(default_with = "AuthorizeDisplay::Page")]
    display: AuthorizeDisplay,
    /// Whether the person wants to stay signed in for longer than a day.
    #[graphql(default = false)]
    remember: bool,
}

impl AuthorizeUrlInput {
    /// What is wanted where nothing was said.
    pub fn wish(input: Option<Self>) -> Wish {
        let input =
            input.unwrap_or(Self { next: "/".into(), display: AuthorizeDisplay::Page, remember: false });
        let display = match input.display {
            AuthorizeDisplay::Page => crate::social::Display::Page,
            AuthorizeDisplay::Mobile => crate::social::Display::Mobile,
        };
        Wish { next: input.next, display, remember: input.remember }
    }
}

/// What QQ's callback brought, as it stands in the address.
#[derive(InputObject)]
pub struct QqAuthorizeInput {
    /// The parameter `code`.
    code: String,
    /// The parameter `state`.
    state: String,
}

/// What the provider's callback brought, as it stands in the address.
#[derive(InputObject)]
pub struct SocialAuthorizeInput {
    /// The parameter `code`.
    code: String,
    /// The parameter `state`.
    state: String,
}

impl From<QqAuthorizeInput> for Brought {
    fn from(input: QqAuthorizeInput) -> Self {
        Self { code: input.code, state: input.state }
    }
}

impl From<SocialAuthorizeInput> for Brought {
    fn from(input: SocialAuthorizeInput) -> Self {
        Self { code: input.code, state: input.state }
    }
}

/// Binding an account that exists.
#[derive(InputObject)]
pub struct BindInput {
    /// From `BindRequired`.
    ticket: String,
    /// The account, and proof that it is the caller's.
    account: AccountProof,
    /// The answer to the captcha, once `CaptchaRequired` asked for it.
    captcha: Option<CaptchaInput>,
}

impl From<BindInput> for Binding {
    fn from(input: BindInput) -> Self {
        Self {
            ticket: input.ticket.into(),
            proof: input.account.into(),
            captcha: input.captcha.map(Into::into),
        }
    }
}

/// Registering with a provider.
#[derive(InputObject)]
pub struct RegisterWithInput {
    /// From `BindRequired`.
    ticket: String,
    /// The mobile number, with a code for the purpose `BIND`.
    mobile: MobileProof,
    /// May be left out: the provider and the mobile number are then the ways in.
    password: Option<String>,
    /// The password again; where it is given it must match.
    password_confirm: Option<String>,
    /// The name that others see. Default: the provider's, made unique.
    nickname: Option<String>,
    /// Whether the person accepts the terms of `settings.termsVersion`; must be true.
    accept_terms: bool,
    /// The answer to the captcha, once `CaptchaRequired` asked for it.
    captcha: Option<CaptchaInput>,
}

impl From<RegisterWithInput> for SocialRegistration {
    fn from(input: RegisterWithInput) -> Self {
        let confirm = input.password_confirm.map(Into::into);
        // A repetition without a password is one that does not match.
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
