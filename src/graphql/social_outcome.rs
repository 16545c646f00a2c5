//! The results of sign-in with providers: the same for QQ and for every other provider.

use async_graphql::{Context, SimpleObject, Union};
use chrono::{DateTime, Utc};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::problem::{
    AccountDisabled, CaptchaRequired, CodeRejected, CredentialsRejected, IdentifierTaken, InvalidInput,
    RateLimited, TicketRejected,
};
use super::refuse;
use super::signed_in::SignedIn;
use super::social_input::{BindInput, RegisterWithInput};
use super::social_problem::{AlreadyLinked, ProviderRejected};
use crate::core::secret::ExposeSecret as _;
use crate::outcome::Problem;
use crate::social::bind_social::BindRefusal;
use crate::social::exchange::ExchangeRefusal;
use crate::social::register_with_social::RegisterWithSocialRefusal;
use crate::social::social_authorize;
use crate::social::social_authorize_url::StartedAuthorization;

/// The URL to redirect the browser to. The response sets a cookie that `socialAuthorize` needs: send credentials with
/// both requests.
#[derive(SimpleObject)]
pub struct AuthorizeUrl {
    /// The provider's page.
    url: String,
    /// The state, which the callback returns. It is single-use.
    state: String,
    /// When the state expires.
    expires_at: DateTime<Utc>,
}

impl AuthorizeUrl {
    /// Sets the cookie that binds the sign-in to the browser.
    pub fn hand_over(ctx: &Context<'_>, started: StartedAuthorization) -> Self {
        let policy = ctx.cookies();
        ctx.append_http_header("set-cookie", policy.browser(&started.browser, started.browser_lifetime));
        Self { url: started.url, state: started.state, expires_at: started.expires_at }
    }
}

/// The user signed in with the provider, but no account is linked yet: bind an existing account or register a new one.
/// The ticket is opaque, single-use and short-lived. The provider's tokens are not exposed.
#[derive(SimpleObject)]
pub struct BindRequired {
    /// For `bindQq` and `registerWithQq`, or `bindSocial` and `registerWithSocial`, in this browser.
    ticket: String,
    /// The slug of the provider.
    provider: String,
    /// The user's display name at the provider.
    nickname: Option<String>,
    /// The URL of the user's picture at the provider.
    avatar_url: Option<String>,
    /// When the ticket expires.
    expires_at: DateTime<Utc>,
    /// The `next` that the client gave when it started.
    next: String,
}

impl From<social_authorize::BindRequired> for BindRequired {
    fn from(required: social_authorize::BindRequired) -> Self {
        Self {
            ticket: required.ticket.expose_secret().to_owned(),
            provider: required.provider,
            nickname: required.nickname,
            avatar_url: required.avatar_url,
            expires_at: required.expires_at,
            next: required.next,
        }
    }
}

/// The result of `socialAuthorizeUrl`.
#[derive(Union)]
pub enum SocialAuthorizeUrlResult {
    AuthorizeUrl(AuthorizeUrl),
    ProviderRejected(ProviderRejected),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

macro_rules! authorize_results {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Union)]
        pub enum $name {
            SignedIn(SignedIn),
            BindRequired(BindRequired),
            ProviderRejected(ProviderRejected),
            TicketRejected(TicketRejected),
            AccountDisabled(AccountDisabled),
            InvalidInput(InvalidInput),
            RateLimited(RateLimited),
        }

        impl $name {
            /// Builds the member of the union.
            pub fn of(
                ctx: &Context<'_>,
                provider: &str,
                outcome: Result<social_authorize::Authorized, social_authorize::AuthorizeRefusal>,
            ) -> Result<Self, ApiError> {
                use social_authorize::{AuthorizeRefusal, Authorized};
                let language = ctx.language();
                match outcome {
                    Ok(Authorized::SignedIn { signed_in, next }) => {
                        Ok(SignedIn::to_next(ctx, signed_in, next).into())
                    }
                    Ok(Authorized::BindRequired(required)) => Ok(BindRequired::from(required).into()),
                    Err(AuthorizeRefusal::AccountDisabled) => Ok(AccountDisabled::new(language).into()),
                    Err(AuthorizeRefusal::Exchange(refusal)) => exchange(ctx, refusal, provider),
                    Err(AuthorizeRefusal::Shared(refusal)) => refuse::shared(refusal, language),
                }
            }
        }
    )+};
}

/// Maps the refusals of a callback.
pub(super) fn exchange<U>(ctx: &Context<'_>, refusal: ExchangeRefusal, provider: &str) -> Result<U, ApiError>
where
    U: From<TicketRejected> + From<ProviderRejected> + From<InvalidInput> + From<RateLimited>,
{
    let language = ctx.language();
    match refusal {
        ExchangeRefusal::StateExpired => Ok(sign_in_expired(ctx, Some(provider)).into()),
        ExchangeRefusal::Provider(problem) => {
            Ok(ProviderRejected::new(problem, ctx.social().provider_name(provider, language), language)
                .into())
        }
        ExchangeRefusal::Shared(refusal) => refuse::shared(refusal, language),
    }
}

/// Builds the refusal for an expired state or ticket. `provider` is its slug, if known.
fn sign_in_expired(ctx: &Context<'_>, provider: Option<&str>) -> TicketRejected {
    let language = ctx.language();
    let provider = provider.map(|slug| ctx.social().provider_name(slug, language).to_owned());
    TicketRejected::because(&Problem::SignInExpired { provider }, language)
}

authorize_results! {
    /// The result of `qqAuthorize`.
    QqAuthorizeResult;
    /// The result of `socialAuthorize`. `TicketRejected`: the state has expired, or belongs to another browser.
    SocialAuthorizeResult;
}

/// The result of `bindQq` and `bindSocial`.
#[derive(Union)]
#[expect(clippy::large_enum_variant, reason = "one value per request, built and sent")]
pub enum BindResult {
    SignedIn(SignedIn),
    TicketRejected(TicketRejected),
    CredentialsRejected(CredentialsRejected),
    CodeRejected(CodeRejected),
    AccountDisabled(AccountDisabled),
    AlreadyLinked(AlreadyLinked),
    CaptchaRequired(CaptchaRequired),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// The result of `registerWithQq` and `registerWithSocial`.
#[derive(Union)]
#[expect(clippy::large_enum_variant, reason = "one value per request, built and sent")]
pub enum RegisterWithResult {
    SignedIn(SignedIn),
    TicketRejected(TicketRejected),
    CodeRejected(CodeRejected),
    IdentifierTaken(IdentifierTaken),
    AlreadyLinked(AlreadyLinked),
    CaptchaRequired(CaptchaRequired),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

impl BindResult {
    /// Binds with a ticket of `provider`, or of any provider.
    pub async fn of(ctx: &Context<'_>, input: BindInput, provider: Option<&str>) -> Result<Self, ApiError> {
        let language = ctx.language();
        match ctx.social().bind(input.into(), provider, ctx.client()).await {
            Ok((signed_in, next)) => Ok(SignedIn::to_next(ctx, signed_in, next).into()),
            Err(BindRefusal::TicketExpired) => Ok(sign_in_expired(ctx, provider).into()),
            Err(BindRefusal::StaleCredential) => Ok(CredentialsRejected::new(language).into()),
            Err(BindRefusal::AlreadyLinked { provider, reason }) => {
                Ok(AlreadyLinked::new(reason, ctx.social().provider_name(&provider, language), language)
                    .into())
            }
            Err(BindRefusal::Account(refusal)) => refuse::account(refusal, language),
            Err(BindRefusal::Shared(refusal)) => refuse::shared(refusal, language),
        }
    }
}

impl RegisterWithResult {
    /// Registers with a ticket of `provider`, or of any provider.
    pub async fn of(
        ctx: &Context<'_>,
        input: RegisterWithInput,
        provider: Option<&str>,
    ) -> Result<Self, ApiError> {
        let language = ctx.language();
        match ctx.social().register(input.into(), provider, ctx.client()).await {
            Ok((signed_in, next)) => Ok(SignedIn::to_next(ctx, signed_in, next).into()),
            Err(RegisterWithSocialRefusal::TicketExpired) => Ok(sign_in_expired(ctx, provider).into()),
            Err(RegisterWithSocialRefusal::IdentifierTaken(field)) => {
                Ok(IdentifierTaken::new(field, language).into())
            }
            Err(RegisterWithSocialRefusal::AlreadyLinked { provider, reason }) => {
                Ok(AlreadyLinked::new(reason, ctx.social().provider_name(&provider, language), language)
                    .into())
            }
            Err(RegisterWithSocialRefusal::Code(refusal)) => refuse::code(refusal, language),
            Err(RegisterWithSocialRefusal::Captcha(refusal)) => refuse::captcha(refusal, language),
            Err(RegisterWithSocialRefusal::Shared(refusal)) => refuse::shared(refusal, language),
        }
    }
}
