//! Sign-in with every provider, by its slug.

use async_graphql::{Context, Object};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::refuse;
use super::social_input::{AuthorizeUrlInput, BindInput, RegisterWithInput, SocialAuthorizeInput};
use super::social_outcome::{
    AuthorizeUrl, BindResult, RegisterWithResult, SocialAuthorizeResult, SocialAuthorizeUrlResult,
};
use super::social_problem::ProviderRejected;
use crate::social::social_authorize_url::AuthorizeUrlRefusal;

/// Mutations about every provider.
#[derive(Default)]
pub struct SocialMutations;

#[Object]
impl SocialMutations {
    /// Starts signing in with a provider: redirect the browser to `url`. If the caller is signed in, pass the callback
    /// parameters to `linkSocial` to link the identity instead.
    async fn social_authorize_url(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A slug of `settings.providers`.")] provider: String,
        #[graphql(desc = "Where the client goes afterwards, and which page to show.")] input: Option<
            AuthorizeUrlInput,
        >,
    ) -> Result<SocialAuthorizeUrlResult, ApiError> {
        let (language, user) = (ctx.language(), ctx.claims().map(|claims| claims.sub));
        let options = AuthorizeUrlInput::options(input);
        match ctx.social().authorize_url(&provider, &options, user, ctx.client()).await {
            Ok(started) => Ok(AuthorizeUrl::hand_over(ctx, started).into()),
            Err(AuthorizeUrlRefusal::Provider(problem)) => {
                Ok(ProviderRejected::new(problem, ctx.social().provider_name(&provider, language), language)
                    .into())
            }
            Err(AuthorizeUrlRefusal::Shared(refusal)) => refuse::shared(refusal, language),
        }
    }

    /// Continues the sign-in after the browser has returned from the provider.
    async fn social_authorize(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The slug of the provider.")] provider: String,
        #[graphql(desc = "The parameters of the callback.")] input: SocialAuthorizeInput,
    ) -> Result<SocialAuthorizeResult, ApiError> {
        let outcome = ctx.social().authorize(&provider, &input.into(), ctx.client()).await;
        SocialAuthorizeResult::of(ctx, &provider, outcome)
    }

    /// Links the identity of a ticket to an existing account, verified by password or SMS code, and signs in.
    async fn bind_social(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ticket and the account.")] input: BindInput,
    ) -> Result<BindResult, ApiError> {
        BindResult::of(ctx, input, None).await
    }

    /// Creates an account for the identity of a ticket, with a mobile number verified by SMS code, and signs in.
    async fn register_with_social(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ticket and the new account.")] input: RegisterWithInput,
    ) -> Result<RegisterWithResult, ApiError> {
        RegisterWithResult::of(ctx, input, None).await
    }
}
