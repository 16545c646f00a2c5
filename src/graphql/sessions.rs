//! `refreshSession`, `logout`, `revokeSession`, `revokeOtherSessions`.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject, Union};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::problem::{InvalidInput, RateLimited, SessionRejected};
use super::refuse::denied;
use super::signed_in::SignedIn;
use crate::accounts::logout::Logout;
use crate::accounts::refresh_session::{RefreshRefusal, RefreshSession};
use crate::accounts::revoke_other_sessions::RevokeOtherSessions;
use crate::accounts::revoke_session::{RevokeRefusal, RevokeSession};
use crate::verification::Denied;

/// A refresh token, for clients that get it as a field.
#[derive(InputObject)]
pub struct RefreshSessionInput {
    /// From `SignedIn.refreshToken`.
    refresh_token: String,
}

/// The session of the request has ended.
#[derive(SimpleObject)]
pub struct LoggedOut {
    /// Always true: whoever was signed out already is told the same.
    done: bool,
}

/// A session was ended.
#[derive(SimpleObject)]
pub struct SessionRevoked {
    /// Which one.
    id: ID,
}

/// All other sessions were ended.
#[derive(SimpleObject)]
pub struct OtherSessionsRevoked {
    /// How many there were.
    count: i32,
}

/// What `refreshSession` answers.
#[derive(Union)]
#[expect(clippy::large_enum_variant, reason = "one value a request, made and sent")]
pub enum RefreshSessionResult {
    SignedIn(SignedIn),
    SessionRejected(SessionRejected),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// What `revokeSession` answers.
#[derive(Union)]
pub enum RevokeSessionResult {
    SessionRevoked(SessionRevoked),
    SessionRejected(SessionRejected),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// What `revokeOtherSessions` answers.
#[derive(Union)]
pub enum RevokeOtherSessionsResult {
    OtherSessionsRevoked(OtherSessionsRevoked),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// Mutations about sessions.
#[derive(Default)]
pub struct SessionMutations;

#[Object]
impl SessionMutations {
    /// Lets a session go on: a new access token, and a new refresh token in place of the old one. Without `input` the
    /// refresh cookie is taken.
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The refresh token, where it is not in the cookie.")] input: Option<
            RefreshSessionInput,
        >,
    ) -> Result<RefreshSessionResult, ApiError> {
        let token = input.map(|input| input.refresh_token.into());
        let language = ctx.language();
        match ctx.service::<RefreshSession>().run(token, ctx.client()).await {
            Ok(outcome) => Ok(RefreshSessionResult::SignedIn(SignedIn::hand_over(ctx, outcome))),
            Err(RefreshRefusal::Rejected) => {
                ctx.clear_refresh();
                Ok(RefreshSessionResult::SessionRejected(SessionRejected::new(language)))
            }
            Err(RefreshRefusal::Denied(refusal)) => {
                denied!(RefreshSessionResult, refusal, language, no captcha)
            }
        }
    }

    /// Ends the session of the request and takes the refresh cookie back. Access tokens that others verify by
    /// themselves are good until they expire.
    async fn logout(&self, ctx: &Context<'_>) -> Result<LoggedOut, ApiError> {
        ctx.service::<Logout>().run(ctx.claims(), ctx.client()).await.map_err(Denied::from)?;
        ctx.clear_refresh();
        Ok(LoggedOut { done: true })
    }

    /// Ends one of the caller's sessions. `SessionRejected`: the caller has no such session, or it has ended already; the
    /// session of the request goes on.
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From `me { sessions { id } }`.")] id: ID,
    ) -> Result<RevokeSessionResult, ApiError> {
        let caller = ctx.caller().await?;
        let language = ctx.language();
        match ctx.service::<RevokeSession>().run(&id, &caller, ctx.client()).await {
            Ok(()) => Ok(RevokeSessionResult::SessionRevoked(SessionRevoked { id })),
            Err(RevokeRefusal::Rejected) => {
                Ok(RevokeSessionResult::SessionRejected(SessionRejected::unknown(language)))
            }
            Err(RevokeRefusal::Denied(refusal)) => {
                denied!(RevokeSessionResult, refusal, language, no captcha)
            }
        }
    }

    /// Ends all of the caller's sessions but the one of the request.
    async fn revoke_other_sessions(&self, ctx: &Context<'_>) -> Result<RevokeOtherSessionsResult, ApiError> {
        let caller = ctx.caller().await?;
        match ctx.service::<RevokeOtherSessions>().run(&caller, ctx.client()).await {
            Ok(count) => {
                let count = i32::try_from(count).unwrap_or(i32::MAX);
                Ok(RevokeOtherSessionsResult::OtherSessionsRevoked(OtherSessionsRevoked { count }))
            }
            Err(refusal) => denied!(RevokeOtherSessionsResult, refusal, ctx.language(), no captcha),
        }
    }
}
