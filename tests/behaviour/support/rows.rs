//! Rows as services write them, for tests of the database.

use menjin::audit::{Audit, Kind};
use menjin::core::ids::{IdentityId, MessageId, SessionId, UserId};
use menjin::core::random::Random;
use menjin::core::roles::Roles;
use menjin::db::Db;
use menjin::db::identities::NewIdentity;
use menjin::db::models::{AuditEvent, NewMessage, NewUser, Session};
use menjin::db::types::{AccountStatus, Channel, MessageStatus, SessionMethod, Ts};

use super::world::World;

/// Builds rows with the time of a [`World`].
pub struct Rows<'a> {
    world: &'a World,
    random: Random,
}

impl World {
    pub fn rows(&self) -> Rows<'_> {
        Rows { world: self, random: Random::system() }
    }

    pub fn db(&self) -> &Db {
        self.gateway.db()
    }
}

impl Rows<'_> {
    fn now(&self) -> Ts {
        self.world.now().into()
    }

    /// Returns an account with a user name and nothing else.
    pub fn user(&self, name: &str) -> NewUser {
        NewUser {
            id: UserId::new(&self.world.clock, &self.random),
            username: name.into(),
            username_key: name.into(),
            nickname: name.into(),
            nickname_key: name.into(),
            avatar_url: None,
            mobile: None,
            email: None,
            email_key: None,
            password_hash: None,
            roles: Roles::default(),
            status: AccountStatus::Active,
            terms_version: None,
            created_at: self.now(),
            updated_at: self.now(),
        }
    }

    /// Inserts an account.
    pub async fn add(&self, user: NewUser) -> UserId {
        self.world.db().add_user(&user, &self.event(Kind::UserCreated, user.id)).await.expect("an account");
        user.id
    }

    pub fn identity(&self, user: UserId, provider: &str, subject: &str) -> NewIdentity {
        NewIdentity {
            id: IdentityId::new(&self.world.clock, &self.random),
            user_id: user,
            provider: provider.into(),
            subject: subject.into(),
            union_id: None,
            nickname: Some("before".into()),
            avatar_url: None,
            email: None,
            tokens: Some(vec![0, 255]),
            linked_at: self.now(),
            last_used_at: self.now(),
        }
    }

    /// Returns a session that expires after an hour.
    pub fn session(&self, user: UserId) -> Session {
        let ends = (self.world.now() + chrono::TimeDelta::hours(1)).into();
        Session {
            id: SessionId::new(&self.world.clock, &self.random),
            user_id: user,
            method: SessionMethod::Password,
            remember: false,
            device_digest: None,
            user_agent: None,
            address: None,
            created_at: self.now(),
            last_used_at: self.now(),
            idle_expires_at: ends,
            expires_at: ends,
            revoked_at: None,
            refresh_salt: None,
            refresh_generation: 0,
            end_reason: None,
        }
    }

    pub fn event(&self, kind: Kind, user: UserId) -> AuditEvent {
        let audit = Audit::new(self.world.clock.clone(), self.random.clone());
        audit.by_operator(kind, user, &[])
    }

    /// Returns a message that is never due.
    pub fn notice(&self) -> NewMessage {
        let never = self.world.now() + chrono::TimeDelta::days(1_000);
        NewMessage {
            id: MessageId::new(&self.world.clock, &self.random),
            channel: Channel::Email,
            kind: "notice.test".into(),
            language: "en".into(),
            destination: Vec::new(),
            masked: "t***@example.com".into(),
            payload: Vec::new(),
            status: MessageStatus::Queued,
            attempts: 0,
            next_attempt_at: never.into(),
            expires_at: never.into(),
            created_at: self.now(),
            updated_at: self.now(),
        }
    }
}
