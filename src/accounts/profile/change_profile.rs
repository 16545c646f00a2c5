//! What mutations of the profile share.

use super::super::changes::{Change, Write};
use super::super::service::Accounts;
use crate::audit::Kind;
use crate::core::client::Client;
use crate::db::WriteError;
use crate::db::changes::{Authorization, ProfileChange, RevokeScope};
use crate::db::models::User;
use crate::delivery::{Channel, NoticeTopic};
use crate::limits::ChangeKind;
use crate::sessions::Caller;

impl Accounts {
    /// Charges the limit, writes a change of the caller's profile, and returns the account after the change. The session
    /// authorizes the change; it can be stale.
    pub(super) async fn change_profile(
        &self,
        profile: &ProfileChange,
        notice: Option<NoticeTopic>,
        caller: &Caller,
        client: &Client,
    ) -> Result<User, WriteError> {
        self.kit.limits.account_change(ChangeKind::Profile, &caller.user.id.to_string()).await?;
        let change = Change {
            user: &caller.user,
            authorization: Authorization::Session { id: caller.session.id, password: None },
            kind: Kind::ProfileUpdated,
            method: "owner",
            session: Some(caller.session.id),
            revokes: RevokeScope::Nothing,
            notice: notice.map(|topic| (Channel::Email, topic)),
        };
        Ok(self.apply(change, Write::Profile(profile), client).await?.user)
    }
}
