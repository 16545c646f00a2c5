//! The keys that sign access tokens: made, sealed at rest, published and rotated by whichever gateway comes first.

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

/// Why the keys could not be made ready.
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
    /// Somebody asked for another key where no key is.
    #[error("with HS256 there are no keys to rotate: change `tokens.hs256_secret` at all gateways")]
    NoKeys,
}

/// What signs.
pub(super) struct Signing {
    pub(super) kid: String,
    pub(super) algorithm: Algorithm,
    pub(super) key: EncodingKey,
}

/// What verifies, by the one algorithm that the key is for.
pub(super) struct Verifying {
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

/// The keys as a gateway last saw them.
struct View {
    rows: Vec<SigningKey>,
    signing: Option<Arc<Signing>>,
    verifying: HashMap<String, Arc<Verifying>>,
    jwks: Jwks,
}

/// The key that signs, and all that verify. Cheap to clone; clones see the same keys.
#[derive(Clone)]
pub struct KeyRing(Arc<Ring>);

struct Ring {
    db: Db,
    sealer: Sealer,
    clock: Clock,
    random: Random,
    rules: KeyRules,
    view: RwLock<Seen>,
    /// One look at a time, so that no older view replaces a newer one.
    turn: tokio::sync::Mutex<()>,
    /// When somebody last came with a key that we do not know.
    stranger: tokio::sync::Mutex<Option<Instant>>,
}

struct Seen {
    view: Arc<View>,
    at: Instant,
}

/// The name of the secret of HS256. No key of the table can have it: theirs are thumbprints.
const SECRET_NAME: &str = "hs256";

/// How often strangers can make us look at the table.
const PATIENCE: TimeDelta = TimeDelta::seconds(5);

/// Between two looks at the clock.
const TICK: Duration = Duration::from_millis(250);

/// Before the table is asked again after it did not answer.
const RETRY: Duration = Duration::from_secs(2);

/// Gateways that rotate at once make each other try again; more often than this there is a fault of ours.
const ATTEMPTS: usize = 16;

impl KeyRing {
    /// Loads the keys; makes the first one where there is none. Of gateways that start together one makes it.
    ///
    /// # Errors
    /// [`KeyError`]: the database is away, or the master key is not the one that sealed the keys.
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

    /// Looks at the keys without making one: whether all of them open.
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

    /// Keeps the keys up to date until `stopping`: looks at the table at intervals, and when something is due.
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
                tracing::warn!(%error, "the signing keys could not be looked at; tried again soon");
                pause = RETRY;
            }
        }
    }

    /// Makes the next key now; it signs one lifetime of the published keys later. `at_once`: it signs now, and all
    /// others are gone, with every token that they signed. `event` is written when anything is changed. Tells what was
    /// done, and the keys that there are now.
    ///
    /// # Errors
    /// [`KeyError`].
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

    /// The published keys.
    #[must_use]
    pub fn jwks(&self) -> Jwks {
        self.view().jwks.clone()
    }

    /// What signs now.
    pub(super) fn signing(&self) -> Option<Arc<Signing>> {
        self.view().signing.clone()
    }

    /// What verifies under that name. A name is only ever looked up, never followed. One that might be a key's makes us
    /// look at the table again, but strangers cannot do that as often as they like.
    pub(super) async fn verifying(&self, kid: &str) -> Option<Arc<Verifying>> {
        let known = || self.view().verifying.get(kid).cloned();
        if let Some(key) = known() {
            return Some(key);
        }
        if !is_name(kid) {
            return None;
        }
        let mut last = self.0.stranger.lock().await;
        // Others who waited here may have brought it.
        if let Some(key) = known() {
            return Some(key);
        }
        let now = self.0.clock.now();
        if last.is_some_and(|last| (now - last).abs() < PATIENCE) {
            return None;
        }
        *last = Some(now);
        if let Err(error) = self.advance().await {
            tracing::warn!(%error, "a key could not be looked up");
        }
        known()
    }

    fn view(&self) -> Arc<View> {
        Arc::clone(&self.0.view.read().unwrap_or_else(PoisonError::into_inner).view)
    }

    fn is_due(&self) -> bool {
        let (ring, now) = (&self.0, self.0.clock.now());
        let seen = ring.view.read().unwrap_or_else(PoisonError::into_inner);
        // A clock may be set back.
        (now - seen.at).abs() >= ring.rules.view
            || rotation::next_event(&seen.view.rows, &ring.rules).is_some_and(|event| event <= now)
    }

    /// Reads the table, does what is due, and sees the outcome.
    async fn advance(&self) -> Result<(), KeyError> {
        self.follow(Order::Nothing, None).await.map(drop)
    }

    /// The same, and what is ordered before it.
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
                tell(&changes);
                followed.get_or_insert(rotation::done(&steps, &rows));
            }
        }
        Err(KeyError::Unusable("others change the keys all the time".into()))
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
        return Err(KeyError::Unusable("it has the name of another".into()));
    }
    Ok(pair)
}

/// A SHA-256 thumbprint in base64url.
fn is_name(kid: &str) -> bool {
    kid.len() == 43 && kid.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn tell(changes: &[KeyChange]) {
    for change in changes {
        match change {
            KeyChange::Insert(key) => {
                tracing::info!(
                    kid = key.kid,
                    state = %key.state,
                    algorithm = key.algorithm,
                    "a signing key was made"
                );
            }
            KeyChange::Activate { kid, .. } => tracing::info!(kid, "a signing key signs from now on"),
            KeyChange::Retire { kid, .. } => tracing::info!(kid, "a signing key signs no more"),
            KeyChange::Delete { kid } => tracing::info!(kid, "a signing key is gone"),
        }
    }
}
