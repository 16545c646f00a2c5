//! `usernameAvailable` and its three sisters.

use async_graphql::{Context, Object};

use super::context::ContextExt as _;
use super::error::ApiError;
use crate::accounts::availability::Availability;

/// Queries that a sign-up form asks while one types. Limited; an operator can switch them off.
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
        Ok(ctx.service::<Availability>().username(&username, ctx.client()).await?)
    }

    /// Whether a new account could have this nickname.
    async fn nickname_available(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The nickname, as typed.")] nickname: String,
    ) -> Result<bool, ApiError> {
        Ok(ctx.service::<Availability>().nickname(&nickname, ctx.client()).await?)
    }

    /// Whether a new account could have this mobile number.
    async fn mobile_available(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The mobile number, as typed.")] mobile: String,
    ) -> Result<bool, ApiError> {
        Ok(ctx.service::<Availability>().mobile(&mobile, ctx.client()).await?)
    }

    /// Whether a new account could have this e-mail address.
    async fn email_available(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The e-mail address, as typed.")] email: String,
    ) -> Result<bool, ApiError> {
        Ok(ctx.service::<Availability>().email(&email, ctx.client()).await?)
    }
}
