//! Accounts, as their owners and other people see them.
#![expect(clippy::unused_async, reason = "the schema's macro wants every resolver to be async")]

use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};

use super::activity::Activity;
use super::context::{ContextExt as _, View};
use super::error::ApiError;
use super::error_code::ErrorCode;
use super::identity::Identity;
use super::session::Session;
use crate::db::models;

/// An account. Only its owner sees more than the name and the picture; see [`User::own`].
pub struct User(pub models::User);

impl User {
    /// Returns the account to its owner. Every field that is not public goes through here.
    fn own(&self, ctx: &Context<'_>) -> Result<&models::User, ApiError> {
        match ctx.data_unchecked::<View>() {
            View::Own => Ok(&self.0),
            View::Entities(viewer) if *viewer == Some(self.0.id) => Ok(&self.0),
            View::Entities(_) => Err(ApiError::Code(ErrorCode::Forbidden)),
        }
    }
}

/// An account.
#[Object]
impl User {
    /// Stable and never reused; the `sub` of access tokens.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The user name for signing in.
    async fn username(&self, ctx: &Context<'_>) -> Result<&str, ApiError> {
        Ok(&self.own(ctx)?.username)
    }

    /// The display name that other people see.
    async fn nickname(&self) -> &str {
        &self.0.nickname
    }

    /// The URL of the picture.
    async fn avatar_url(&self) -> Option<&str> {
        self.0.avatar_url.as_deref()
    }

    /// The mobile number in E.164.
    async fn mobile(&self, ctx: &Context<'_>) -> Result<Option<&str>, ApiError> {
        Ok(self.own(ctx)?.mobile.as_deref())
    }

    /// The e-mail address.
    async fn email(&self, ctx: &Context<'_>) -> Result<Option<&str>, ApiError> {
        Ok(self.own(ctx)?.email.as_deref())
    }

    /// The roles, which the application defines.
    async fn roles(&self, ctx: &Context<'_>) -> Result<Vec<String>, ApiError> {
        Ok(self.own(ctx)?.roles.to_vec())
    }

    /// Whether the account has a password.
    async fn has_password(&self, ctx: &Context<'_>) -> Result<bool, ApiError> {
        Ok(self.own(ctx)?.password_hash.is_some())
    }

    /// The linked identities at providers, first linked first.
    async fn identities(&self, ctx: &Context<'_>) -> Result<Vec<Identity>, ApiError> {
        let identities = ctx.accounts().identities(self.own(ctx)?.id).await?;
        Ok(identities.into_iter().map(Identity::from).collect())
    }

    /// The active sessions, last used first.
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Vec<Session>, ApiError> {
        let sessions = ctx.sessions().list_sessions(self.own(ctx)?.id).await?;
        // A sign-in request has no token yet: then no session is the current one.
        let current = ctx.claims().map(|claims| claims.sid);
        let shown = |session: models::Session| {
            let is_current = Some(session.id) == current;
            Session::new(session, is_current)
        };
        Ok(sessions.into_iter().map(shown).collect())
    }

    /// The latest events of the account, newest first, at most 50.
    async fn activity(&self, ctx: &Context<'_>) -> Result<Vec<Activity>, ApiError> {
        let entries = ctx.accounts().activity(self.own(ctx)?.id).await?;
        Ok(entries.into_iter().map(Activity::from).collect())
    }

    /// When the account was created.
    async fn created_at(&self, ctx: &Context<'_>) -> Result<DateTime<Utc>, ApiError> {
        Ok(self.own(ctx)?.created_at.0)
    }
}
