//! What social sign-in answers, the same for QQ and for every provider.

use async_graphql::{Context, SimpleObject, Union};
use chrono::{DateTime, Utc};

use super::context::ContextExt as _;
use super::cookies::CookiePolicy;
use super::error::ApiError;
use super::problem::{
    AccountDisabled, CaptchaRequired, CodeRejected, CredentialsRejected, IdentifierTaken, InvalidInput,
    RateLimited, TicketRejected,
};
use super::refuse::denied;
use super::signed_in::SignedIn;
use super::social_input::{BindInput, RegisterWithInput};
use super::social_problem::{AlreadyLinked, ProviderRejected};
use crate::core::secret::ExposeSecret as _;
use crate::social::bind_social::{BindRefusal, BindSocial};
use crate::social::register_with_social::{RegisterWithSocial, SocialRegisterRefusal};
use crate::social::social_authorize;
use crate::social::social_authorize_url::Begun;

/// Where to send the browser. The answer sets a cookie that `socialAuthorize` needs: send credentials with both.
#[derive(SimpleObject)]
pub struct AuthorizeUrl {
    /// The provider's page.
    url: String,
    /// Comes back with the browser; good once.
    state: String,
    /// Until when the browser has to be back.
    expires_at: DateTime<Utc>,
}

impl AuthorizeUrl {
    /// Ties the sign-in to the browser.
    pub fn hand_over(ctx: &Context<'_>, begun: Begun) -> Self {
        let policy = ctx.service::<CookiePolicy>();
        ctx.append_http_header("set-cookie", policy.browser(&begun.browser, begun.browser_lifetime));
        Self { url: begun.url, state: begun.state, expires_at: begun.expires_at }
    }
}

/// The provider vouches for this person, no account is bound yet: bind an existing one or register. The ticket is opaque,
/// single-use and short-lived; the provider's tokens never leave the gateway.
#[derive(SimpleObject)]
pub struct BindRequired {
    /// For `bindQq` and `registerWithQq`, or `bindSocial` and `registerWithSocial`, in this browser.
    ticket: String,
    /// The provider's slug.
    provider: String,
    /// The person's name there, to greet them with.
    nickname: Option<String>,
    /// Where their picture there is.
    avatar_url: Option<String>,
    /// Until when the ticket is good.
    expires_at: DateTime<Utc>,
    /// Where the client wanted to go.
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

/// What `socialAuthorizeUrl` answers.
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
            /// The union's member for an outcome.
            pub fn of(
                ctx: &Context<'_>,
                outcome: Result<social_authorize::Authorized, social_authorize::AuthorizeRefusal>,
            ) -> Result<Self, ApiError> {
                use social_authorize::{AuthorizeRefusal, Authorized};
                let language = ctx.language();
                match outcome {
                    Ok(Authorized::SignedIn { signed_in, next }) => {
                        Ok(Self::SignedIn(SignedIn::to_next(ctx, signed_in, next)))
                    }
                    Ok(Authorized::BindRequired(required)) => Ok(Self::BindRequired(required.into())),
                    Err(AuthorizeRefusal::State) => Ok(Self::TicketRejected(TicketRejected::new(language))),
                    Err(AuthorizeRefusal::Provider(problem)) => {
                        Ok(Self::ProviderRejected(ProviderRejected::new(problem, language)))
                    }
                    Err(AuthorizeRefusal::Disabled) => {
                        Ok(Self::AccountDisabled(AccountDisabled::new(language)))
                    }
                    Err(AuthorizeRefusal::Denied(refusal)) => denied!($name, refusal, language, no captcha),
                }
            }
        }
    )+};
}

authorize_results! {
    /// What `qqAuthorize` answers.
    QqAuthorizeResult;
    /// What `socialAuthorize` answers. `TicketRejected`: the state is not good any more, or began in another browser.
    SocialAuthorizeResult;
}

/// What `bindQq` and `bindSocial` answer.
#[derive(Union)]
#[expect(clippy::large_enum_variant, reason = "one value a request, made and sent")]
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

/// What `registerWithQq` and `registerWithSocial` answer.
#[derive(Union)]
#[expect(clippy::large_enum_variant, reason = "one value a request, made and sent")]
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
    /// Binds, with a ticket of `provider` or of any.
    pub async fn of(ctx: &Context<'_>, input: BindInput, provider: Option<&str>) -> Result<Self, ApiError> {
        let language = ctx.language();
        match ctx.service::<BindSocial>().run(input.into(), provider, ctx.client()).await {
            Ok((signed_in, next)) => Ok(Self::SignedIn(SignedIn::to_next(ctx, signed_in, next))),
            Err(BindRefusal::Ticket) => Ok(Self::TicketRejected(TicketRejected::new(language))),
            Err(BindRefusal::Rejected) => Ok(Self::CredentialsRejected(CredentialsRejected::new(language))),
            Err(BindRefusal::Disabled) => Ok(Self::AccountDisabled(AccountDisabled::new(language))),
            Err(BindRefusal::Code { reason, attempts_left }) => {
                Ok(Self::CodeRejected(CodeRejected::new(reason.into(), attempts_left, language)))
            }
            Err(BindRefusal::Linked(linked)) => Ok(Self::AlreadyLinked(AlreadyLinked::new(linked, language))),
            Err(BindRefusal::Denied(refusal)) => denied!(BindResult, refusal, language),
        }
    }
}

impl RegisterWithResult {
    /// Registers, with a ticket of `provider` or of any.
    pub async fn of(
        ctx: &Context<'_>,
        input: RegisterWithInput,
        provider: Option<&str>,
    ) -> Result<Self, ApiError> {
        let language = ctx.language();
        match ctx.service::<RegisterWithSocial>().run(input.into(), provider, ctx.client()).await {
            Ok((signed_in, next)) => Ok(Self::SignedIn(SignedIn::to_next(ctx, signed_in, next))),
            Err(SocialRegisterRefusal::Ticket) => Ok(Self::TicketRejected(TicketRejected::new(language))),
            Err(SocialRegisterRefusal::Code { reason, attempts_left }) => {
                Ok(Self::CodeRejected(CodeRejected::new(reason.into(), attempts_left, language)))
            }
            Err(SocialRegisterRefusal::Taken(field)) => {
                Ok(Self::IdentifierTaken(IdentifierTaken::new(field, language)))
            }
            Err(SocialRegisterRefusal::Linked(linked)) => {
                Ok(Self::AlreadyLinked(AlreadyLinked::new(linked, language)))
            }
            Err(SocialRegisterRefusal::Denied(refusal)) => denied!(RegisterWithResult, refusal, language),
        }
    }
}
