//! `linkSocial` and `unlinkSocial`.

use async_graphql::{Context, Object, SimpleObject, Union};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::problem::{
    CredentialsRejected, InvalidInput, LastWayIn, RateLimited, ReauthenticationRequired, TicketRejected,
};
use super::refuse;
use super::social_input::SocialAuthorizeInput;
use super::social_outcome::exchange;
use super::social_problem::{AlreadyLinked, ProviderRejected};
use super::user::User;
use crate::social::link_social::LinkRefusal;
use crate::social::unlink_social::UnlinkRefusal;

/// The identity was linked to the account. The owner was notified.
#[derive(SimpleObject)]
pub struct SocialLinked {
    /// The account; `identities` contains the new one.
    user: User,
}

/// The identity was unlinked from the account. The owner was notified.
#[derive(SimpleObject)]
pub struct SocialUnlinked {
    /// The account; `identities` contains the remaining ones.
    user: User,
}

/// The result of `linkSocial`. `TicketRejected`: the state has expired, or was not created in this browser while the
/// caller was signed in.
#[derive(Union)]
pub enum LinkSocialResult {
    SocialLinked(SocialLinked),
    ProviderRejected(ProviderRejected),
    TicketRejected(TicketRejected),
    AlreadyLinked(AlreadyLinked),
    CredentialsRejected(CredentialsRejected),
    ReauthenticationRequired(ReauthenticationRequired),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// The result of `unlinkSocial`.
#[derive(Union)]
pub enum UnlinkSocialResult {
    SocialUnlinked(SocialUnlinked),
    LastWayIn(LastWayIn),
    CredentialsRejected(CredentialsRejected),
    ReauthenticationRequired(ReauthenticationRequired),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// Mutations about linked identities.
#[derive(Default)]
pub struct LinkMutations;

#[Object]
impl LinkMutations {
    /// Links an identity at a provider to the caller's account. Start with `socialAuthorizeUrl` while signed in.
    async fn link_social(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The slug of the provider.")] provider: String,
        #[graphql(desc = "The parameters of the callback.")] input: SocialAuthorizeInput,
        #[graphql(
            desc = "The current password. Optional within minutes of a sign-in; later `ReauthenticationRequired` asks for it."
        )]
        current_password: Option<String>,
    ) -> Result<LinkSocialResult, ApiError> {
        let (caller, language) = (ctx.caller().await?, ctx.language());
        let password = current_password.map(Into::into);
        let linked = ctx.social().link(&provider, &input.into(), password, &caller, ctx.client()).await;
        match linked {
            Ok(()) => Ok(SocialLinked { user: User(caller.user) }.into()),
            Err(LinkRefusal::AlreadyLinked { provider, reason }) => {
                Ok(AlreadyLinked::new(reason, ctx.social().provider_name(&provider, language), language)
                    .into())
            }
            Err(LinkRefusal::Exchange(refusal)) => exchange(ctx, refusal, &provider),
            Err(LinkRefusal::Reauthentication(refusal)) => refuse::reauthentication(refusal, language),
            Err(LinkRefusal::Shared(refusal)) => refuse::shared(refusal, language),
        }
    }

    /// Unlinks a provider from the caller's account. Sessions that it opened are revoked, except the caller's own.
    async fn unlink_social(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A slug of `me.identities`.")] provider: String,
        #[graphql(
            desc = "The current password. Optional within minutes of a sign-in; later `ReauthenticationRequired` asks for it."
        )]
        current_password: Option<String>,
    ) -> Result<UnlinkSocialResult, ApiError> {
        let (caller, language) = (ctx.caller().await?, ctx.language());
        let password = current_password.map(Into::into);
        match ctx.social().unlink(&provider, password, &caller, ctx.client()).await {
            Ok(()) => Ok(SocialUnlinked { user: User(caller.user) }.into()),
            Err(UnlinkRefusal::LastSignInMethod) => Ok(LastWayIn::new(language).into()),
            Err(UnlinkRefusal::Reauthentication(refusal)) => refuse::reauthentication(refusal, language),
            Err(UnlinkRefusal::Shared(refusal)) => refuse::shared(refusal, language),
        }
    }
}
