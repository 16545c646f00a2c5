//! Sign-in with every provider, by its slug.

use async_graphql::{Context, Object};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::refuse::denied;
use super::social_input::{AuthorizeUrlInput, BindInput, RegisterWithInput, SocialAuthorizeInput};
use super::social_outcome::{
    AuthorizeUrl, BindResult, RegisterWithResult, SocialAuthorizeResult, SocialAuthorizeUrlResult,
};
use super::social_problem::ProviderRejected;
use crate::social::social_authorize::SocialAuthorize;
use crate::social::social_authorize_url::{BeginRefusal, SocialAuthorizeUrl};

/// Mutations about every provider.
#[derive(Default)]
pub struct SocialMutations;

#[Object]
impl SocialMutations {
    /// Begins a sign-in with a provider: send the browser to `url`. Called by somebody who is signed in, what comes back
    /// can be given to `linkSocial`.
    async fn social_authorize_url(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A slug of `settings.providers`.")] provider: String,
        #[graphql(desc = "Where the client wants to go afterwards, and how.")] input: Option<
            AuthorizeUrlInput,
        >,
    ) -> Result<SocialAuthorizeUrlResult, ApiError> {
        let (language, user) = (ctx.language(), ctx.claims().map(|claims| claims.sub));
        let wish = AuthorizeUrlInput::wish(input);
        match ctx.service::<SocialAuthorizeUrl>().run(&provider, &wish, user, ctx.client()).await {
            Ok(begun) => Ok(SocialAuthorizeUrlResult::AuthorizeUrl(AuthorizeUrl::hand_over(ctx, begun))),
            Err(BeginRefusal::Provider(problem)) => {
                Ok(SocialAuthorizeUrlResult::ProviderRejected(ProviderRejected::new(problem, language)))
            }
            Err(BeginRefusal::Denied(refusal)) => {
                denied!(SocialAuthorizeUrlResult, refusal, language, no captcha)
            }
        }
    }

    /// Carries the sign-in on when the browser is back from the provider.
    async fn social_authorize(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The slug that the sign-in began with.")] provider: String,
        #[graphql(desc = "What the callback brought.")] input: SocialAuthorizeInput,
    ) -> Result<SocialAuthorizeResult, ApiError> {
        let outcome = ctx.service::<SocialAuthorize>().run(&provider, &input.into(), ctx.client()).await;
        SocialAuthorizeResult::of(ctx, outcome)
    }

    /// Binds the person of a ticket to an account that exists, proven by password or by SMS code, and signs in.
    async fn bind_social(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ticket and the account.")] input: BindInput,
    ) -> Result<BindResult, ApiError> {
        BindResult::of(ctx, input, None).await
    }

    /// Makes an account for the person of a ticket, with a mobile number proven by SMS code, and signs in.
    async fn register_with_social(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ticket and what the person filled in.")] input: RegisterWithInput,
    ) -> Result<RegisterWithResult, ApiError> {
        RegisterWithResult::of(ctx, input, None).await
    }
}
