//! `sendSms`, `sendEmailCode`: codes on their way.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject, Union};
use chrono::{DateTime, Utc};

use super::context::ContextExt as _;
use super::delivery::Delivery;
use super::error::ApiError;
use super::input::CaptchaInput;
use super::problem::{CaptchaRequired, InvalidInput, MobileNotSupported, RateLimited};
use super::refuse::denied;
use crate::verification::{self, Purpose, SendEmailCode, SendRefusal, SendSms};

/// What a code is to prove an address for. A code for one purpose is worth nothing for another.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum CodePurpose {
    /// To register: `register`.
    Register,
    /// To sign in: `loginWithCode`.
    Login,
    /// To set a new password when the old one is forgotten.
    ResetPassword,
    /// To link another account, such as QQ.
    Bind,
    /// To change the mobile number or e-mail address of an account.
    ChangeContact,
}

impl From<CodePurpose> for Purpose {
    fn from(purpose: CodePurpose) -> Self {
        match purpose {
            CodePurpose::Register => Self::Register,
            CodePurpose::Login => Self::Login,
            CodePurpose::ResetPassword => Self::ResetPassword,
            CodePurpose::Bind => Self::Bind,
            CodePurpose::ChangeContact => Self::ChangeContact,
        }
    }
}

/// Where a code is to go, and what for.
#[derive(InputObject)]
pub struct SendSmsInput {
    /// The mobile number; without a calling code it is one of the first region in `settings.mobileRegions`.
    mobile: String,
    /// What the code is for.
    purpose: CodePurpose,
    /// The answer to the captcha, once `CaptchaRequired` asked for it.
    captcha: Option<CaptchaInput>,
}

/// Where a code is to go, and what for.
#[derive(InputObject)]
pub struct SendEmailCodeInput {
    /// The e-mail address.
    email: String,
    /// What the code is for.
    purpose: CodePurpose,
    /// The answer to the captcha, once `CaptchaRequired` asked for it.
    captcha: Option<CaptchaInput>,
}

/// A code is on its way.
#[derive(SimpleObject)]
pub struct CodeSent {
    /// How the message fares; ask again with `delivery(id)`.
    delivery: Delivery,
    /// Until when the code is good.
    expires_at: DateTime<Utc>,
    /// From when on the next one may be asked for.
    resend_at: DateTime<Utc>,
    /// The address, masked: `+86 138****8000`.
    destination: String,
}

impl From<verification::CodeSent> for CodeSent {
    fn from(sent: verification::CodeSent) -> Self {
        Self {
            delivery: Delivery::queued(sent.delivery, sent.channel, sent.at),
            expires_at: sent.expires_at,
            resend_at: sent.resend_at,
            destination: sent.destination,
        }
    }
}

/// What `sendSms` answers.
#[derive(Union)]
pub enum SendSmsResult {
    CodeSent(CodeSent),
    CaptchaRequired(CaptchaRequired),
    MobileNotSupported(MobileNotSupported),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// What `sendEmailCode` answers.
#[derive(Union)]
pub enum SendEmailCodeResult {
    CodeSent(CodeSent),
    CaptchaRequired(CaptchaRequired),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// Mutations that send codes.
#[derive(Default)]
pub struct CodeMutations;

#[Object]
impl CodeMutations {
    /// Sends a code to a mobile number. The answer is the same whether or not an account has the number.
    async fn send_sms(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where to, and what for.")] input: SendSmsInput,
    ) -> Result<SendSmsResult, ApiError> {
        let captcha = input.captcha.map(Into::into);
        let purpose = input.purpose.into();
        let outcome =
            ctx.service::<SendSms>().run(&input.mobile, purpose, captcha.as_ref(), ctx.client()).await;
        match outcome {
            Ok(sent) => Ok(SendSmsResult::CodeSent(sent.into())),
            Err(SendRefusal::RegionNotSupported) => {
                Ok(SendSmsResult::MobileNotSupported(MobileNotSupported::new(ctx.language())))
            }
            Err(SendRefusal::Denied(refusal)) => denied!(SendSmsResult, refusal, ctx.language()),
        }
    }

    /// Sends a code to an e-mail address. The answer is the same whether or not an account has the address.
    async fn send_email_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where to, and what for.")] input: SendEmailCodeInput,
    ) -> Result<SendEmailCodeResult, ApiError> {
        let captcha = input.captcha.map(Into::into);
        let purpose = input.purpose.into();
        let outcome =
            ctx.service::<SendEmailCode>().run(&input.email, purpose, captcha.as_ref(), ctx.client()).await;
        match outcome {
            Ok(sent) => Ok(SendEmailCodeResult::CodeSent(sent.into())),
            Err(refusal) => denied!(SendEmailCodeResult, refusal, ctx.language()),
        }
    }
}
