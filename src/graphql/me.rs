//! `me`: who the caller is.

use async_graphql::{Context, Object};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::user::User;
use crate::accounts::me::Me;
use crate::verification::Denied;

/// Queries about the caller.
#[derive(Default)]
pub struct MeQueries;

#[Object]
impl MeQueries {
    /// The person whose access token the request bears in `Authorization: Bearer`; null without a valid token.
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<User>, ApiError> {
        let Some(claims) = ctx.claims() else {
            return Ok(None);
        };
        let caller = ctx.service::<Me>().caller(claims).await.map_err(Denied::from)?;
        Ok(caller.map(|caller| User(caller.user)))
    }
}
