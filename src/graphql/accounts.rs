//! `register`, `login`, `loginWithCode`: three ways in.

use async_graphql::{Context, InputObject, Object, Union};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::input::{CaptchaInput, ContactProof};
use super::problem::{
    AccountDisabled, CaptchaRequired, CodeRejected, CredentialsRejected, IdentifierTaken, InvalidInput,
    RateLimited,
};
use super::refuse::denied;
use super::signed_in::SignedIn;
use crate::accounts::login::{Credentials, Login, LoginRefusal};
use crate::accounts::login_with_code::{CodeCredentials, CodeLoginRefusal, LoginWithCode};
use crate::accounts::proof::ContactInput;
use crate::accounts::register::{Register, RegisterRefusal, Registration};

/// A new account.
#[derive(InputObject)]
pub struct RegisterInput {
    /// The mobile number or e-mail address that the account is proven by.
    contact: ContactProof,
    /// The password: see `settings.passwordPolicy`.
    password: String,
    /// The password again; where it is given it must match.
    password_confirm: Option<String>,
    /// The name to sign in with. Default: a name is made that says nothing of the person.
    username: Option<String>,
    /// The name that others see. Default: the user name.
    nickname: Option<String>,
    /// Whether the person accepts the terms of `settings.termsVersion`; must be true.
    accept_terms: bool,
    /// The answer to the captcha, once `CaptchaRequired` asked for it.
    captcha: Option<CaptchaInput>,
}

/// A name and a password.
#[derive(InputObject)]
pub struct LoginInput {
    /// User name, mobile number or e-mail address.
    account: String,
    /// The password.
    password: String,
    /// Whether the person wants to stay signed in for longer than a day.
    #[graphql(default = false)]
    remember: bool,
    /// The answer to the captcha, once `CaptchaRequired` asked for it.
    captcha: Option<CaptchaInput>,
}

/// An address and the code that was sent to it.
#[derive(InputObject)]
pub struct LoginWithCodeInput {
    /// The account's mobile number or e-mail address, with a code for the purpose `LOGIN`.
    contact: ContactProof,
    /// Whether the person wants to stay signed in for longer than a day.
    #[graphql(default = false)]
    remember: bool,
    /// The answer to the captcha, once `CaptchaRequired` asked for it.
    captcha: Option<CaptchaInput>,
}

/// What `register` answers.
#[derive(Union)]
#[expect(clippy::large_enum_variant, reason = "one value a request, made and sent")]
pub enum RegisterResult {
    SignedIn(SignedIn),
    IdentifierTaken(IdentifierTaken),
    CodeRejected(CodeRejected),
    CaptchaRequired(CaptchaRequired),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// What `login` answers.
#[derive(Union)]
#[expect(clippy::large_enum_variant, reason = "one value a request, made and sent")]
pub enum LoginResult {
    SignedIn(SignedIn),
    CredentialsRejected(CredentialsRejected),
    AccountDisabled(AccountDisabled),
    CaptchaRequired(CaptchaRequired),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// What `loginWithCode` answers.
#[derive(Union)]
#[expect(clippy::large_enum_variant, reason = "one value a request, made and sent")]
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
    /// Makes an account, proven by a code for the purpose `REGISTER`, and signs the person in.
    async fn register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the person filled in.")] input: RegisterInput,
    ) -> Result<RegisterResult, ApiError> {
        let registration = Registration {
            contact: input.contact.into(),
            password: input.password.into(),
            password_confirm: input.password_confirm.map(Into::into),
            username: input.username,
            nickname: input.nickname,
            accept_terms: input.accept_terms,
            captcha: input.captcha.map(Into::into),
        };
        let language = ctx.language();
        match ctx.service::<Register>().run(registration, ctx.client()).await {
            Ok(outcome) => Ok(RegisterResult::SignedIn(SignedIn::hand_over(ctx, outcome))),
            Err(RegisterRefusal::Taken(field)) => {
                Ok(RegisterResult::IdentifierTaken(IdentifierTaken::new(field, language)))
            }
            Err(RegisterRefusal::Code { reason, attempts_left }) => {
                Ok(RegisterResult::CodeRejected(CodeRejected::new(reason.into(), attempts_left, language)))
            }
            Err(RegisterRefusal::Denied(refusal)) => denied!(RegisterResult, refusal, language),
        }
    }

    /// Signs a person in by password. An unknown account and a wrong password get the same answer.
    async fn login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who it is, and the password.")] input: LoginInput,
    ) -> Result<LoginResult, ApiError> {
        let credentials = Credentials {
            account: input.account,
            password: input.password.into(),
            remember: input.remember,
            captcha: input.captcha.map(Into::into),
        };
        let language = ctx.language();
        match ctx.service::<Login>().run(credentials, ctx.client()).await {
            Ok(outcome) => Ok(LoginResult::SignedIn(SignedIn::hand_over(ctx, outcome))),
            Err(LoginRefusal::Rejected) => {
                Ok(LoginResult::CredentialsRejected(CredentialsRejected::new(language)))
            }
            Err(LoginRefusal::Disabled) => Ok(LoginResult::AccountDisabled(AccountDisabled::new(language))),
            Err(LoginRefusal::Denied(refusal)) => denied!(LoginResult, refusal, language),
        }
    }

    /// Signs a person in by a code for the purpose `LOGIN`. `CredentialsRejected`: no account has the address.
    async fn login_with_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which address, and the code.")] input: LoginWithCodeInput,
    ) -> Result<LoginWithCodeResult, ApiError> {
        let credentials = CodeCredentials {
            contact: input.contact.into(),
            remember: input.remember,
            captcha: input.captcha.map(Into::into),
        };
        let language = ctx.language();
        match ctx.service::<LoginWithCode>().run(credentials, ctx.client()).await {
            Ok(outcome) => Ok(LoginWithCodeResult::SignedIn(SignedIn::hand_over(ctx, outcome))),
            Err(CodeLoginRefusal::Code { reason, attempts_left }) => Ok(LoginWithCodeResult::CodeRejected(
                CodeRejected::new(reason.into(), attempts_left, language),
            )),
            Err(CodeLoginRefusal::Rejected) => {
                Ok(LoginWithCodeResult::CredentialsRejected(CredentialsRejected::new(language)))
            }
            Err(CodeLoginRefusal::Disabled) => {
                Ok(LoginWithCodeResult::AccountDisabled(AccountDisabled::new(language)))
            }
            Err(CodeLoginRefusal::Denied(refusal)) => denied!(LoginWithCodeResult, refusal, language),
        }
    }
}
