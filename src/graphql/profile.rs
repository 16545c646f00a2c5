//! `updateProfile`: names and the picture.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject, Union};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::problem::{IdentifierTaken, InvalidInput, RateLimited};
use super::refuse::denied;
use super::user::User;
use crate::accounts::update_profile::{Profile, ProfileRefusal, UpdateProfile};

/// What is to change; what is left out stays.
#[derive(InputObject)]
pub struct UpdateProfileInput {
    /// The name to sign in with.
    username: Option<String>,
    /// The name that others see.
    nickname: Option<String>,
    /// Where the picture is: an `https` address. Null takes the picture away.
    avatar_url: MaybeUndefined<String>,
}

/// The profile, as it is now.
#[derive(SimpleObject)]
pub struct ProfileUpdated {
    /// The person.
    user: User,
}

/// What `updateProfile` answers.
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
    /// Changes the caller's names or picture. The owner is told of another user name.
    async fn update_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to change.")] input: UpdateProfileInput,
    ) -> Result<UpdateProfileResult, ApiError> {
        let caller = ctx.caller().await?;
        let language = ctx.language();
        let avatar_url = match input.avatar_url {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(url) => Some(Some(url)),
        };
        let profile = Profile { username: input.username, nickname: input.nickname, avatar_url };
        match ctx.service::<UpdateProfile>().run(profile, &caller, ctx.client()).await {
            Ok(user) => Ok(UpdateProfileResult::ProfileUpdated(ProfileUpdated { user: User(user) })),
            Err(ProfileRefusal::Taken(field)) => {
                Ok(UpdateProfileResult::IdentifierTaken(IdentifierTaken::new(field, language)))
            }
            Err(ProfileRefusal::Denied(refusal)) => {
                denied!(UpdateProfileResult, refusal, language, no captcha)
            }
        }
    }
}
