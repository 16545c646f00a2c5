//! `linkSocial`, `unlinkSocial`: more and fewer ways into the caller's account.

use async_graphql::{Context, Object, SimpleObject, Union};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::problem::{
    CredentialsRejected, InvalidInput, LastWayIn, RateLimited, ReauthenticationRequired, TicketRejected,
};
use super::refuse::denied;
use super::social_input::SocialAuthorizeInput;
use super::social_problem::{AlreadyLinked, ProviderRejected};
use super::user::User;
use crate::social::link_social::{LinkRefusal, LinkSocial};
use crate::social::unlink_social::{UnlinkRefusal, UnlinkSocial};

/// The provider is a way into the account now; its owner was told.
#[derive(SimpleObject)]
pub struct SocialLinked {
    /// The person; `identities` has the new one.
    user: User,
}

/// The provider is no way into the account any more; its owner was told.
#[derive(SimpleObject)]
pub struct SocialUnlinked {
    /// The person; `identities` has what is left.
    user: User,
}

/// What `linkSocial` answers. `TicketRejected`: the state is not good any more, or did not begin in this browser while the
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

/// What `unlinkSocial` answers.
#[derive(Union)]
pub enum UnlinkSocialResult {
    SocialUnlinked(SocialUnlinked),
    LastWayIn(LastWayIn),
    CredentialsRejected(CredentialsRejected),
    ReauthenticationRequired(ReauthenticationRequired),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// Mutations about the caller's providers.
#[derive(Default)]
pub struct LinkMutations;

#[Object]
impl LinkMutations {
    /// Makes a provider a way into the caller's account. Begin with `socialAuthorizeUrl`, signed in.
    async fn link_social(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The slug that the sign-in began with.")] provider: String,
        #[graphql(desc = "What the callback brought.")] input: SocialAuthorizeInput,
        #[graphql(
            desc = "The password. May be left out within minutes of a sign-in; later `ReauthenticationRequired` asks for it."
        )]
        current_password: Option<String>,
    ) -> Result<LinkSocialResult, ApiError> {
        let (caller, language) = (ctx.caller().await?, ctx.language());
        let password = current_password.map(Into::into);
        match ctx.service::<LinkSocial>().run(&provider, &input.into(), password, &caller, ctx.client()).await
        {
            Ok(()) => Ok(LinkSocialResult::SocialLinked(SocialLinked { user: User(caller.user) })),
            Err(LinkRefusal::State) => Ok(LinkSocialResult::TicketRejected(TicketRejected::new(language))),
            Err(LinkRefusal::Provider(problem)) => {
                Ok(LinkSocialResult::ProviderRejected(ProviderRejected::new(problem, language)))
            }
            Err(LinkRefusal::Linked(linked)) => {
                Ok(LinkSocialResult::AlreadyLinked(AlreadyLinked::new(linked, language)))
            }
            Err(LinkRefusal::Rejected) => {
                Ok(LinkSocialResult::CredentialsRejected(CredentialsRejected::new(language)))
            }
            Err(LinkRefusal::Required) => {
                Ok(LinkSocialResult::ReauthenticationRequired(ReauthenticationRequired::new(language)))
            }
            Err(LinkRefusal::Denied(refusal)) => denied!(LinkSocialResult, refusal, language, no captcha),
        }
    }

    /// Takes a provider off the caller's account. Sessions that it opened end, but for the caller's own.
    async fn unlink_social(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A slug of `me.identities`.")] provider: String,
        #[graphql(
            desc = "The password. May be left out within minutes of a sign-in; later `ReauthenticationRequired` asks for it."
        )]
        current_password: Option<String>,
    ) -> Result<UnlinkSocialResult, ApiError> {
        let (caller, language) = (ctx.caller().await?, ctx.language());
        let password = current_password.map(Into::into);
        match ctx.service::<UnlinkSocial>().run(&provider, password, &caller, ctx.client()).await {
            Ok(()) => Ok(UnlinkSocialResult::SocialUnlinked(SocialUnlinked { user: User(caller.user) })),
            Err(UnlinkRefusal::LastWayIn) => Ok(UnlinkSocialResult::LastWayIn(LastWayIn::new(language))),
            Err(UnlinkRefusal::Rejected) => {
                Ok(UnlinkSocialResult::CredentialsRejected(CredentialsRejected::new(language)))
            }
            Err(UnlinkRefusal::Required) => {
                Ok(UnlinkSocialResult::ReauthenticationRequired(ReauthenticationRequired::new(language)))
            }
            Err(UnlinkRefusal::Denied(refusal)) => {
                denied!(UnlinkSocialResult, refusal, language, no captcha)
            }
        }
    }
}
