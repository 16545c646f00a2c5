//! Sign-in with QQ: the mutations about every provider, with the provider fixed.

use async_graphql::{Context, Object};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::fault::CallerFault;
use super::social_input::{AuthorizeUrlInput, BindInput, QqAuthorizeInput, RegisterWithInput};
use super::social_outcome::{AuthorizeUrl, BindResult, QqAuthorizeResult, RegisterWithResult};
use crate::social::social_authorize::SocialAuthorize;
use crate::social::social_authorize_url::{BeginRefusal, SocialAuthorizeUrl};

const QQ: &str = "qq";

/// Mutations about QQ.
#[derive(Default)]
pub struct QqMutations;

#[Object]
impl QqMutations {
    /// Begins a sign-in with QQ: send the browser to `url`. Where QQ is not offered the error is `NOT_FOUND`; a `next` that
    /// leads elsewhere is `BAD_REQUEST`. `socialAuthorizeUrl(provider: "qq")` answers both as typed problems.
    async fn qq_authorize_url(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where the client wants to go afterwards, and how.")] input: Option<
            AuthorizeUrlInput,
        >,
    ) -> Result<AuthorizeUrl, ApiError> {
        let service = ctx.service::<SocialAuthorizeUrl>();
        if service.providers.find(QQ).is_none() {
            return Err(ApiError::Caller(CallerFault::NotFound));
        }
        let user = ctx.claims().map(|claims| claims.sub);
        match service.run(QQ, &AuthorizeUrlInput::wish(input), user, ctx.client()).await {
            Ok(begun) => Ok(AuthorizeUrl::hand_over(ctx, begun)),
            Err(BeginRefusal::Denied(refusal)) => Err(refusal.into()),
            Err(BeginRefusal::Provider(problem)) => Err(ApiError::Unavailable(problem.to_string())),
        }
    }

    /// Carries the sign-in on when the browser is back from QQ.
    async fn qq_authorize(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the callback brought.")] input: QqAuthorizeInput,
    ) -> Result<QqAuthorizeResult, ApiError> {
        let outcome = ctx.service::<SocialAuthorize>().run(QQ, &input.into(), ctx.client()).await;
        QqAuthorizeResult::of(ctx, outcome)
    }

    /// Binds the QQ of a ticket to an account that exists, proven by password or by SMS code, and signs in.
    async fn bind_qq(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ticket and the account.")] input: BindInput,
    ) -> Result<BindResult, ApiError> {
        BindResult::of(ctx, input, Some(QQ)).await
    }

    /// Makes an account for the QQ of a ticket, with a mobile number proven by SMS code, and signs in.
    async fn register_with_qq(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ticket and what the person filled in.")] input: RegisterWithInput,
    ) -> Result<RegisterWithResult, ApiError> {
        RegisterWithResult::of(ctx, input, Some(QQ)).await
    }
}
