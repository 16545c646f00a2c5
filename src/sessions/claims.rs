//! The additional claims of an access token: from columns of the account, and from the hook of the operator.

use serde_json::{Map, Value, json};

use super::access::AccessToken;
use super::service::Sessions;
use crate::config::token_claims::Column;
use crate::core::clock::Instant;
use crate::core::ids::UserId;
use crate::core::roles::Roles;
use crate::db::models::{NewUser, Session, User};
use crate::outcome::Refusal;

/// The account that a token is issued for, whether it exists or is about to be inserted. It has no `Debug` because it contains
/// contacts.
#[derive(Clone, Copy)]
pub struct TokenSubject<'a> {
    pub id: UserId,
    pub roles: &'a Roles,
    username: &'a str,
    nickname: &'a str,
    avatar_url: Option<&'a str>,
    mobile: Option<&'a str>,
    email: Option<&'a str>,
    created_at: Instant,
}

impl<'a> From<&'a User> for TokenSubject<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            id: user.id,
            roles: &user.roles,
            username: &user.username,
            nickname: &user.nickname,
            avatar_url: user.avatar_url.as_deref(),
            mobile: user.mobile.as_deref(),
            email: user.email.as_deref(),
            created_at: user.created_at.0,
        }
    }
}

impl<'a> From<&'a NewUser> for TokenSubject<'a> {
    fn from(user: &'a NewUser) -> Self {
        Self {
            id: user.id,
            roles: &user.roles,
            username: &user.username,
            nickname: &user.nickname,
            avatar_url: user.avatar_url.as_deref(),
            mobile: user.mobile.as_deref(),
            email: user.email.as_deref(),
            created_at: user.created_at.0,
        }
    }
}

impl TokenSubject<'_> {
    fn column(&self, column: Column) -> Value {
        match column {
            Column::Username => self.username.into(),
            Column::Nickname => self.nickname.into(),
            Column::AvatarUrl => self.avatar_url.into(),
            Column::Mobile => self.mobile.into(),
            Column::Email => self.email.into(),
            Column::CreatedAt => self.created_at.timestamp().into(),
        }
    }
}

impl Sessions {
    /// Issues an access token for a session, with the claims of the columns and of the hook. Nothing is written, so a hook
    /// that fails leaves nothing behind.
    pub(super) async fn access_token(
        &self,
        session: &Session,
        subject: &TokenSubject<'_>,
    ) -> Result<AccessToken, Refusal> {
        let mut claims = Map::new();
        for claim in &self.claims.columns {
            let value = subject.column(claim.column);
            if !value.is_null() {
                claims.insert(claim.claim.clone(), value);
            }
        }
        if let Some(hook) = &self.hook {
            let data = json!({
                "user_id": subject.id,
                "session_id": session.id,
                "method": session.method.audit_name(),
                "roles": subject.roles.to_vec(),
                "address": session.address,
                "user_agent": session.user_agent,
            });
            claims.extend(hook.claims(&data).await?);
        }
        self.access
            .issue(subject.id, session.id, subject.roles.to_vec(), claims)
            .map_err(|error| Refusal::Internal(error.to_string()))
    }
}
