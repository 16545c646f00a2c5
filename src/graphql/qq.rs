//! Sign-in with QQ: the mutations for all providers with the provider fixed.

use async_graphql::{Context, Object};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::error_code::ErrorCode;
use super::social_input::{AuthorizeUrlInput, BindInput, QqAuthorizeInput, RegisterWithInput};
use super::social_outcome::{AuthorizeUrl, BindResult, QqAuthorizeResult, RegisterWithResult};
use crate::social::social_authorize_url::AuthorizeUrlRefusal;

const QQ: &str = "qq";

/// Mutations about QQ.
#[derive(Default)]
pub struct QqMutations;

#[Object]
impl QqMutations {
    /// Starts signing in with QQ: redirect the browser to `url`. If QQ is not configured, the error is `NOT_FOUND`; if
    /// `next` is not allowed, it is `BAD_REQUEST`. `socialAuthorizeUrl(provider: "qq")` returns typed problems instead.
    async fn qq_authorize_url(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where the client goes afterwards, and which page to show.")] input: Option<
            AuthorizeUrlInput,
        >,
    ) -> Result<AuthorizeUrl, ApiError> {
        if ctx.social().providers().all(|(slug, _)| slug != QQ) {
            return Err(ApiError::Code(ErrorCode::NotFound));
        }
        let user = ctx.claims().map(|claims| claims.sub);
        let options = AuthorizeUrlInput::options(input);
        match ctx.social().authorize_url(QQ, &options, user, ctx.client()).await {
            Ok(started) => Ok(AuthorizeUrl::hand_over(ctx, started)),
            Err(AuthorizeUrlRefusal::Provider(problem)) => Err(ApiError::Unavailable(problem.to_string())),
            Err(AuthorizeUrlRefusal::Shared(refusal)) => Err(refusal.into()),
        }
    }

    /// Continues the sign-in after the browser has returned from QQ.
    async fn qq_authorize(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The parameters of the callback.")] input: QqAuthorizeInput,
    ) -> Result<QqAuthorizeResult, ApiError> {
        let outcome = ctx.social().authorize(QQ, &input.into(), ctx.client()).await;
        QqAuthorizeResult::of(ctx, QQ, outcome)
    }

    /// Links the QQ account of a ticket to an existing account, verified by password or SMS code, and signs in.
    async fn bind_qq(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ticket and the account.")] input: BindInput,
    ) -> Result<BindResult, ApiError> {
        BindResult::of(ctx, input, Some(QQ)).await
    }

    /// Creates an account for the QQ account of a ticket, with a mobile number verified by SMS code, and signs in.
    async fn register_with_qq(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ticket and the new account.")] input: RegisterWithInput,
    ) -> Result<RegisterWithResult, ApiError> {
        RegisterWithResult::of(ctx, input, Some(QQ)).await
    }
}
