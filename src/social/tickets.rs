//! Bind tickets: somebody whom a provider vouches for and who has no account yet, while they bind one or register.
//!
//! A ticket is opaque and good once, for the browser that began. What it stands for lies sealed in the store, as the
//! provider's tokens are in it. The ticket is made of state, code and browser under the master key: a page that is
//! loaded again gets the same ticket while it is good, and a stranger who has state and code gets none.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::browser;
use super::provider::Profile;
use super::states::Pending;
use crate::core::client::Client;
use crate::core::clock::{Clock, Instant};
use crate::core::random::Random;
use crate::core::secret::{Digester, ExposeSecret as _, MasterKey, Sealer, SecretString, hex, sha256};
use crate::ephemeral::{Ephemeral, EphemeralError};

/// Issues tickets and takes them. Cheap to clone.
#[derive(Clone)]
pub struct Tickets {
    store: Ephemeral,
    digester: Digester,
    sealer: Sealer,
    clock: Clock,
    random: Random,
    lifetime: TimeDelta,
}

/// Whom a provider vouches for. No `Debug`: it holds tokens.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Vouched {
    pub(super) provider: String,
    pub(super) subject: String,
    pub(super) union_id: Option<String>,
    pub(super) nickname: Option<String>,
    pub(super) avatar_url: Option<String>,
    /// Attested by the provider. It proves nothing about accounts here.
    pub(super) email: Option<String>,
    pub(super) tokens: KeptTokens,
    /// Where the client wants to go afterwards.
    pub(super) next: String,
    /// Whether the person wants to stay signed in for longer than a day.
    pub(super) remember: bool,
    /// When the ticket ends.
    pub(super) expires_at: Instant,
    browser: String,
}

/// The provider's tokens, as they are kept.
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

/// What a ticket was made of: the state and code that the browser brought.
pub(super) struct Origin<'a> {
    pub(super) state: &'a str,
    pub(super) code: &'a str,
}

impl Tickets {
    /// `lifetime`: how long somebody may take to bind or register.
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

    /// Keeps whom the provider vouches for; the ticket and what it stands for.
    pub(super) async fn issue(
        &self,
        pending: Pending,
        profile: &Profile,
        origin: &Origin<'_>,
        cookie: &SecretString,
    ) -> Result<(SecretString, Vouched), EphemeralError> {
        let now = self.clock.now();
        let vouched = Vouched {
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
        self.keep(&ticket, &vouched).await?;
        Ok((ticket, vouched))
    }

    /// The ticket that was issued for state and code in this browser, if it is still good.
    pub(super) async fn again(
        &self,
        origin: &Origin<'_>,
        client: &Client,
    ) -> Result<Option<(SecretString, Vouched)>, EphemeralError> {
        let Some(cookie) = &client.browser else { return Ok(None) };
        let ticket = self.ticket(origin, cookie);
        Ok(self.look(&ticket, client).await?.map(|vouched| (ticket, vouched)))
    }

    /// Whom a ticket stands for; it stays good. `None`: unknown, used, expired, or of another browser.
    pub(super) async fn look(
        &self,
        ticket: &SecretString,
        client: &Client,
    ) -> Result<Option<Vouched>, EphemeralError> {
        let key = key(ticket);
        let record = self.store.peek_record(&key, self.clock.now()).await?;
        let vouched = record.and_then(|record| self.open(&key, &record));
        Ok(vouched.filter(|vouched| browser::is(&vouched.browser, client)))
    }

    /// Uses a ticket up; false when somebody else did.
    pub(super) async fn take(&self, ticket: &SecretString) -> Result<bool, EphemeralError> {
        Ok(self.store.take_record(&key(ticket), self.clock.now()).await?.is_some())
    }

    /// Makes a ticket good again that was taken and bought nothing. A failure costs the person a new beginning, no more.
    pub(super) async fn restore(&self, ticket: &SecretString, vouched: &Vouched) {
        if let Err(error) = self.keep(ticket, vouched).await {
            tracing::warn!(%error, "a bind ticket could not be given back");
        }
    }

    async fn keep(&self, ticket: &SecretString, vouched: &Vouched) -> Result<(), EphemeralError> {
        let key = key(ticket);
        let plain =
            zeroize::Zeroizing::new(serde_json::to_vec(vouched).expect("texts always have a JSON form"));
        let record = STANDARD.encode(self.sealer.seal(&self.random, &key, &plain));
        self.store.put_record(&key, &record, vouched.expires_at, self.clock.now()).await
    }

    fn open(&self, key: &str, record: &str) -> Option<Vouched> {
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
