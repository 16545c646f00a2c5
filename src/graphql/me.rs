//! `me`.

use async_graphql::{Context, Object};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::user::User;

/// Queries about the caller.
#[derive(Default)]
pub struct MeQueries;

#[Object]
impl MeQueries {
    /// The account of the access token in `Authorization: Bearer`; null without a valid token.
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<User>, ApiError> {
        let Some(claims) = ctx.claims() else {
            return Ok(None);
        };
        let caller = ctx.sessions().caller(claims).await?;
        Ok(caller.map(|caller| User(caller.user)))
    }
}
