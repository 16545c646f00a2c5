//! `register`, `login` and `loginWithCode`.

use async_graphql::{Context, InputObject, Object, Union};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::input::{CaptchaInput, ContactProof};
use super::problem::{
    AccountDisabled, CaptchaRequired, CodeRejected, CredentialsRejected, IdentifierTaken, InvalidInput,
    RateLimited,
};
use super::refuse;
use super::signed_in::SignedIn;
use crate::accounts::contact_claim::ContactInput;
use crate::accounts::credentials::new_password::PasswordInput;
use crate::accounts::sign_in::login::{self, PasswordCredentials};
use crate::accounts::sign_in::login_with_code::CodeLoginInput;
use crate::accounts::sign_in::register::{RegisterRefusal, Registration};

/// The input of `register`.
#[derive(InputObject)]
pub struct RegisterInput {
    /// The mobile number or e-mail address of the account, with a code for the purpose `REGISTER`.
    contact: ContactProof,
    /// The password: see `settings.passwordPolicy`.
    password: String,
    /// The password again. If given, it must match.
    password_confirm: Option<String>,
    /// The user name for signing in. Default: a generated name that reveals nothing about the user.
    username: Option<String>,
    /// The display name that other people see. Default: the user name.
    nickname: Option<String>,
    /// Whether the user accepts the terms of `settings.termsVersion`. Must be true.
    accept_terms: bool,
    /// The response of the captcha widget, after `CaptchaRequired` asked for it.
    captcha: Option<CaptchaInput>,
}

/// The input of `login`.
#[derive(InputObject)]
pub struct LoginInput {
    /// User name, mobile number or e-mail address.
    account: String,
    /// The password.
    password: String,
    /// Whether to keep the user signed in for longer than a day.
    #[graphql(default = false)]
    remember: bool,
    /// The response of the captcha widget, after `CaptchaRequired` asked for it.
    captcha: Option<CaptchaInput>,
}

/// The input of `loginWithCode`.
#[derive(InputObject)]
pub struct LoginWithCodeInput {
    /// The account's mobile number or e-mail address, with a code for the purpose `LOGIN`.
    contact: ContactProof,
    /// Whether to keep the user signed in for longer than a day.
    #[graphql(default = false)]
    remember: bool,
    /// The response of the captcha widget, after `CaptchaRequired` asked for it.
    captcha: Option<CaptchaInput>,
}

/// The result of `register`.
#[derive(Union)]
#[expect(clippy::large_enum_variant, reason = "one value per request, built and sent")]
pub enum RegisterResult {
    SignedIn(SignedIn),
    IdentifierTaken(IdentifierTaken),
    CodeRejected(CodeRejected),
    CaptchaRequired(CaptchaRequired),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// The result of `login`.
#[derive(Union)]
#[expect(clippy::large_enum_variant, reason = "one value per request, built and sent")]
pub enum LoginResult {
    SignedIn(SignedIn),
    CredentialsRejected(CredentialsRejected),
    AccountDisabled(AccountDisabled),
    CaptchaRequired(CaptchaRequired),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// The result of `loginWithCode`.
#[derive(Union)]
#[expect(clippy::large_enum_variant, reason = "one value per request, built and sent")]
pub enum LoginWithCodeResult {
    SignedIn(SignedIn),
    CredentialsRejected(CredentialsRejected),
    CodeRejected(CodeRejected),
    AccountDisabled(AccountDisabled),
    CaptchaRequired(CaptchaRequired),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

impl From<ContactProof> for ContactInput {
    fn from(proof: ContactProof) -> Self {
        match proof {
            ContactProof::Mobile(proof) => Self::Mobile { mobile: proof.mobile, code: proof.code.into() },
            ContactProof::Email(proof) => Self::Email { email: proof.email, code: proof.code.into() },
        }
    }
}

/// Mutations that sign people in.
#[derive(Default)]
pub struct AccountMutations;

#[Object]
impl AccountMutations {
    /// Creates an account and signs the person in. A code for the purpose `REGISTER` proves the contact.
    async fn register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new account.")] input: RegisterInput,
    ) -> Result<RegisterResult, ApiError> {
        let language = ctx.language();
        let registration = Registration {
            contact: input.contact.into(),
            password: PasswordInput {
                password: input.password.into(),
                confirm: input.password_confirm.map(Into::into),
            },
            username: input.username,
            nickname: input.nickname,
            accept_terms: input.accept_terms,
            captcha: input.captcha.map(Into::into),
        };
        match ctx.accounts().register(registration, ctx.client()).await {
            Ok(signed_in) => Ok(SignedIn::hand_over(ctx, signed_in).into()),
            Err(RegisterRefusal::IdentifierTaken(field)) => Ok(IdentifierTaken::new(field, language).into()),
            Err(RegisterRefusal::Code(refusal)) => refuse::code(refusal, language),
            Err(RegisterRefusal::Captcha(refusal)) => refuse::captcha(refusal, language),
            Err(RegisterRefusal::Shared(refusal)) => refuse::shared(refusal, language),
        }
    }

    /// Signs in with a password. An unknown account and a wrong password get the same response.
    async fn login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account and the password.")] input: LoginInput,
    ) -> Result<LoginResult, ApiError> {
        let login = login::LoginInput {
            credentials: PasswordCredentials { account: input.account, password: input.password.into() },
            remember: input.remember,
            captcha: input.captcha.map(Into::into),
        };
        match ctx.accounts().login(login, ctx.client()).await {
            Ok(signed_in) => Ok(SignedIn::hand_over(ctx, signed_in).into()),
            Err(refusal) => refuse::login(refusal, ctx.language()),
        }
    }

    /// Signs in with a code for the purpose `LOGIN`. `CredentialsRejected`: no account has the contact.
    async fn login_with_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The contact and the code.")] input: LoginWithCodeInput,
    ) -> Result<LoginWithCodeResult, ApiError> {
        let login = CodeLoginInput {
            contact: input.contact.into(),
            remember: input.remember,
            captcha: input.captcha.map(Into::into),
        };
        match ctx.accounts().login_with_code(login, ctx.client()).await {
            Ok(signed_in) => Ok(SignedIn::hand_over(ctx, signed_in).into()),
            Err(refusal) => refuse::code_login(refusal, ctx.language()),
        }
    }
}
