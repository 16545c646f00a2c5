//! `refreshSession`, `logout`, `revokeSession` and `revokeOtherSessions`.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject, Union};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::problem::{InvalidInput, RateLimited, SessionRejected};
use super::refuse;
use super::signed_in::SignedIn;
use crate::sessions::refresh_session::RefreshSessionRefusal;
use crate::sessions::revoke_session::RevokeSessionRefusal;

/// The input of `refreshSession`, for clients that receive the refresh token as a field.
#[derive(InputObject)]
pub struct RefreshSessionInput {
    /// From `SignedIn.refreshToken`.
    refresh_token: String,
}

/// The session of the request has ended.
#[derive(SimpleObject)]
pub struct LoggedOut {
    /// Always true, also when the session had already ended.
    done: bool,
}

/// A session was revoked.
#[derive(SimpleObject)]
pub struct SessionRevoked {
    /// The id of the session.
    id: ID,
}

/// All other sessions were revoked.
#[derive(SimpleObject)]
pub struct OtherSessionsRevoked {
    /// The number of revoked sessions.
    count: i32,
}

/// The result of `refreshSession`.
#[derive(Union)]
#[expect(clippy::large_enum_variant, reason = "one value per request, built and sent")]
pub enum RefreshSessionResult {
    SignedIn(SignedIn),
    SessionRejected(SessionRejected),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// The result of `revokeSession`.
#[derive(Union)]
pub enum RevokeSessionResult {
    SessionRevoked(SessionRevoked),
    SessionRejected(SessionRejected),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// The result of `revokeOtherSessions`.
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
    /// Refreshes a session: issues a new access token and a new refresh token. Without `input`, the refresh cookie is used.
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The refresh token, if it is not in the cookie.")] input: Option<
            RefreshSessionInput,
        >,
    ) -> Result<RefreshSessionResult, ApiError> {
        let token = input.map(|input| input.refresh_token.into());
        let language = ctx.language();
        match ctx.sessions().refresh_session(token, ctx.client()).await {
            Ok(signed_in) => Ok(SignedIn::hand_over(ctx, signed_in).into()),
            Err(RefreshSessionRefusal::SessionExpired) => {
                ctx.clear_refresh();
                Ok(SessionRejected::new(language).into())
            }
            Err(RefreshSessionRefusal::Shared(refusal)) => refuse::shared(refusal, language),
        }
    }

    /// Ends the session of the request and deletes the refresh cookie. Services that verify access tokens by themselves
    /// accept them until they expire.
    async fn logout(&self, ctx: &Context<'_>) -> Result<LoggedOut, ApiError> {
        ctx.sessions().logout(ctx.claims(), ctx.client()).await?;
        ctx.clear_refresh();
        Ok(LoggedOut { done: true })
    }

    /// Revokes one of the caller's sessions. `SessionRejected`: the caller has no such active session.
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From `me { sessions { id } }`.")] id: ID,
    ) -> Result<RevokeSessionResult, ApiError> {
        let caller = ctx.caller().await?;
        let language = ctx.language();
        match ctx.sessions().revoke_session(&id, &caller, ctx.client()).await {
            Ok(()) => Ok(SessionRevoked { id }.into()),
            Err(RevokeSessionRefusal::NotFound) => Ok(SessionRejected::unknown(language).into()),
            Err(RevokeSessionRefusal::Shared(refusal)) => refuse::shared(refusal, language),
        }
    }

    /// Revokes all of the caller's sessions except the one of the request.
    async fn revoke_other_sessions(&self, ctx: &Context<'_>) -> Result<RevokeOtherSessionsResult, ApiError> {
        let caller = ctx.caller().await?;
        match ctx.sessions().revoke_other_sessions(&caller, ctx.client()).await {
            Ok(count) => Ok(OtherSessionsRevoked { count: i32::try_from(count).unwrap_or(i32::MAX) }.into()),
            Err(refusal) => refuse::shared(refusal, ctx.language()),
        }
    }
}
