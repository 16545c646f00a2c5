//! The keys that sign access tokens. They are created, published and rotated by any gateway, and stored sealed.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use tokio_util::sync::CancellationToken;

use super::jwks::Jwks;
use super::material::{self, KeyPair};
use super::rotation::{self, KeyRules, Order, Rotated, Step};
use crate::config::keys::TokenAlgorithm;
use crate::core::clock::{Clock, Instant};
use crate::core::random::Random;
use crate::core::secret::{ExposeSecret as _, MasterKey, OpenError, Sealer};
use crate::db::models::{AuditEvent, KeyChange, SigningKey};
use crate::db::types::KeyState;
use crate::db::{Db, WriteError};
use crate::outcome::Refusal;

/// Why the keys are not available.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(transparent)]
    Db(#[from] Refusal),
    /// The key in the database was sealed under another master key.
    #[error(
        "the signing key in the database cannot be opened: {0}. All gateways of one database share one `secrets.master_key`"
    )]
    Sealed(#[from] OpenError),
    #[error("the signing key in the database is not usable: {0}")]
    Unusable(String),
    /// An operator ordered a rotation where there are no keys.
    #[error("with HS256 there are no keys to rotate: change `tokens.hs256_secret` at all gateways")]
    NoKeys,
}

/// The key that signs.
pub(super) struct Signing {
    pub(super) kid: String,
    pub(super) algorithm: Algorithm,
    pub(super) key: EncodingKey,
}

/// A key that verifies, with its one algorithm.
pub(super) struct Verifying {
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

/// The keys as the gateway read them last.
struct View {
    rows: Vec<SigningKey>,
    signing: Option<Arc<Signing>>,
    verifying: HashMap<String, Arc<Verifying>>,
    jwks: Jwks,
}

/// The key that signs and all keys that verify. Cheap to clone; clones share the keys.
#[derive(Clone)]
pub struct KeyRing(Arc<Ring>);

struct Ring {
    db: Db,
    sealer: Sealer,
    clock: Clock,
    random: Random,
    rules: KeyRules,
    view: RwLock<Seen>,
    /// Serializes reads of the table, so that no older view replaces a newer one.
    turn: tokio::sync::Mutex<()>,
    /// When the table was read last because of an unknown key.
    stranger: tokio::sync::Mutex<Option<Instant>>,
}

struct Seen {
    view: Arc<View>,
    at: Instant,
}

/// The name of the HS256 secret. No key of the table can have this name, since keys are named by thumbprints.
const SECRET_NAME: &str = "hs256";

/// The shortest interval at which unknown keys cause a read of the table.
const PATIENCE: TimeDelta = TimeDelta::seconds(5);

/// The interval at which the clock is checked.
const TICK: Duration = Duration::from_millis(250);

/// The delay after a failed read of the table.
const RETRY: Duration = Duration::from_secs(2);

/// Gateways that rotate at the same time make each other retry. More retries than this mean an internal error.
const ATTEMPTS: usize = 16;

impl KeyRing {
    /// Loads the keys and creates the first one. Of gateways that start at the same time, one creates it.
    ///
    /// # Errors
    /// [`KeyError`]: the database is unavailable, or the keys were sealed with another master key.
    pub async fn open(
        db: &Db,
        master: &MasterKey,
        clock: &Clock,
        random: &Random,
        rules: KeyRules,
    ) -> Result<Self, KeyError> {
        let ring = Ring {
            db: db.clone(),
            sealer: sealer(master),
            clock: clock.clone(),
            random: random.clone(),
            view: RwLock::new(Seen {
                view: Arc::new(View::new(Vec::new(), Vec::new(), &rules)),
                at: clock.now(),
            }),
            rules,
            turn: tokio::sync::Mutex::new(()),
            stranger: tokio::sync::Mutex::new(None),
        };
        let ring = Self(Arc::new(ring));
        ring.advance().await?;
        Ok(ring)
    }

    /// Reads the keys and checks that all of them can be opened. Nothing is created.
    ///
    /// # Errors
    /// As [`KeyRing::open`].
    pub async fn examine(db: &Db, master: &MasterKey) -> Result<Vec<SigningKey>, KeyError> {
        let sealer = sealer(master);
        let keys = db.signing_keys().await?;
        for key in &keys {
            pair(&sealer, key)?;
        }
        Ok(keys)
    }

    /// Keeps the keys up to date until `stopping`: reads the table at intervals, and when a step is due.
    pub async fn keep(self, stopping: CancellationToken) {
        let mut pause = TICK;
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            pause = TICK;
            if self.is_due()
                && let Err(error) = self.advance().await
            {
                tracing::warn!(%error, "the signing keys could not be read; retrying");
                pause = RETRY;
            }
        }
    }

    /// Creates the next key now; it signs when services no longer cache the old keys. With `at_once` it signs now, and all other
    /// keys are deleted, which invalidates every token that they signed. `event` is written if anything changes. Returns
    /// what was done, and the keys afterwards.
    ///
    /// # Errors
    /// [`KeyError`].
    #[tracing::instrument(skip_all, fields(at_once))]
    pub async fn rotate(
        &self,
        at_once: bool,
        event: &AuditEvent,
    ) -> Result<(Rotated, Vec<SigningKey>), KeyError> {
        if self.0.rules.algorithm == TokenAlgorithm::Hs256 {
            return Err(KeyError::NoKeys);
        }
        let order = if at_once { Order::Replace } else { Order::Rotate };
        let done = self.follow(order, Some(event)).await?;
        Ok((done, self.view().rows.clone()))
    }

    /// Returns the published keys.
    #[must_use]
    pub fn jwks(&self) -> Jwks {
        self.view().jwks.clone()
    }

    /// Returns the key that signs now.
    pub(super) fn signing(&self) -> Option<Arc<Signing>> {
        self.view().signing.clone()
    }

    /// Returns the key of this name. An unknown name that has the form of a key's name causes a read of the table, at most once
    /// per interval.
    pub(super) async fn verifying(&self, kid: &str) -> Option<Arc<Verifying>> {
        let known = || self.view().verifying.get(kid).cloned();
        if let Some(key) = known() {
            return Some(key);
        }
        if !is_name(kid) {
            return None;
        }
        let mut last = self.0.stranger.lock().await;
        // A concurrent request may have read it in the meantime.
        if let Some(key) = known() {
            return Some(key);
        }
        let now = self.0.clock.now();
        if last.is_some_and(|last| (now - last).abs() < PATIENCE) {
            return None;
        }
        *last = Some(now);
        if let Err(error) = self.advance().await {
            tracing::warn!(%error, "the keys could not be read");
        }
        known()
    }

    fn view(&self) -> Arc<View> {
        Arc::clone(&self.0.view.read().unwrap_or_else(PoisonError::into_inner).view)
    }

    fn is_due(&self) -> bool {
        let (ring, now) = (&self.0, self.0.clock.now());
        let seen = ring.view.read().unwrap_or_else(PoisonError::into_inner);
        // The clock may have been set back.
        (now - seen.at).abs() >= ring.rules.view
            || rotation::next_event(&seen.view.rows, &ring.rules).is_some_and(|event| event <= now)
    }

    /// Reads the table and performs the steps that are due.
    async fn advance(&self) -> Result<(), KeyError> {
        self.follow(Order::Nothing, None).await.map(drop)
    }

    /// Performs an order and the steps that are due.
    async fn follow(&self, order: Order, event: Option<&AuditEvent>) -> Result<Rotated, KeyError> {
        let ring = &self.0;
        let mut followed: Option<Rotated> = None;
        let _turn = ring.turn.lock().await;
        for _ in 0..ATTEMPTS {
            let rows = ring.db.signing_keys().await?;
            let now = ring.clock.now();
            let left = if followed.is_none() { order } else { Order::Nothing };
            let steps = rotation::plan(&rows, now, &ring.rules, left);
            if steps.is_empty() {
                self.see(rows, now)?;
                return Ok(followed.unwrap_or(Rotated::Waiting));
            }
            let mut changes = Vec::with_capacity(steps.len());
            for step in &steps {
                changes.push(self.change(step, now).await?);
            }
            let event = event.filter(|_| left != Order::Nothing);
            if WriteError::stale_as_none(ring.db.change_keys(&rows, &changes, event).await)?.is_some() {
                log(&changes);
                followed.get_or_insert(rotation::done(&steps, &rows));
            }
        }
        Err(KeyError::Unusable("other gateways keep changing the keys".into()))
    }

    async fn change(&self, step: &Step, now: Instant) -> Result<KeyChange, KeyError> {
        Ok(match step {
            Step::Make { state, activates_at } => {
                KeyChange::Insert(self.make(*state, *activates_at, now).await?)
            }
            Step::Activate { kid } => KeyChange::Activate { kid: kid.clone(), at: now.into() },
            Step::Retire { kid, until } => KeyChange::Retire { kid: kid.clone(), until: (*until).into() },
            Step::Delete { kid } => KeyChange::Delete { kid: kid.clone() },
        })
    }

    async fn make(
        &self,
        state: KeyState,
        activates_at: Instant,
        now: Instant,
    ) -> Result<SigningKey, KeyError> {
        let (algorithm, random) = (self.0.rules.algorithm, self.0.random.clone());
        let making = tokio::task::spawn_blocking(move || {
            let pkcs8 = material::generate(algorithm, &random)?;
            KeyPair::read(algorithm, &pkcs8).map(|pair| (pkcs8, pair))
        });
        let made = making.await.map_err(|error| KeyError::Unusable(error.to_string()))?;
        let (pkcs8, pair) = made.map_err(KeyError::Unusable)?;
        Ok(SigningKey {
            private_key: self.0.sealer.seal(&self.0.random, &place(&pair.kid), &pkcs8),
            public_jwk: serde_json::to_string(&pair.jwk)
                .map_err(|error| KeyError::Unusable(error.to_string()))?,
            kid: pair.kid,
            algorithm: algorithm.as_str().into(),
            state,
            created_at: now.into(),
            activates_at: activates_at.into(),
            retires_at: None,
        })
    }

    fn see(&self, rows: Vec<SigningKey>, now: Instant) -> Result<(), KeyError> {
        let same = |(a, b): (&SigningKey, &SigningKey)| {
            a.kid == b.kid
                && a.state == b.state
                && a.retires_at == b.retires_at
                && a.activates_at == b.activates_at
        };
        let old = self.view();
        let unchanged = old.rows.len() == rows.len() && old.rows.iter().zip(&rows).all(same);
        let view = if unchanged {
            old
        } else {
            let pairs = rows.iter().map(|key| pair(&self.0.sealer, key)).collect::<Result<Vec<_>, _>>()?;
            Arc::new(View::new(rows, pairs, &self.0.rules))
        };
        *self.0.view.write().unwrap_or_else(PoisonError::into_inner) = Seen { view, at: now };
        Ok(())
    }
}

impl View {
    /// `pairs` are the keys of `rows`, in the same order.
    fn new(rows: Vec<SigningKey>, pairs: Vec<KeyPair>, rules: &KeyRules) -> Self {
        let jwks = Jwks::new(pairs.iter().map(|pair| &pair.jwk), rules.max_age);
        let (mut signing, mut verifying) = (None, HashMap::new());
        for (row, pair) in rows.iter().zip(pairs) {
            let algorithm = pair.algorithm;
            verifying.insert(pair.kid.clone(), Arc::new(Verifying { algorithm, key: pair.verifying }));
            if row.state == KeyState::Active {
                signing = Some(Arc::new(Signing { kid: pair.kid, algorithm, key: pair.signing }));
            }
        }
        if let Some(secret) = rules.secret.as_ref().filter(|_| rules.algorithm == TokenAlgorithm::Hs256) {
            let (secret, algorithm) = (secret.expose_secret().as_bytes(), Algorithm::HS256);
            let key = DecodingKey::from_secret(secret);
            verifying.insert(SECRET_NAME.into(), Arc::new(Verifying { algorithm, key }));
            let key = EncodingKey::from_secret(secret);
            signing = Some(Arc::new(Signing { kid: SECRET_NAME.into(), algorithm, key }));
        }
        Self { rows, signing, verifying, jwks }
    }
}

fn sealer(master: &MasterKey) -> Sealer {
    master.sealer("signing-keys")
}

fn place(kid: &str) -> String {
    format!("signing_keys.private_key.{kid}")
}

/// Opens a key of the table.
fn pair(sealer: &Sealer, key: &SigningKey) -> Result<KeyPair, KeyError> {
    let pkcs8 = sealer.open(&place(&key.kid), &key.private_key)?;
    let algorithm: TokenAlgorithm =
        key.algorithm.parse().map_err(|error: &str| KeyError::Unusable(error.into()))?;
    let pair = KeyPair::read(algorithm, &pkcs8).map_err(KeyError::Unusable)?;
    if pair.kid != key.kid {
        return Err(KeyError::Unusable("its name belongs to another key".into()));
    }
    Ok(pair)
}

/// Whether a text has the form of a SHA-256 thumbprint in base64url.
fn is_name(kid: &str) -> bool {
    kid.len() == 43 && kid.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn log(changes: &[KeyChange]) {
    for change in changes {
        match change {
            KeyChange::Insert(key) => {
                tracing::info!(
                    kid = key.kid,
                    state = %key.state,
                    algorithm = key.algorithm,
                    "a signing key was created"
                );
            }
            KeyChange::Activate { kid, .. } => tracing::info!(kid, "a signing key signs from now on"),
            KeyChange::Retire { kid, .. } => tracing::info!(kid, "a signing key no longer signs"),
            KeyChange::Delete { kid } => tracing::info!(kid, "a signing key was deleted"),
        }
    }
}
