//! People.
#![expect(clippy::unused_async, reason = "the schema's macro wants every resolver to be async")]

use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};

use super::activity::Activity;
use super::context::{ContextExt as _, View};
use super::error::ApiError;
use super::fault::CallerFault;
use super::identity::Identity;
use super::session::Session;
use crate::accounts::me::Me;
use crate::db::models;
use crate::verification::Denied;

/// A person. Only the person sees more than the name and the picture; see [`User::own`].
pub struct User(pub models::User);

impl User {
    /// What is the person's own. Every field but those that others see goes through here.
    fn own(&self, ctx: &Context<'_>) -> Result<&models::User, ApiError> {
        match ctx.data_unchecked::<View>() {
            View::Own => Ok(&self.0),
            View::Entities(viewer) if *viewer == Some(self.0.id) => Ok(&self.0),
            View::Entities(_) => Err(ApiError::Caller(CallerFault::Forbidden)),
        }
    }
}

/// A person, as they see themselves.
#[Object]
impl User {
    /// Stable and never given to another person; the `sub` of access tokens.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The name to sign in with.
    async fn username(&self, ctx: &Context<'_>) -> Result<&str, ApiError> {
        Ok(&self.own(ctx)?.username)
    }

    /// The name that others see.
    async fn nickname(&self) -> &str {
        &self.0.nickname
    }

    /// Where the picture is.
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

    /// What the person may do, in words that the application chose.
    async fn roles(&self, ctx: &Context<'_>) -> Result<Vec<String>, ApiError> {
        Ok(self.own(ctx)?.roles())
    }

    /// Whether the person can sign in with a password.
    async fn has_password(&self, ctx: &Context<'_>) -> Result<bool, ApiError> {
        Ok(self.own(ctx)?.password_hash.is_some())
    }

    /// Who the person is at social providers, first linked first.
    async fn identities(&self, ctx: &Context<'_>) -> Result<Vec<Identity>, ApiError> {
        let identities = ctx.service::<Me>().identities(self.own(ctx)?.id).await.map_err(Denied::from)?;
        Ok(identities.into_iter().map(Identity::from).collect())
    }

    /// The sessions that stand, last used first.
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Vec<Session>, ApiError> {
        let sessions = ctx.service::<Me>().sessions(self.own(ctx)?.id).await.map_err(Denied::from)?;
        // Just after a sign-in the request bears no token yet: then none is the current one.
        let current = ctx.claims().map(|claims| claims.sid);
        let shown = |session: models::Session| {
            let is_current = Some(session.id) == current;
            Session::new(session, is_current)
        };
        Ok(sessions.into_iter().map(shown).collect())
    }

    /// What happened to the account, newest first: at most 50 entries.
    async fn activity(&self, ctx: &Context<'_>) -> Result<Vec<Activity>, ApiError> {
        let entries = ctx.service::<Me>().activity(self.own(ctx)?.id).await.map_err(Denied::from)?;
        Ok(entries.into_iter().map(Activity::from).collect())
    }

    /// When the account was made.
    async fn created_at(&self, ctx: &Context<'_>) -> Result<DateTime<Utc>, ApiError> {
        Ok(self.own(ctx)?.created_at.0)
    }
}
