//! `mergeAccount`: two accounts of one person become one.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject, Union};
use chrono::{DateTime, Utc};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::fault::CallerFault;
use super::identity::Identity;
use super::input::{AccountProof, CaptchaInput};
use super::problem::{
    AccountDisabled, CaptchaRequired, CodeRejected, CredentialsRejected, InvalidInput, MergeConflict,
    RateLimited, ReauthenticationRequired,
};
use super::refuse::denied;
use super::user::User;
use crate::accounts::merge_account::{MergeAccount, MergeRefusal, Merging};

/// Proof of both accounts.
#[derive(InputObject)]
pub struct MergeAccountInput {
    /// The other account: it is merged into the caller's and cannot be used any more.
    account: AccountProof,
    /// The password of the caller's own account. May be left out within minutes of a sign-in; later
    /// `ReauthenticationRequired` asks for it.
    current_password: Option<String>,
    /// The answer to the captcha, once `CaptchaRequired` asked for it.
    captcha: Option<CaptchaInput>,
}

impl From<MergeAccountInput> for Merging {
    fn from(input: MergeAccountInput) -> Self {
        Self {
            proof: input.account.into(),
            current_password: input.current_password.map(Into::into),
            captcha: input.captcha.map(Into::into),
        }
    }
}

/// The other account is a part of the caller's now. Its sessions ended, and both owners' addresses were told. What the
/// caller's account lacked (mobile number, e-mail address, password, roles) came from the other.
#[derive(SimpleObject)]
pub struct AccountsMerged {
    /// The person, with all that came along.
    user: User,
    /// Those of `user.identities` that came along.
    identities: Vec<Identity>,
    /// Names the merge to an operator who is asked to undo it.
    merge_id: ID,
    /// Until when an operator can undo it; then the other account is erased.
    undo_until: DateTime<Utc>,
}

/// What `mergeAccount` answers. `CredentialsRejected`: one of the two accounts is not proven. `AccountDisabled`: the other
/// one is disabled, deleted or merged already.
#[derive(Union)]
#[expect(clippy::large_enum_variant, reason = "one value a request, made and sent")]
pub enum MergeAccountResult {
    AccountsMerged(AccountsMerged),
    MergeConflict(MergeConflict),
    CredentialsRejected(CredentialsRejected),
    CodeRejected(CodeRejected),
    AccountDisabled(AccountDisabled),
    ReauthenticationRequired(ReauthenticationRequired),
    CaptchaRequired(CaptchaRequired),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// Mutations about several accounts of one person.
#[derive(Default)]
pub struct MergeMutations;

#[Object]
impl MergeMutations {
    /// Merges another account of the caller's into the one that they are signed in to.
    async fn merge_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Proof of both accounts.")] input: MergeAccountInput,
    ) -> Result<MergeAccountResult, ApiError> {
        type Outcome = MergeAccountResult;
        let (caller, language) = (ctx.caller().await?, ctx.language());
        match ctx.service::<MergeAccount>().run(input.into(), &caller, ctx.client()).await {
            Ok(joined) => Ok(Outcome::AccountsMerged(AccountsMerged {
                user: User(joined.user),
                identities: joined.identities.into_iter().map(Identity::from).collect(),
                merge_id: joined.id.to_string().into(),
                undo_until: joined.undo_until,
            })),
            Err(MergeRefusal::Conflict(provider)) => {
                Ok(Outcome::MergeConflict(MergeConflict::new(provider, language)))
            }
            Err(MergeRefusal::Rejected) => {
                Ok(Outcome::CredentialsRejected(CredentialsRejected::new(language)))
            }
            Err(MergeRefusal::Code { reason, attempts_left }) => {
                Ok(Outcome::CodeRejected(CodeRejected::new(reason.into(), attempts_left, language)))
            }
            Err(MergeRefusal::Disabled) => Ok(Outcome::AccountDisabled(AccountDisabled::new(language))),
            Err(MergeRefusal::Required) => {
                Ok(Outcome::ReauthenticationRequired(ReauthenticationRequired::new(language)))
            }
            Err(MergeRefusal::Ended) => Err(ApiError::Caller(CallerFault::Unauthenticated)),
            Err(MergeRefusal::Denied(refusal)) => denied!(MergeAccountResult, refusal, language),
        }
    }
}
