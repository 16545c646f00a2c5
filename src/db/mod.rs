//! The durable store: PostgreSQL or SQLite behind one [`Db`].
//!
//! `queries/` is written once and compiled twice: `pg/mod.rs` and `sqlite/mod.rs` each define `Conn` and `write_tx!`
//! and include it by `#[path]`. Each query is a function `(&mut Conn, ..) -> Result<_, DbError>`, and one line in the
//! table at the end of this file makes it a method of [`Db`]. A compound write (user and session and audit entry) is
//! one function and one transaction. A unique constraint is the check: its violation comes back as [`Taken`].

pub mod changes;
mod error;
pub mod identities;
pub mod merges;
mod migrating;
pub mod models;
mod pg;
pub mod schema;
mod sqlite;
pub mod types;
pub mod upkeep;
pub mod webhooks;

use std::time::Duration;

use diesel_async::pooled_connection::bb8::Pool;

pub use error::{DbError, Taken, WriteError};

use crate::core::clock::Instant;
use crate::core::ids::{IdentityId, MergeId, MessageId, SessionId, UserId};
use crate::core::outage::Outage;
use crate::core::roles::Roles;
use crate::outcome::Refusal;
use changes::{AccountChange, ProfileChange};
use error::StoreError;
use identities::{Identity, IdentityUpdate, NewIdentity, Unlinked};
use merges::{Merge, Merged, NewMerge, Seal, Undone, Unseal};
use models::{
    AuditEvent, AuditFilter, Credential, DueMessage, InboxMessage, KeyChange, KnownPerson, MessageEnd,
    MessageProgress, NewMessage, NewUser, ResetLink, Session, SigningKey, User, UserFilter,
};
use types::{AccountStatus, Ts, Uid};
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

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Postgres,
    Sqlite,
}

/// Tells the backend of a `DATABASE_URL` and, for SQLite, the path; `None` for a scheme that is neither.
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

/// Applies the migrations that are missing and tells their names. Gateways that start together wait for each other.
///
/// # Errors
/// [`DbError`] in the server's own words when it cannot be reached or a migration fails.
pub async fn migrate(url: &str) -> Result<Vec<String>, DbError> {
    match backend_of(url).ok_or_else(unknown_scheme)? {
        (Backend::Postgres, url) => pg::migrate(url).await,
        (Backend::Sqlite, path) => {
            sqlite::open(path, 1, Duration::from_secs(5)).await?;
            sqlite::migrate(path).await
        }
    }
}

/// The migrations that are missing. A new SQLite file is made by looking.
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
    /// Opens the pool: `size` connections at the most, `deadline` for each query, waiting for a connection included.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] in the server's own words.
    pub async fn open(url: &str, size: u32, deadline: Duration) -> Result<Self, DbError> {
        let pools = match backend_of(url).ok_or_else(unknown_scheme)? {
            (Backend::Postgres, url) => Pools::Pg(pg::open(url, size, deadline).await?),
            (Backend::Sqlite, path) => Pools::Sqlite(sqlite::open(path, size, deadline).await?),
        };
        Ok(Self { pools, deadline, outage: Outage::new("database") })
    }

    /// Notes whether the database responded.
    async fn watched<T, E: StoreError>(&self, query: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let outcome = query.await;
        match outcome.as_ref().err().and_then(StoreError::unavailable) {
            Some(reason) => self.outage.unavailable(&reason),
            None => self.outage.recovered(),
        }
        outcome
    }

    /// Which database this is.
    #[must_use]
    pub fn backend(&self) -> Backend {
        match self.pools {
            Pools::Pg(_) => Backend::Postgres,
            Pools::Sqlite(_) => Backend::Sqlite,
        }
    }
}

/// One line per query: its topic, name, arguments and result. `->` returns failures as [`Refusal`], so that use cases can
/// pass them on by `?`; `=>` returns [`WriteError`], for writes that can violate a unique constraint.
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
    /// Finds a person by id.
    queries::users::find_user(id: UserId) -> Option<User>;
    /// Finds a person by the canonical form of a user name.
    queries::users::find_user_by_username(key: &str) -> Option<User>;
    /// Finds a person by mobile number (E.164).
    queries::users::find_user_by_mobile(mobile: &str) -> Option<User>;
    /// Finds a person by the canonical form of an e-mail address.
    queries::users::find_user_by_email(key: &str) -> Option<User>;
    /// Whether a nickname's canonical form is in use.
    queries::users::nickname_exists(key: &str) -> bool;
    /// A new account with its first session and the audit entry, all or nothing.
    queries::users::create_user(user: &NewUser, session: &Session, event: &AuditEvent) => ();
    /// Replaces a password hash, unless it changed since it was read.
    queries::users::rehash_password(id: UserId, old: &str, new: &str, now: Instant) -> bool;

    /// A new account without a session, with its audit entry, all or nothing.
    queries::administration::add_user(user: &NewUser, event: &AuditEvent) => ();
    /// Many new accounts with their audit entries, all or nothing.
    imports::users::import_users(users: &[NewUser], events: &[AuditEvent]) => ();
    /// The accounts that have one of these user names, nicknames (keys), mobile numbers or e-mail addresses (keys); one
    /// may be told several times.
    queries::administration::known_people(
        usernames: &[String], nicknames: &[String], mobiles: &[String], emails: &[String]
    ) -> Vec<KnownPerson>;
    /// Accounts, newest first.
    queries::administration::list_users(filter: &UserFilter) -> Vec<User>;
    /// Makes an account `active` or `disabled` and ends all its sessions; tells how many, or `None` when it was so
    /// before (then only sessions of a disabled account are ended) or there is no such account.
    queries::administration::set_status(
        id: UserId, status: AccountStatus, now: Instant, event: &AuditEvent
    ) -> Option<usize>;
    /// Replaces the roles of an account, unless they changed since they were read.
    queries::administration::set_roles(
        id: UserId, old: &Roles, new: &Roles, now: Instant, event: &AuditEvent
    ) -> bool;
    /// Erases an account; of the log, only this entry names it then. False when there is none.
    queries::administration::delete_user(id: UserId, event: &AuditEvent) -> bool;
    /// Entries of the audit log, newest first.
    queries::administration::audit_entries(filter: &AuditFilter) -> Vec<AuditEvent>;

    /// A new session with its audit entry, all or nothing; false when the account may not be used any more, or has no
    /// longer what the person proved.
    queries::sessions::open_session(session: &Session, proven: &Credential, event: &AuditEvent) -> bool;
    /// Finds a session by id.
    queries::sessions::find_session(id: SessionId) -> Option<Session>;
    /// Whether the device has signed in to this account before.
    queries::sessions::device_is_known(user: UserId, device: &[u8]) -> bool;

    /// The sessions of a person that neither ended nor were ended, last used first; at most 200.
    queries::sessions::live_sessions(user: UserId, now: Instant) -> Vec<Session>;
    /// Moves a session on from the refresh token of `generation` to the next; false when another call was faster, or
    /// the session has been ended.
    queries::sessions::rotate_session(id: SessionId, generation: i32, idle_expires_at: Instant, now: Instant) -> bool;
    /// Ends a session with its audit entry, all or nothing; false when it was ended before.
    queries::sessions::revoke_session(id: SessionId, reason: &str, now: Instant, event: &AuditEvent) -> bool;
    /// Ends all sessions of a person but one, with one audit entry where there were any; tells how many. `None`, and none
    /// is ended, when that one does not stand itself.
    queries::sessions::revoke_sessions(
        user: UserId, except: Option<SessionId>, reason: &str, now: Instant, event: &AuditEvent
    ) -> Option<usize>;

    /// Replaces the password and spends reset links; tells how many sessions it ended.
    queries::changes::replace_password(change: &AccountChange<'_>, new: &str) => usize;
    /// Another mobile number (E.164); spends reset links; tells how many sessions it ended.
    queries::changes::change_mobile(change: &AccountChange<'_>, mobile: &str) => usize;
    /// Another e-mail address, as written and as compared; otherwise as `change_mobile`.
    queries::changes::change_email(change: &AccountChange<'_>, email: &str, key: &str) => usize;
    /// Other names, another picture.
    queries::changes::update_profile(change: &AccountChange<'_>, profile: &ProfileChange) => usize;
    /// Shuts the account, to be erased at `due`; spends reset links; tells how many sessions it ended.
    queries::changes::schedule_deletion(change: &AccountChange<'_>, due: Instant) => usize;
    /// A reset link with its message and its audit entry, all or nothing; false when the account of the link may not be
    /// used, or has no longer the address (as compared) that it was asked for.
    queries::changes::ask_for_reset(
        key: &str, link: &ResetLink, message: &NewMessage, event: &AuditEvent
    ) -> bool;
    /// Finds a reset link by its digest, whether or not it is good.
    queries::changes::find_reset_link(digest: &[u8]) -> Option<ResetLink>;

    /// Finds the person of a provider by subject; where there is none, by union id.
    queries::identities::find_identity(provider: &str, subject: &str, union_id: Option<&str>) -> Option<Identity>;
    /// The people of providers that are bound to an account, first bound first.
    queries::identities::identities_of(user: UserId) -> Vec<Identity>;
    /// A session by way of a provider, with what the provider tells now and the audit entry, all or nothing; false when
    /// the account of the session may not be used any more, or no longer has that person.
    queries::identities::sign_in_with_identity(
        id: IdentityId, refreshed: &IdentityUpdate, session: &Session, event: &AuditEvent
    ) -> bool;
    /// Binds the person of a provider to an account and opens a session on it, with audit entries and notice, all or
    /// nothing; false when the account may not be used any more, or has no longer what was proved. `Taken::Identity`:
    /// an account has that person; `Taken::Provider`: this account has another one.
    queries::identities::bind_identity(
        identity: &NewIdentity, proven: &Credential, session: &Session, events: &[AuditEvent], notice: Option<&NewMessage>
    ) => bool;
    /// Binds the person of a provider to the account of somebody who is signed in; false when `session` does not stand
    /// any more at `identity.linked_at`, or the account may not be used. Refused as `bind_identity` is.
    queries::identities::link_identity(
        identity: &NewIdentity, session: SessionId, event: &AuditEvent, notice: Option<&NewMessage>
    ) => bool;
    /// A new account of a provider's person with its first session and the audit entries, all or nothing.
    queries::identities::create_user_with_identity(
        user: &NewUser, identity: &NewIdentity, session: &Session, events: &[AuditEvent]
    ) => ();
    /// Unbinds the person of a provider from an account; with `keep_a_way_in` not when it has no password, no address and
    /// no other provider. Ends the sessions that the provider opened, but for that of `event`.
    queries::identities::unlink_identity(
        user: UserId, provider: &str, session: Option<(SessionId, Instant)>, keep_a_way_in: bool, event: &AuditEvent,
        notice: Option<&NewMessage>
    ) -> Unlinked;

    /// Makes two accounts one, with the audit entries and notices, all or nothing. The kept account gets the other's
    /// people of providers and roles, and of mobile number, e-mail address and password what it has not; the merged one can
    /// not be used any more, and all its sessions are ended.
    queries::merges::merge_accounts(merge: &NewMerge<'_>, seal: Seal<'_>, events: &[AuditEvent]) => Merged;
    /// Takes two accounts apart again, and ends all sessions of the kept one. What its owner changed since stays.
    queries::merges::undo_merge(
        id: MergeId, now: Instant, unseal: Unseal<'_>, events: &[AuditEvent], notices: &[NewMessage]
    ) -> Undone;
    /// Finds a merge by id.
    queries::merges::find_merge(id: MergeId) -> Option<Merge>;
    /// The merges of an account, on whichever side, newest first.
    queries::merges::find_merges(user: UserId) -> Vec<Merge>;

    /// The newest entries of the audit log about a person, newest first.
    queries::erasure::activity(user: UserId, limit: i64) -> Vec<AuditEvent>;
    /// Every session of a person that is still known, newest first.
    queries::erasure::all_sessions(user: UserId) -> Vec<Session>;
    /// Which terms a person accepted, and when the account was changed last.
    queries::erasure::terms_and_update(user: UserId) -> (Option<String>, Ts);
    /// Opens an account again that its owner deleted; false when it is not on its way out.
    queries::erasure::restore_account(user: UserId, event: &AuditEvent) -> bool;
    /// Erases accounts whose time has come, 100 at the most; tells how many.
    queries::erasure::erase_due(now: Instant, endpoints: &[String]) -> usize;
    /// Forgets reset links that ended before a moment; tells how many.
    queries::erasure::forget_reset_links(before: Instant) -> usize;

    /// Writes down what happened.
    queries::audit::record(event: &AuditEvent) -> ();

    /// Forgets entries of the audit log before a moment; tells how many.
    queries::upkeep::forget_audit(before: Instant) -> usize;
    /// Forgets messages before a moment; tells how many.
    queries::upkeep::forget_messages(before: Instant) -> usize;
    /// Forgets sessions that ended before a moment; tells how many.
    queries::upkeep::forget_sessions(before: Instant) -> usize;

    /// Whether it answers.
    queries::upkeep::ping() -> ();

    /// Every signing key, oldest first.
    queries::keys::signing_keys() -> Vec<SigningKey>;
    /// Makes all `changes` in their order, or none: false when the keys are no longer those of `seen`. One gateway at a
    /// time.
    queries::keys::change_keys(seen: &[SigningKey], changes: &[KeyChange], event: Option<&AuditEvent>) -> bool;

    /// Puts a message into the outbox.
    queries::messages::enqueue_message(message: &NewMessage) -> ();
    /// How far a message has come.
    queries::messages::message_progress(id: MessageId) -> Option<MessageProgress>;
    /// Ends a message and wipes its address and payload; false when the lease is no longer the caller's.
    queries::messages::finish_message(id: MessageId, lease: Uid, end: &MessageEnd, now: Instant) -> bool;
    /// Puts off a message; false when the lease is no longer the caller's.
    queries::messages::retry_message(id: MessageId, lease: Uid, at: Instant, error: &str, now: Instant) -> bool;
    /// Claims messages that are due at `now`, oldest first, and counts an attempt for each. Until `leased_until` nobody
    /// else gets them.
    claims::messages::claim_due(now: Instant, lease: Uid, leased_until: Instant, limit: i64) -> Vec<DueMessage>;

    /// Builds the deliveries of up to `limit` events that have none yet, all or nothing. Returns the number of events.
    queries::webhooks::publish_events(build: BuildDeliveries<'_>, limit: i64) -> usize;
    /// Claims deliveries to an endpoint that are due at `now`, oldest first, and counts an attempt for each. No other
    /// gateway gets them until `leased_until`.
    events::webhooks::claim_webhooks(
        endpoint: &str, now: Instant, lease: Uid, leased_until: Instant, limit: i64
    ) -> Vec<WebhookDelivery>;
    /// Records the result of an attempt. Returns false if the lease is no longer the caller's.
    queries::webhooks::finish_webhook(id: Uid, lease: Uid, result: &WebhookResult, now: Instant) -> bool;
    /// Returns deliveries, newest first.
    queries::webhooks::list_webhooks(filter: &WebhookFilter) -> Vec<WebhookDelivery>;
    /// Queues a delivery again. Returns false while it is being sent.
    queries::webhooks::replay_webhook(id: Uid, now: Instant) -> bool;
    /// Deletes deliveries that were created before a moment. Returns their number.
    queries::webhooks::delete_webhooks(before: Instant) -> usize;

    /// Puts a message into the development inbox, which keeps the newest 500.
    queries::inbox::put_into_inbox(message: &InboxMessage) -> ();
    /// The newest messages of the development inbox, newest first, at most `limit`; only those after `after`, if given.
    queries::inbox::newest_in_inbox(after: Option<Uid>, limit: i64) -> Vec<InboxMessage>;
    /// A message of the development inbox.
    queries::inbox::find_in_inbox(id: Uid) -> Option<InboxMessage>;
}
