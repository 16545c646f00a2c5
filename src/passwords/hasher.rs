//! Argon2id on a bounded number of threads.
//!
//! One hash takes tens of milliseconds of a core and tens of megabytes. At most `workers` hashes run at once and at
//! most `queue` more wait. Further requests fail at once, so that the gateway stays responsive.

use std::sync::Arc;

use argon2::password_hash::Error as HashError;
use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::legacy::Legacy;
use super::password::Password;
use crate::config::passwords::PasswordSettings;
use crate::core::random::Random;
use crate::outcome::Refusal;

/// RFC 9106, section 3.1: 16 bytes are enough for unique salts.
const SALT_BYTES: usize = 16;
/// Stored hashes with more memory (KiB) or iterations than the settings allow are damaged and are not computed.
const MOST_MEMORY: u32 = 4 * 1024 * 1024;
const MOST_ITERATIONS: u32 = 1_000;

/// The queue is full, or the gateway is shutting down.
fn busy() -> Refusal {
    Refusal::Unavailable("the password hashing queue is full".into())
}

/// The result of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password matches. `rehash`: the stored hash has other parameters and should be replaced.
    Match { rehash: bool },
    /// The password does not match, or there is no hash to compare it with.
    Mismatch,
}

/// Hashes and verifies passwords. Cheap to clone; clones share the threads and the queue.
#[derive(Clone)]
pub struct Hasher {
    core: Arc<Core>,
    /// Permits to run.
    workers: Arc<Semaphore>,
    /// Permits to run or to wait.
    admission: Arc<Semaphore>,
    random: Random,
}

struct Core {
    params: Params,
    /// The hash that is verified if none is stored, so that the response takes as long.
    dummy: String,
}

impl Hasher {
    /// Computes the dummy hash, which takes as long as one hash.
    ///
    /// # Panics
    /// If the parameters are invalid for Argon2; `PasswordSettings::read` reports such parameters.
    #[must_use]
    pub fn new(settings: &PasswordSettings, random: Random) -> Self {
        let params = Params::new(settings.memory_kib, settings.iterations, settings.parallelism, None)
            .expect("the settings check the parameters");
        let workers = match settings.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            workers => workers as usize,
        };
        let dummy =
            make(&params, &random.bytes::<32>(), &random.bytes()).expect("the parameters produce a hash");
        Self {
            core: Arc::new(Core { params, dummy }),
            workers: Arc::new(Semaphore::new(workers)),
            admission: Arc::new(Semaphore::new(workers + settings.queue as usize)),
            random,
        }
    }

    /// Returns the hash to store, as a PHC string: `$argon2id$v=19$m=..,t=..,p=..$salt$hash`.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] at once if the queue is full.
    pub async fn hash(&self, password: &Password) -> Result<String, Refusal> {
        let password = password.clone();
        let salt = self.random.bytes();
        let made = self.run(move |core| make(&core.params, password.bytes(), &salt)).await?;
        made.map_err(|error| {
            // The memory could not be allocated. A later attempt may succeed.
            tracing::error!(%error, "a password could not be hashed");
            busy()
        })
    }

    /// Compares `password` with a stored hash. If there is none, or it is unreadable, a hash of the same cost is
    /// computed, so that the time reveals nothing. An imported hash takes the time of its own parameters until the
    /// first successful sign-in replaces it.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] at once if the queue is full.
    pub async fn verify(&self, password: &Password, stored: Option<&str>) -> Result<Verdict, Refusal> {
        let password = password.clone();
        let stored = stored.map(str::to_owned);
        self.run(move |core| core.verify(&password, stored.as_deref())).await
    }

    /// Runs `work` on a blocking thread when a permit is free. The thread owns the permits: a caller that gives up does
    /// not free them while the thread still computes.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Core) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let admitted = Arc::clone(&self.admission).try_acquire_owned().map_err(|_| busy())?;
        let running = Arc::clone(&self.workers).acquire_owned().await.map_err(|_| busy())?;
        let permits: [OwnedSemaphorePermit; 2] = [running, admitted];
        let core = Arc::clone(&self.core);
        let done = tokio::task::spawn_blocking(move || {
            let out = work(&core);
            drop(permits);
            out
        });
        done.await.map_err(|error| {
            tracing::error!(%error, "a password hashing thread failed");
            busy()
        })
    }
}

impl Core {
    fn verify(&self, password: &Password, stored: Option<&str>) -> Verdict {
        let Some(stored) = stored else {
            return self.pretend(password);
        };
        if let Some(legacy) = Legacy::read(stored) {
            let right = legacy.matches(password.bytes());
            return if right { Verdict::Match { rehash: true } } else { Verdict::Mismatch };
        }
        let Some((hash, params)) = read(stored) else {
            tracing::error!("a stored password hash cannot be read");
            return self.pretend(password);
        };
        match argon2(params.clone()).verify_password(password.bytes(), &hash) {
            Ok(()) => {
                let rehash = self.is_outdated(&hash, &params) || !stored.starts_with('$');
                Verdict::Match { rehash }
            }
            Err(HashError::PasswordInvalid) => Verdict::Mismatch,
            Err(error) => {
                tracing::error!(%error, "a stored password hash cannot be verified");
                self.pretend(password)
            }
        }
    }

    /// Does the work of a verification without a result.
    fn pretend(&self, password: &Password) -> Verdict {
        if let Ok(hash) = PasswordHash::new(&self.dummy) {
            let outcome = argon2(self.params.clone()).verify_password(password.bytes(), &hash);
            std::hint::black_box(outcome.is_ok());
        }
        Verdict::Mismatch
    }

    /// Any difference counts, not only weaker parameters: otherwise accounts whose hashes cost more than the dummy
    /// could be distinguished from accounts that do not exist.
    fn is_outdated(&self, hash: &PasswordHash, params: &Params) -> bool {
        let ours = &self.params;
        hash.algorithm != Algorithm::Argon2id.ident()
            || hash.version != Some(Version::V0x13.into())
            || hash.hash.as_ref().map(Output::len) != Some(Params::DEFAULT_OUTPUT_LEN)
            || (params.m_cost(), params.t_cost(), params.p_cost())
                != (ours.m_cost(), ours.t_cost(), ours.p_cost())
    }
}

fn argon2(params: Params) -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Hashes with a salt from the injected source. The crate would generate its own.
fn make(params: &Params, password: &[u8], salt: &[u8; SALT_BYTES]) -> Result<String, HashError> {
    argon2(params.clone()).hash_password_with_salt(password, salt).map(|hash| hash.to_string())
}

/// Returns whether a stored hash can be verified: its format is known and its cost is within bounds.
#[must_use]
pub fn is_readable(stored: &str) -> bool {
    Legacy::read(stored).is_some() || read(stored).is_some()
}

/// Parses a hash of the Argon2 family, complete and within bounds. Django puts the word `argon2` in front.
fn read(stored: &str) -> Option<(PasswordHash, Params)> {
    let hash = PasswordHash::new(stored.strip_prefix("argon2").unwrap_or(stored)).ok()?;
    Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    hash.salt.as_ref()?;
    hash.hash.as_ref()?;
    let params = Params::try_from(&hash).ok()?;
    let bounded = params.m_cost() <= MOST_MEMORY && params.t_cost() <= MOST_ITERATIONS;
    bounded.then_some((hash, params))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::core::secret::SecretString;

    fn settings(iterations: u32) -> PasswordSettings {
        PasswordSettings {
            min_length: 8,
            max_length: 128,
            product_words: Vec::new(),
            memory_kib: 64,
            iterations,
            parallelism: 1,
            workers: 1,
            queue: 1,
        }
    }

    fn hasher(iterations: u32) -> Hasher {
        Hasher::new(&settings(iterations), Random::seeded(1))
    }

    fn password(text: &str) -> Password {
        Password::new(SecretString::from(text))
    }

    #[tokio::test]
    async fn only_the_correct_password_matches() {
        let hasher = hasher(1);
        let stored = hasher.hash(&password("café au lait")).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{stored}");
        let verify = async |text: &str| hasher.verify(&password(text), Some(&stored)).await;
        assert_eq!(verify("café au lait").await, Ok(Verdict::Match { rehash: false }));
        assert_eq!(verify("cafe\u{301} au lait").await, Ok(Verdict::Match { rehash: false }));
        assert_eq!(verify("café au lait ").await, Ok(Verdict::Mismatch));
        assert_eq!(verify("").await, Ok(Verdict::Mismatch));
    }

    #[tokio::test]
    async fn the_salt_comes_from_the_injected_source_and_differs() {
        let (one, other) = (hasher(1), hasher(1));
        let first = one.hash(&password("open sesame")).await.unwrap();
        assert_eq!(first, other.hash(&password("open sesame")).await.unwrap());
        assert_ne!(first, one.hash(&password("open sesame")).await.unwrap());
    }

    #[tokio::test]
    async fn other_parameters_require_a_new_hash() {
        let stored = hasher(1).hash(&password("open sesame")).await.unwrap();
        let outcome = hasher(2).verify(&password("open sesame"), Some(&stored)).await;
        assert_eq!(outcome, Ok(Verdict::Match { rehash: true }));
        // An older member of the same family.
        let old = Argon2::new(Algorithm::Argon2i, Version::V0x10, Params::new(64, 1, 1, None).unwrap());
        let old = old.hash_password_with_salt(b"open sesame", &[7; 16]).unwrap().to_string();
        let outcome = hasher(1).verify(&password("open sesame"), Some(&old)).await;
        assert_eq!(outcome, Ok(Verdict::Match { rehash: true }));
    }

    #[tokio::test]
    async fn hashes_of_other_systems_match_and_require_a_new_hash() {
        const TYPED: &str = "correct horse 密码";
        for stored in [
            "pbkdf2_sha256$1000$NaClSalt1234$ELZIORV8YaLAv1fO8dZtywqwlnjOtiV2v7s4WUPOIxA=",
            "argon2$argon2id$v=19$m=8192,t=2,p=1$TmFDbFNhbHQxMjM0$nwVwLU2FjPHuMECrA8hiKXwoSyvcP0SEAfB3kTvDHe4",
            "argon2$argon2id$v=19$m=102400,t=2,p=8$TmFDbFNhbHQxMjM0$EbiP/2ssEn2X0lmBd+vJLjv1/jZEgZM/yx6bgOhHad0",
        ] {
            assert!(is_readable(stored), "{stored}");
            let outcome = hasher(1).verify(&password(TYPED), Some(stored)).await;
            assert_eq!(outcome, Ok(Verdict::Match { rehash: true }), "{stored}");
            let outcome = hasher(1).verify(&password("correct horse"), Some(stored)).await;
            assert_eq!(outcome, Ok(Verdict::Mismatch), "{stored}");
        }
        for (typed, stored) in [
            ("secret", "argon2$argon2id$v=19$m=102400,t=2,p=8$Y041dExhNkljRUUy$TMa6A8fPJhCAUXRhJXCXdw"),
            ("secret", "argon2$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$YC9+jJCrQhs5R6db7LlN8Q"),
        ] {
            let outcome = hasher(1).verify(&password(typed), Some(stored)).await;
            assert_eq!(outcome, Ok(Verdict::Match { rehash: true }), "{stored}");
        }
        // Our own parameters with Django's prefix: the prefix alone requires a new hash.
        let ours = format!("argon2{}", hasher(1).hash(&password("open sesame")).await.unwrap());
        let outcome = hasher(1).verify(&password("open sesame"), Some(&ours)).await;
        assert_eq!(outcome, Ok(Verdict::Match { rehash: true }));
        assert!(!is_readable("argon2") && !is_readable("argon2$x"));
    }

    #[tokio::test]
    async fn unreadable_hashes_do_not_match() {
        let hasher = hasher(1);
        let whole = hasher.hash(&password("open sesame")).await.unwrap();
        let cut = whole.rsplit_once('$').unwrap().0;
        let greedy = whole.replace("m=64", "m=4294967295");
        let foreign = "$2b$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234";
        for stored in [None, Some(""), Some("open sesame"), Some(cut), Some(&greedy), Some(foreign)] {
            let outcome = hasher.verify(&password("open sesame"), stored).await;
            assert_eq!(outcome, Ok(Verdict::Mismatch), "{stored:?}");
        }
        // The password of the dummy does not sign in either: no account has this hash.
        let dummy = hasher.core.dummy.clone();
        assert_eq!(hasher.core.verify(&password("open sesame"), Some(&dummy)), Verdict::Mismatch);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_full_queue_fails_at_once() {
        let hasher = hasher(1);
        let (release, held) = std::sync::mpsc::channel::<()>();
        let held = tokio::spawn({
            let hasher = hasher.clone();
            async move { hasher.run(move |_| held.recv().is_ok()).await }
        });
        while hasher.workers.available_permits() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let waiting = tokio::spawn({
            let hasher = hasher.clone();
            async move { hasher.hash(&password("open sesame")).await }
        });
        while hasher.admission.available_permits() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(matches!(hasher.hash(&password("open sesame")).await, Err(Refusal::Unavailable(_))));
        assert!(matches!(hasher.verify(&password("open sesame"), None).await, Err(Refusal::Unavailable(_))));
        assert!(!waiting.is_finished());
        release.send(()).unwrap();
        assert_eq!(held.await.unwrap(), Ok(true));
        assert!(waiting.await.unwrap().is_ok());
        assert!(hasher.hash(&password("open sesame")).await.is_ok(), "there is room again");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_abandoned_hash_keeps_its_permit_until_the_thread_is_done() {
        let hasher = hasher(1);
        let (release, held) = std::sync::mpsc::channel::<()>();
        let (started, running) = tokio::sync::oneshot::channel();
        let abandoned = tokio::spawn({
            let hasher = hasher.clone();
            async move {
                let work = move |_: &Core| (started.send(()).is_ok(), held.recv().is_ok());
                hasher.run(work).await
            }
        });
        running.await.unwrap();
        abandoned.abort();
        assert!(abandoned.await.unwrap_err().is_cancelled());
        assert_eq!(hasher.workers.available_permits(), 0, "the thread still computes");
        release.send(()).unwrap();
        assert!(hasher.hash(&password("open sesame")).await.is_ok());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn at_most_as_many_hashes_run_as_there_are_workers() {
        use std::sync::atomic::{AtomicUsize, Ordering};

        let settings = PasswordSettings { workers: 2, queue: 64, ..settings(1) };
        let hasher = Hasher::new(&settings, Random::seeded(1));
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let tasks: Vec<_> = (0..40)
            .map(|_| {
                let (hasher, now, most) = (hasher.clone(), Arc::clone(&now), Arc::clone(&most));
                tokio::spawn(async move {
                    let work = move |_: &Core| {
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::sleep(Duration::from_millis(1));
                        now.fetch_sub(1, Ordering::SeqCst);
                    };
                    hasher.run(work).await
                })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), Ok(()));
        }
        assert_eq!(most.load(Ordering::SeqCst), 2);
    }
}
