//! The durable store: PostgreSQL or SQLite behind one [`Db`].
//!
//! `queries/` is written once and compiled twice: `pg/mod.rs` and `sqlite/mod.rs` each define `Conn` and `write_tx!`
//! and include it by `#[path]`. Each query is a function `(&mut Conn, ..) -> Result<_, DbError>`, and one line in the
//! table at the end of this file makes it a method of [`Db`]. A compound write (user and session and audit entry) is one
//! function and one transaction: all of it is written, or nothing. Uniqueness is checked by constraints, whose violation is
//! returned as [`Taken`].

pub mod changes;
mod error;
pub mod identities;
pub mod merges;
mod migrating;
pub mod models;
mod pg;
pub mod schema;
pub mod sms_counters;
mod sqlite;
pub mod types;
pub mod upkeep;
pub mod webhooks;

use std::time::Duration;

use diesel_async::pooled_connection::bb8::Pool;

pub use error::{DbError, Taken, WriteError};

use crate::core::clock::Instant;
use crate::core::contact::Contact;
use crate::core::identifier::LoginIdentifier;
use crate::core::ids::{IdentityId, MergeId, MessageId, SessionId, UserId};
use crate::core::outage::Outage;
use crate::core::roles::Roles;
use crate::outcome::Refusal;
use changes::{AccountChange, Changed, ProfileChange, StatusChange};
use error::StoreError;
use identities::{Identity, IdentityUpdate, NewIdentity, Unlinked};
use merges::{Merge, Merged, NewMerge, Seal, Undone, Unseal};
use models::{
    AuditEvent, AuditFilter, Credential, DueMessage, InboxMessage, KeyChange, KnownAccount, MessageEnd,
    MessageProgress, MessageReceipt, MessageRetry, NewMessage, NewUser, ResetLink, Session, SigningKey, User,
    UserFilter,
};
use sms_counters::{SmsCap, SmsCounter};
use types::{AccountStatus, Uid};
use webhooks::{BuildDeliveries, WebhookDelivery, WebhookFilter, WebhookResult};

/// The durable store. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pools: Pools,
    deadline: Duration,
    outage: Outage,
}

#[derive(Clone)]
enum Pools {
    Pg(Pool<pg::Conn>),
    Sqlite(Pool<sqlite::Conn>),
}

/// A database that the gateway supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Postgres,
    Sqlite,
}

/// Returns the backend of a database URL and, for SQLite, the path; `None` for another scheme.
#[must_use]
pub fn backend_of(url: &str) -> Option<(Backend, &str)> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Some((Backend::Postgres, url));
    }
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    (!path.is_empty()).then_some((Backend::Sqlite, path))
}

fn unknown_scheme() -> DbError {
    DbError::Unavailable("the database address must begin with postgres:// or sqlite:".into())
}

/// Applies the pending migrations and returns their names. Gateways that start at the same time wait for each other.
///
/// # Errors
/// [`DbError`] with the server's own text when it cannot be reached or a migration fails.
pub async fn migrate(url: &str) -> Result<Vec<String>, DbError> {
    match backend_of(url).ok_or_else(unknown_scheme)? {
        (Backend::Postgres, url) => pg::migrate(url).await,
        (Backend::Sqlite, path) => {
            sqlite::open(path, 1, Duration::from_secs(5)).await?;
            sqlite::migrate(path).await
        }
    }
}

/// Returns the names of the pending migrations. A missing SQLite file is created.
///
/// # Errors
/// As [`migrate`].
pub async fn pending(url: &str) -> Result<Vec<String>, DbError> {
    match backend_of(url).ok_or_else(unknown_scheme)? {
        (Backend::Postgres, url) => pg::pending(url).await,
        (Backend::Sqlite, path) => sqlite::pending(path).await,
    }
}

impl Db {
    /// Opens a pool of at most `size` connections. `deadline` limits each query, including the wait for a connection.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] with the server's own text.
    pub async fn open(url: &str, size: u32, deadline: Duration) -> Result<Self, DbError> {
        let pools = match backend_of(url).ok_or_else(unknown_scheme)? {
            (Backend::Postgres, url) => Pools::Pg(pg::open(url, size, deadline).await?),
            (Backend::Sqlite, path) => Pools::Sqlite(sqlite::open(path, size, deadline).await?),
        };
        Ok(Self { pools, deadline, outage: Outage::new("database") })
    }

    /// Records whether the database responded.
    async fn watched<T, E: StoreError>(&self, query: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let outcome = query.await;
        match outcome.as_ref().err().and_then(StoreError::unavailable) {
            Some(reason) => self.outage.unavailable(&reason),
            None => self.outage.recovered(),
        }
        outcome
    }

    /// Returns the backend of this store.
    #[must_use]
    pub fn backend(&self) -> Backend {
        match self.pools {
            Pools::Pg(_) => Backend::Postgres,
            Pools::Sqlite(_) => Backend::Sqlite,
        }
    }
}

/// One line per query: its topic, name, arguments and result. `->` returns errors as [`Refusal`], so that use cases can
/// return them by `?`. `=>` returns [`WriteError`], for writes that can violate a unique constraint or be stale.
macro_rules! dispatch {
    ($($(#[$doc:meta])* $module:ident :: $topic:ident :: $name:ident ($($arg:ident : $type:ty),*)
        $(-> $out:ty)? $(=> $written:ty)?;)+) => {
        impl Db {$(
            $(#[$doc])*
            pub async fn $name(&self, $($arg: $type),*) -> Result<$($out, Refusal)? $($written, WriteError)?> {
                self.watched(async {
                    let until = tokio::time::Instant::now() + self.deadline;
                    let late = |_| DbError::Unavailable(concat!(stringify!($name), " took too long").into());
                    match &self.pools {
                        Pools::Pg(pool) => {
                            let conn = tokio::time::timeout_at(until, pool.get()).await.map_err(late)?;
                            let mut conn = conn.map_err(DbError::from)?;
                            let query = pg::$module::$topic::$name(&mut *conn, $($arg),*);
                            match tokio::time::timeout_at(until, query).await {
                                Ok(outcome) => Ok(outcome?),
                                Err(elapsed) => {
                                    conn.abandon();
                                    Err(late(elapsed).into())
                                }
                            }
                        }
                        Pools::Sqlite(pool) => {
                            let conn = tokio::time::timeout_at(until, pool.get()).await.map_err(late)?;
                            let mut conn = conn.map_err(DbError::from)?;
                            let query = sqlite::$module::$topic::$name(&mut *conn, $($arg),*);
                            match tokio::time::timeout_at(until, query).await {
                                Ok(outcome) => Ok(outcome?),
                                Err(elapsed) => Err(late(elapsed).into()),
                            }
                        }
                    }
                })
                .await
            }
        )+}
    };
}

dispatch! {
    /// Finds an account by id.
    queries::users::find_user(id: UserId) -> Option<User>;
    /// Finds an account by the key of a user name.
    queries::users::find_user_by_username(key: &str) -> Option<User>;
    /// Finds an account by a contact.
    queries::users::find_user_by_contact(contact: &Contact) -> Option<User>;
    /// Finds an account by what its owner typed to sign in.
    queries::users::find_user_by_identifier(identifier: &LoginIdentifier) -> Option<User>;
    /// Returns whether a nickname (by its key) is in use.
    queries::users::nickname_exists(key: &str) -> bool;
    /// Creates an account with its first session and the audit entry.
    queries::users::create_user(user: &NewUser, session: &Session, event: &AuditEvent) => User;
    /// Replaces a password hash. Stale if the hash changed since it was read.
    queries::users::rehash_password(id: UserId, old: &str, new: &str, now: Instant) => ();

    /// Creates an account without a session, with its audit entry.
    queries::administration::add_user(user: &NewUser, event: &AuditEvent) => ();
    /// Creates many accounts with their audit entries, all or none.
    imports::users::import_users(users: &[NewUser], events: &[AuditEvent]) => ();
    /// Returns the accounts that have one of these user names, nicknames (keys), mobile numbers or e-mail addresses (keys).
    /// An account can be returned several times.
    queries::administration::known_accounts(
        usernames: &[String], nicknames: &[String], mobiles: &[String], emails: &[String]
    ) -> Vec<KnownAccount>;
    /// Returns accounts, newest first.
    queries::administration::list_users(filter: &UserFilter) -> Vec<User>;
    /// Enables or disables an account and revokes its sessions.
    queries::administration::set_status(
        id: UserId, status: AccountStatus, now: Instant, event: &AuditEvent
    ) -> StatusChange;
    /// Replaces the roles of an account. Stale if they changed since they were read.
    queries::administration::set_roles(
        id: UserId, old: &Roles, new: &Roles, now: Instant, event: &AuditEvent
    ) => ();
    /// Deletes an account and its data at once; false when there is no such account. Only `event` still names it.
    queries::administration::delete_user(id: UserId, event: &AuditEvent) -> bool;
    /// Returns audit entries, newest first.
    queries::administration::audit_entries(filter: &AuditFilter) -> Vec<AuditEvent>;

    /// Writes a session with its audit entry. Stale if the account is no longer active or no longer has the credential.
    queries::sessions::open_session(session: &Session, credential: &Credential, event: &AuditEvent) => ();
    /// Returns whether any account has signed in on the device before.
    queries::sessions::device_has_signed_in(device: &[u8]) -> bool;
    /// Finds a session by id.
    queries::sessions::find_session(id: SessionId) -> Option<Session>;
    /// Returns whether the device has signed in to this account before.
    queries::sessions::device_is_known(user: UserId, device: &[u8]) -> bool;
    /// Returns the active sessions of an account, last used first; at most 200.
    queries::sessions::active_sessions(user: UserId, now: Instant) -> Vec<Session>;
    /// Moves a session from the refresh token of `generation` to the next one. Stale if a concurrent request was first, or if
    /// the session was revoked.
    queries::sessions::rotate_session(id: SessionId, generation: i32, idle_expires_at: Instant, now: Instant) => ();
    /// Revokes a session and writes the audit entry. Stale if the session was revoked already.
    queries::sessions::revoke_session(id: SessionId, reason: &str, now: Instant, event: &AuditEvent) => ();
    /// Revokes the sessions of an account, except for one, and writes one audit entry if there were any. Returns the number of
    /// revoked sessions. Stale if the excepted session is not active.
    queries::sessions::revoke_sessions(
        user: UserId, except: Option<SessionId>, reason: &str, now: Instant, event: &AuditEvent
    ) => usize;

    /// Replaces the password and consumes reset links.
    queries::changes::replace_password(change: &AccountChange<'_>, new: &str) => Changed;
    /// Replaces the mobile number (E.164) and consumes reset links.
    queries::changes::change_mobile(change: &AccountChange<'_>, mobile: &str) => Changed;
    /// Replaces the e-mail address and its key, and consumes reset links.
    queries::changes::change_email(change: &AccountChange<'_>, email: &str, key: &str) => Changed;
    /// Changes the profile.
    queries::changes::update_profile(change: &AccountChange<'_>, profile: &ProfileChange) => Changed;
    /// Deletes the account: its data is deleted at `due`. Consumes reset links.
    queries::changes::schedule_deletion(change: &AccountChange<'_>, due: Instant) => Changed;
    /// Writes a reset link with its message and its audit entry. Stale if the account of the link is no longer active or no
    /// longer has the e-mail address with this key.
    queries::changes::create_reset_link(
        key: &str, link: &ResetLink, message: &NewMessage, event: &AuditEvent
    ) => ();
    /// Finds a reset link by its digest, valid or not.
    queries::changes::find_reset_link(digest: &[u8]) -> Option<ResetLink>;

    /// Finds an identity by subject, or else by union id.
    queries::identities::find_identity(provider: &str, subject: &str, union_id: Option<&str>) -> Option<Identity>;
    /// Returns the identities that are linked to an account, first linked first.
    queries::identities::identities_of(user: UserId) -> Vec<Identity>;
    /// Updates an identity, and writes a session that it opens with the audit entry. Stale if the account is no longer active or
    /// no longer has the identity.
    queries::identities::sign_in_with_identity(
        id: IdentityId, profile: &IdentityUpdate, session: &Session, event: &AuditEvent
    ) => ();
    /// Links an identity to an account and opens a session, with audit entries and notice. Stale if the account is no longer
    /// active or no longer has the credential. `Taken::IdentityLinked`: an account has the identity. `Taken::ProviderLinked`:
    /// this account has another identity at the provider.
    queries::identities::bind_identity(
        identity: &NewIdentity, credential: &Credential, session: &Session, events: &[AuditEvent],
        notice: Option<&NewMessage>
    ) => ();
    /// Links an identity to the account of a signed-in caller. Stale if the account or the session is no longer active at
    /// `identity.linked_at`. Taken as in `bind_identity`.
    queries::identities::link_identity(
        identity: &NewIdentity, session: SessionId, event: &AuditEvent, notice: Option<&NewMessage>
    ) => ();
    /// Creates an account with an identity, its first session and the audit entries.
    queries::identities::create_user_with_identity(
        user: &NewUser, identity: &NewIdentity, session: &Session, events: &[AuditEvent]
    ) => User;
    /// Unlinks the identity at a provider, unless the account has no other sign-in method. Revokes the sessions that the
    /// provider opened, except for `session`. Stale if the account or `session` is no longer active at `event.at`.
    queries::identities::unlink_identity(
        user: UserId, provider: &str, session: SessionId, event: &AuditEvent, notice: Option<&NewMessage>
    ) => Unlinked;

    /// Merges two accounts, with audit entries and notices. The kept account receives the identities and roles of the other one,
    /// and those of mobile number, e-mail address and password that it lacks. The merged account can no longer be used, and
    /// its sessions are revoked. Stale if the authorization is no longer valid.
    queries::merges::merge_accounts(merge: &NewMerge<'_>, seal: Seal<'_>, events: &[AuditEvent]) => Merged;
    /// Undoes a merge and revokes all sessions of the kept account. What its owner changed since the merge stays.
    queries::merges::undo_merge(
        id: MergeId, now: Instant, unseal: Unseal<'_>, events: &[AuditEvent], notices: &[NewMessage]
    ) -> Undone;
    /// Finds a merge by id.
    queries::merges::find_merge(id: MergeId) -> Option<Merge>;
    /// Returns the merges of an account, kept or merged, newest first.
    queries::merges::find_merges(user: UserId) -> Vec<Merge>;

    /// Returns the newest audit entries about an account, newest first.
    queries::erasure::activity(user: UserId, limit: i64) -> Vec<AuditEvent>;
    /// Returns all stored sessions of an account, newest first.
    queries::erasure::all_sessions(user: UserId) -> Vec<Session>;
    /// Restores an account that its owner deleted; false when it is not deleted.
    queries::erasure::restore_account(user: UserId, event: &AuditEvent) -> bool;
    /// Deletes the data of accounts that are due, at most 100. Returns their number.
    queries::erasure::erase_due(now: Instant, endpoints: &[String]) -> usize;
    /// Deletes reset links that expired before a moment. Returns their number.
    queries::erasure::purge_reset_links(before: Instant) -> usize;

    /// Writes an audit entry.
    queries::audit::record(event: &AuditEvent) -> ();

    /// Deletes audit entries from before a moment. Returns their number.
    queries::upkeep::purge_audit(before: Instant) -> usize;
    /// Deletes messages from before a moment. Returns their number.
    queries::upkeep::purge_messages(before: Instant) -> usize;
    /// Deletes sessions that expired before a moment. Returns their number.
    queries::upkeep::purge_sessions(before: Instant) -> usize;

    /// Adds one message to every counter of the period, or to none. Returns the index of the cap that refused.
    queries::sms_counters::charge_sms(bucket: Instant, caps: &[SmsCap], money: i64) -> Option<usize>;
    /// Removes one message from each counter of the period.
    queries::sms_counters::refund_sms(bucket: Instant, scopes: &[String], money: i64) -> ();
    /// Adds messages and used codes to a counter.
    queries::sms_counters::count_sms(bucket: Instant, scope: &str, messages: i64, used: i64) -> ();
    /// Returns the counters of a scope since a moment, oldest first.
    queries::sms_counters::sms_counters(scope: &str, since: Instant) -> Vec<SmsCounter>;
    /// Returns the counters of a period, the greatest first.
    queries::sms_counters::sms_counters_of(bucket: Instant) -> Vec<SmsCounter>;
    /// Deletes counters of periods from before a moment. Returns their number.
    queries::sms_counters::purge_sms_counters(before: Instant) -> usize;

    /// Checks that the database responds.
    queries::upkeep::ping() -> ();

    /// Returns all signing keys, oldest first.
    queries::keys::signing_keys() -> Vec<SigningKey>;
    /// Makes all `changes` in their order, or none. Stale if the keys are no longer those of `seen`. One gateway at a time.
    queries::keys::change_keys(seen: &[SigningKey], changes: &[KeyChange], event: Option<&AuditEvent>) => ();

    /// Inserts a message into the outbox.
    queries::messages::enqueue_message(message: &NewMessage) -> ();
    /// Returns the delivery status of a message.
    queries::messages::message_progress(id: MessageId) -> Option<MessageProgress>;
    /// Sets the final status of a message and clears its destination and payload. Stale if another worker has the lease.
    queries::messages::finish_message(id: MessageId, lease: Uid, end: &MessageEnd, now: Instant) => ();
    /// Schedules the next attempt for a message. Stale if another worker has the lease.
    queries::messages::retry_message(id: MessageId, lease: Uid, retry: &MessageRetry, now: Instant) => ();
    /// Records a delivery receipt of a carrier. Returns false if no message waits for it.
    queries::messages::record_receipt(provider: &str, receipt: &MessageReceipt, now: Instant) -> bool;
    /// Marks a message with the carrier that it is handed to now; stale if the lease is no longer the caller's.
    queries::messages::mark_sending(
        id: MessageId, lease: Uid, carrier: &str, tried: Option<String>, now: Instant
    ) => ();
    /// Claims messages that are due at `now`, oldest first, and counts an attempt for each. No other worker can claim them before
    /// `leased_until`.
    claims::messages::claim_due(now: Instant, lease: Uid, leased_until: Instant, limit: i64) -> Vec<DueMessage>;

    /// Builds the deliveries of up to `limit` events that have none yet, all or nothing. Returns the number of events.
    queries::webhooks::publish_events(build: BuildDeliveries<'_>, limit: i64) -> usize;
    /// Claims deliveries to an endpoint that are due at `now`, oldest first, and counts an attempt for each. No other
    /// gateway gets them until `leased_until`.
    events::webhooks::claim_webhooks(
        endpoint: &str, now: Instant, lease: Uid, leased_until: Instant, limit: i64
    ) -> Vec<WebhookDelivery>;
    /// Records the result of an attempt. Stale if another gateway has the lease.
    queries::webhooks::finish_webhook(id: Uid, lease: Uid, result: &WebhookResult, now: Instant) => ();
    /// Returns deliveries, newest first.
    queries::webhooks::list_webhooks(filter: &WebhookFilter) -> Vec<WebhookDelivery>;
    /// Queues a delivery again. Returns false while it is being sent.
    queries::webhooks::replay_webhook(id: Uid, now: Instant) -> bool;
    /// Deletes deliveries that were created before a moment. Returns their number.
    queries::webhooks::delete_webhooks(before: Instant) -> usize;

    /// Inserts a message into the development inbox, which keeps the newest 500.
    queries::inbox::put_into_inbox(message: &InboxMessage) -> ();
    /// Returns the newest messages of the development inbox, newest first, at most `limit`; only those after `after`, if given.
    queries::inbox::newest_in_inbox(after: Option<Uid>, limit: i64) -> Vec<InboxMessage>;
    /// Finds a message of the development inbox.
    queries::inbox::find_in_inbox(id: Uid) -> Option<InboxMessage>;
}
