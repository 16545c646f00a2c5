//! Bind tickets: each represents an identity that is not linked to an account yet, while the user binds an account or
//! registers.
//!
//! A ticket is opaque, single-use and bound to the browser that started the authorization. The identity is sealed in the
//! store, since it contains the provider's tokens. The ticket is derived from state, code and browser with the master
//! key: a page that is reloaded gets the same ticket, and a stranger who has state and code gets none.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::browser;
use super::provider::Profile;
use super::states::PendingAuthorization;
use crate::core::client::Client;
use crate::core::clock::{Clock, Instant};
use crate::core::guard::Guard;
use crate::core::random::Random;
use crate::core::secret::{Digester, ExposeSecret as _, MasterKey, Sealer, SecretString, hex, sha256};
use crate::ephemeral::{Ephemeral, EphemeralError};

/// Issues and takes tickets. Cheap to clone.
#[derive(Clone)]
pub struct Tickets {
    store: Ephemeral,
    digester: Digester,
    sealer: Sealer,
    clock: Clock,
    random: Random,
    lifetime: TimeDelta,
}

/// An identity that is not linked to an account yet. No `Debug`: it contains tokens.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct PendingIdentity {
    pub(super) provider: String,
    pub(super) subject: String,
    pub(super) union_id: Option<String>,
    pub(super) nickname: Option<String>,
    pub(super) avatar_url: Option<String>,
    /// The address that the provider verified. It does not authenticate an account of the gateway.
    pub(super) email: Option<String>,
    pub(super) tokens: KeptTokens,
    /// The `next` of the client.
    pub(super) next: String,
    /// Whether to keep the user signed in for longer than a day.
    pub(super) remember: bool,
    /// When the ticket expires.
    pub(super) expires_at: Instant,
    browser: String,
}

/// The provider's tokens, as they are stored.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct KeptTokens {
    access: String,
    refresh: Option<String>,
    expires_at: Option<Instant>,
}

impl KeptTokens {
    pub(super) fn new(tokens: &super::provider::Tokens, now: Instant) -> Self {
        let length = tokens.expires_in.and_then(|length| TimeDelta::from_std(length).ok());
        Self {
            access: tokens.access.expose_secret().to_owned(),
            refresh: tokens.refresh.as_ref().map(|token| token.expose_secret().to_owned()),
            expires_at: length.and_then(|length| now.checked_add_signed(length)),
        }
    }
}

/// What a ticket is derived from: the state and the code of the callback.
pub(super) struct Origin<'a> {
    pub(super) state: &'a str,
    pub(super) code: &'a str,
}

impl Tickets {
    /// `lifetime` is how long a user may take to bind an account or to register.
    #[must_use]
    pub fn new(
        store: Ephemeral,
        master: &MasterKey,
        clock: Clock,
        random: Random,
        lifetime: std::time::Duration,
    ) -> Self {
        Self {
            store,
            digester: master.digester("social.ticket"),
            sealer: master.sealer("social.ticket"),
            clock,
            random,
            lifetime: TimeDelta::from_std(lifetime).unwrap_or(TimeDelta::MAX),
        }
    }

    /// Issues a ticket for an identity.
    pub(super) async fn issue(
        &self,
        pending: PendingAuthorization,
        profile: &Profile,
        origin: &Origin<'_>,
        cookie: &SecretString,
    ) -> Result<(SecretString, PendingIdentity), EphemeralError> {
        let now = self.clock.now();
        let identity = PendingIdentity {
            provider: pending.provider,
            subject: profile.subject.clone(),
            union_id: profile.union_id.clone(),
            nickname: profile.nickname.clone(),
            avatar_url: profile.avatar_url.clone(),
            email: profile.email.clone(),
            tokens: KeptTokens::new(&profile.tokens, now),
            next: pending.next,
            remember: pending.remember,
            expires_at: now + self.lifetime,
            browser: browser::digest(cookie),
        };
        let ticket = self.ticket(origin, cookie);
        self.keep(&ticket, &identity).await?;
        Ok((ticket, identity))
    }

    /// Returns the ticket that was issued for state and code in this browser, if it is still valid.
    pub(super) async fn again(
        &self,
        origin: &Origin<'_>,
        client: &Client,
    ) -> Result<Option<(SecretString, PendingIdentity)>, EphemeralError> {
        let Some(cookie) = &client.browser else { return Ok(None) };
        let ticket = self.ticket(origin, cookie);
        Ok(self.look(&ticket, client).await?.map(|identity| (ticket, identity)))
    }

    /// Returns the identity of a ticket, which stays valid. Returns `None` if the ticket is unknown, used or expired,
    /// or belongs to another browser.
    pub(super) async fn look(
        &self,
        ticket: &SecretString,
        client: &Client,
    ) -> Result<Option<PendingIdentity>, EphemeralError> {
        let key = key(ticket);
        let record = self.store.peek_record(&key, self.clock.now()).await?;
        let identity = record.and_then(|record| self.open(&key, &record));
        Ok(identity.filter(|identity| browser::is(&identity.browser, client)))
    }

    /// Redeems a ticket, or returns `None` if another request did. The guard makes it valid again unless it is kept.
    pub(super) async fn take(
        &self,
        ticket: &SecretString,
        identity: &PendingIdentity,
    ) -> Result<Option<Guard>, EphemeralError> {
        if self.store.take_record(&key(ticket), self.clock.now()).await?.is_none() {
            return Ok(None);
        }
        let (tickets, ticket, identity) = (self.clone(), ticket.clone(), identity.clone());
        Ok(Some(Guard::new(async move { tickets.restore(&ticket, &identity).await })))
    }

    /// Makes a ticket valid again after a failed use case. If that fails, it is logged, and the user has to start
    /// again.
    pub(super) async fn restore(&self, ticket: &SecretString, identity: &PendingIdentity) {
        if let Err(error) = self.keep(ticket, identity).await {
            tracing::warn!(%error, "a bind ticket could not be restored");
        }
    }

    async fn keep(&self, ticket: &SecretString, identity: &PendingIdentity) -> Result<(), EphemeralError> {
        let key = key(ticket);
        let plain =
            zeroize::Zeroizing::new(serde_json::to_vec(identity).expect("texts always have a JSON form"));
        let record = STANDARD.encode(self.sealer.seal(&self.random, &key, &plain));
        self.store.put_record(&key, &record, identity.expires_at, self.clock.now()).await
    }

    fn open(&self, key: &str, record: &str) -> Option<PendingIdentity> {
        let plain = self.sealer.open(key, &STANDARD.decode(record).ok()?).ok()?;
        serde_json::from_slice(&plain).ok()
    }

    fn ticket(&self, origin: &Origin<'_>, cookie: &SecretString) -> SecretString {
        let parts = [origin.state, origin.code, cookie.expose_secret()];
        URL_SAFE_NO_PAD.encode(self.digester.digest(&parts)).into()
    }
}

fn key(ticket: &SecretString) -> String {
    format!("social:ticket:{}", hex(&sha256(ticket.expose_secret().as_bytes())))
}
