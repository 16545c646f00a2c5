//! `sendSms` and `sendEmailCode`.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject, Union};
use chrono::{DateTime, Utc};

use super::context::ContextExt as _;
use super::delivery::Delivery;
use super::error::ApiError;
use super::input::CaptchaInput;
use super::problem::{CaptchaRequired, InvalidInput, MobileNotSupported, RateLimited};
use super::refuse;
use crate::outcome::Problem;
use crate::verification::{self, Purpose, SendSmsRefusal};

/// What a code is for. A code for one purpose is not valid for another.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum CodePurpose {
    /// To register an account: `register`.
    Register,
    /// To sign in: `loginWithCode`.
    Login,
    /// To choose a new password: `resetPassword`.
    ResetPassword,
    /// To sign in with a provider for the first time: `bindQq`, `registerWithQq`; also `mergeAccount`.
    Bind,
    /// To change the mobile number or e-mail address of an account: `changeMobile`, `changeEmail`.
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

/// The input of `sendSms`.
#[derive(InputObject)]
pub struct SendSmsInput {
    /// The mobile number. Without a calling code it belongs to the first region of `settings.mobileRegions`.
    mobile: String,
    /// What the code is for.
    purpose: CodePurpose,
    /// The response of the captcha widget, after `CaptchaRequired` asked for it.
    captcha: Option<CaptchaInput>,
}

/// The input of `sendEmailCode`.
#[derive(InputObject)]
pub struct SendEmailCodeInput {
    /// The e-mail address.
    email: String,
    /// What the code is for.
    purpose: CodePurpose,
    /// The response of the captcha widget, after `CaptchaRequired` asked for it.
    captcha: Option<CaptchaInput>,
}

/// A code was issued and its message is in the outbox.
#[derive(SimpleObject)]
pub struct CodeSent {
    /// The delivery status of the message; query it again with `delivery(id)`.
    delivery: Delivery,
    /// When the code expires.
    expires_at: DateTime<Utc>,
    /// When the next code can be requested.
    resend_at: DateTime<Utc>,
    /// The masked destination: `+86 138****8000`.
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

/// The result of `sendSms`.
#[derive(Union)]
pub enum SendSmsResult {
    CodeSent(CodeSent),
    CaptchaRequired(CaptchaRequired),
    MobileNotSupported(MobileNotSupported),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// The result of `sendEmailCode`.
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
    /// Sends a code to a mobile number. The result is the same whether or not an account has the number.
    async fn send_sms(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The mobile number and the purpose of the code.")] input: SendSmsInput,
    ) -> Result<SendSmsResult, ApiError> {
        let language = ctx.language();
        let captcha = input.captcha.map(Into::into);
        let sent = ctx
            .verification()
            .send_sms(&input.mobile, input.purpose.into(), captcha.as_ref(), ctx.client())
            .await;
        match sent {
            Ok(sent) => Ok(CodeSent::from(sent).into()),
            Err(SendSmsRefusal::RegionNotSupported) => Ok(MobileNotSupported::new(language).into()),
            Err(SendSmsRefusal::NoCarrier) => {
                Ok(MobileNotSupported::because(&Problem::SmsNotAvailable, language).into())
            }
            Err(SendSmsRefusal::Captcha(refusal)) => refuse::captcha(refusal, language),
        }
    }

    /// Sends a code to an e-mail address. The result is the same whether or not an account has the address.
    async fn send_email_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The e-mail address and the purpose of the code.")] input: SendEmailCodeInput,
    ) -> Result<SendEmailCodeResult, ApiError> {
        let captcha = input.captcha.map(Into::into);
        let sent = ctx
            .verification()
            .send_email_code(&input.email, input.purpose.into(), captcha.as_ref(), ctx.client())
            .await;
        match sent {
            Ok(sent) => Ok(CodeSent::from(sent).into()),
            Err(refusal) => refuse::captcha(refusal, ctx.language()),
        }
    }
}
