//! The state of an OAuth sign-in: it binds the callback to the browser that started the authorization.
//!
//! A state has 256 random bits, is single-use, and is valid for one provider and one browser. The PKCE verifier and the
//! nonce are derived from it with the master key, so they are not stored, and access to the store does not disclose
//! them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::browser;
use crate::core::client::Client;
use crate::core::clock::{Clock, Instant};
use crate::core::ids::UserId;
use crate::core::random::Random;
use crate::core::secret::{Digester, ExposeSecret as _, MasterKey, SecretString, hex, sha256};
use crate::ephemeral::{Ephemeral, EphemeralError};

/// Creates and redeems states. Cheap to clone.
#[derive(Clone)]
pub struct States {
    store: Ephemeral,
    digester: Digester,
    clock: Clock,
    random: Random,
    lifetime: TimeDelta,
}

/// The stored data of a pending authorization.
#[derive(Serialize, Deserialize)]
pub(super) struct PendingAuthorization {
    pub(super) provider: String,
    /// The `next` of the client, already checked.
    pub(super) next: String,
    /// Whether to keep the user signed in for longer than a day.
    pub(super) remember: bool,
    /// The user who was signed in at the start. Only they may link the identity.
    pub(super) user: Option<UserId>,
    browser: String,
}

/// A pending authorization.
pub(super) struct OpenState {
    pub(super) state: String,
    pub(super) expires_at: Instant,
}

impl States {
    /// `lifetime` is how long a user may take at the provider.
    #[must_use]
    pub fn new(
        store: Ephemeral,
        master: &MasterKey,
        clock: Clock,
        random: Random,
        lifetime: std::time::Duration,
    ) -> Self {
        let lifetime = TimeDelta::from_std(lifetime).unwrap_or(TimeDelta::MAX);
        Self { store, digester: master.digester("social.state"), clock, random, lifetime }
    }

    /// Creates a state for the browser with this cookie.
    pub(super) async fn open(
        &self,
        provider: &str,
        next: String,
        remember: bool,
        user: Option<UserId>,
        cookie: &SecretString,
    ) -> Result<OpenState, EphemeralError> {
        // Hexadecimal, because WeChat preserves only letters and digits.
        let state = hex(&self.random.bytes::<32>());
        let (now, browser) = (self.clock.now(), browser::digest(cookie));
        let expires_at = now + self.lifetime;
        let pending = PendingAuthorization { provider: provider.into(), next, remember, user, browser };
        let record = serde_json::to_string(&pending).expect("texts always have a JSON form");
        self.store.put_record(&key(&state), &record, expires_at, now).await?;
        Ok(OpenState { state, expires_at })
    }

    /// Redeems a state once. Returns `None` if it is unknown, used or expired, or belongs to another provider or
    /// browser. An attacker who knows a state cannot use it up.
    pub(super) async fn take(
        &self,
        state: &str,
        provider: &str,
        client: &Client,
    ) -> Result<Option<PendingAuthorization>, EphemeralError> {
        let (key, now) = (key(state), self.clock.now());
        let read = |record: String| serde_json::from_str::<PendingAuthorization>(&record).ok();
        let Some(pending) = self.store.peek_record(&key, now).await?.and_then(read) else { return Ok(None) };
        if pending.provider != provider || !browser::is(&pending.browser, client) {
            return Ok(None);
        }
        Ok(self.store.take_record(&key, now).await?.and_then(read))
    }

    /// Stores user data that a provider posted with the code, until the browser returns. Only pending states are
    /// accepted, so the store cannot be filled by strangers.
    ///
    /// # Errors
    /// [`EphemeralError`].
    pub async fn keep_user(&self, state: &str, user: &str) -> Result<(), EphemeralError> {
        let now = self.clock.now();
        if is_state(state) && self.store.peek_record(&key(state), now).await?.is_some() {
            self.store.put_record(&user_key(state), user, now + self.lifetime, now).await?;
        }
        Ok(())
    }

    /// Returns the data that [`States::keep_user`] stored.
    pub(super) async fn take_user(&self, state: &str) -> Result<Option<String>, EphemeralError> {
        self.store.take_record(&user_key(state), self.clock.now()).await
    }

    /// Returns the PKCE verifier of a state (RFC 7636): 43 characters.
    pub(super) fn verifier(&self, state: &str) -> SecretString {
        URL_SAFE_NO_PAD.encode(self.digester.digest(&["verifier", state])).into()
    }

    /// Returns the S256 challenge of the verifier.
    pub(super) fn challenge(&self, state: &str) -> String {
        URL_SAFE_NO_PAD.encode(sha256(self.verifier(state).expose_secret().as_bytes()))
    }

    /// Returns the nonce that the ID token must contain.
    pub(super) fn nonce(&self, state: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.digester.digest(&["nonce", state]))
    }
}

/// Returns whether a text has the form of a state.
pub(super) fn is_state(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn user_key(state: &str) -> String {
    format!("social:user:{}", hex(&sha256(state.as_bytes())))
}

fn key(state: &str) -> String {
    format!("social:state:{}", hex(&sha256(state.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verifier_and_nonce_are_of_the_state_and_of_the_form_that_rfc_7636_asks_for() {
        let (clock, random) = (Clock::system(), Random::seeded(1));
        let master = MasterKey::generate(&random);
        let lifetime = std::time::Duration::from_secs(600);
        let states = States::new(Ephemeral::memory(), &master, clock, random, lifetime);
        let one = states.verifier("a");
        assert_eq!(one.expose_secret().len(), 43);
        assert_eq!(one.expose_secret(), states.verifier("a").expose_secret());
        assert_ne!(one.expose_secret(), states.verifier("b").expose_secret());
        assert_ne!(one.expose_secret(), states.nonce("a"));
        assert!(is_state(&hex(&[0xab; 32])) && !is_state("ab") && !is_state(&"G".repeat(64)));
    }
}
