//! `updateProfile`.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject, Union};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::problem::{IdentifierTaken, InvalidInput, RateLimited};
use super::refuse;
use super::user::User;
use crate::accounts::profile::update_profile::{Profile, UpdateProfileRefusal};

/// The input of `updateProfile`. A field that is left out keeps its value.
#[derive(InputObject)]
pub struct UpdateProfileInput {
    /// The user name for signing in.
    username: Option<String>,
    /// The display name that other people see.
    nickname: Option<String>,
    /// The `https` URL of the picture. Null removes the picture.
    avatar_url: MaybeUndefined<String>,
}

/// The profile was changed.
#[derive(SimpleObject)]
pub struct ProfileUpdated {
    /// The account, as it is now.
    user: User,
}

/// The result of `updateProfile`.
#[derive(Union)]
pub enum UpdateProfileResult {
    ProfileUpdated(ProfileUpdated),
    IdentifierTaken(IdentifierTaken),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// Mutations about profiles.
#[derive(Default)]
pub struct ProfileMutations;

#[Object]
impl ProfileMutations {
    /// Changes the caller's names or picture. The owner is notified of a changed user name.
    async fn update_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The values to change.")] input: UpdateProfileInput,
    ) -> Result<UpdateProfileResult, ApiError> {
        let caller = ctx.caller().await?;
        let language = ctx.language();
        let avatar_url = match input.avatar_url {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(url) => Some(Some(url)),
        };
        let profile = Profile { username: input.username, nickname: input.nickname, avatar_url };
        match ctx.accounts().update_profile(profile, &caller, ctx.client()).await {
            Ok(user) => Ok(ProfileUpdated { user: User(user) }.into()),
            Err(UpdateProfileRefusal::IdentifierTaken(field)) => {
                Ok(IdentifierTaken::new(field, language).into())
            }
            Err(UpdateProfileRefusal::Shared(refusal)) => refuse::shared(refusal, language),
        }
    }
}
