//! `usernameAvailable`, `nicknameAvailable`, `mobileAvailable` and `emailAvailable`.

use async_graphql::{Context, Object};

use super::context::ContextExt as _;
use super::error::ApiError;

/// Queries for sign-up forms. They are rate limited; an operator can disable them.
#[derive(Default)]
pub struct AvailabilityQueries;

#[Object]
impl AvailabilityQueries {
    /// Whether a new account could have this user name.
    async fn username_available(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user name, as typed.")] username: String,
    ) -> Result<bool, ApiError> {
        Ok(ctx.accounts().username_available(&username, ctx.client()).await?)
    }

    /// Whether a new account could have this nickname.
    async fn nickname_available(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The nickname, as typed.")] nickname: String,
    ) -> Result<bool, ApiError> {
        Ok(ctx.accounts().nickname_available(&nickname, ctx.client()).await?)
    }

    /// Whether a new account could have this mobile number.
    async fn mobile_available(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The mobile number, as typed.")] mobile: String,
    ) -> Result<bool, ApiError> {
        Ok(ctx.accounts().mobile_available(&mobile, ctx.client()).await?)
    }

    /// Whether a new account could have this e-mail address.
    async fn email_available(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The e-mail address, as typed.")] email: String,
    ) -> Result<bool, ApiError> {
        Ok(ctx.accounts().email_available(&email, ctx.client()).await?)
    }
}
