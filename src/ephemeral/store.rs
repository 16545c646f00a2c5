//! One face for both stores.

use super::code::{Attempts, NewCode, Redeemed};
use super::error::EphemeralError;
use super::limit::{Charge, Charged, Return};
use super::memory::Memory;
use super::redis::Redis;
use crate::config::ephemeral::RedisSettings;
use crate::core::clock::Instant;

/// The short-lived store. Cheap to clone; clones share what they hold. Every operation takes the present moment from
/// the caller's clock, answers within a second, and fails with [`EphemeralError::Unavailable`].
#[derive(Clone)]
pub struct Ephemeral(Store);

#[derive(Clone)]
enum Store {
    Memory(Memory),
    Redis(Redis),
}

impl Ephemeral {
    /// A store in this process: it ends with it, and no other gateway sees it.
    #[must_use]
    pub fn memory() -> Self {
        Self(Store::Memory(Memory::new()))
    }

    /// A store in Redis, after one connection of proof.
    ///
    /// # Errors
    /// [`EphemeralError::Start`] with the words of the server or of the operating system.
    pub async fn redis(settings: &RedisSettings) -> Result<Self, EphemeralError> {
        Ok(Self(Store::Redis(Redis::connect(settings).await?)))
    }

    /// Whether the store answers.
    pub async fn ping(&self) -> Result<(), EphemeralError> {
        match &self.0 {
            Store::Memory(_) => Ok(()),
            Store::Redis(redis) => redis.ping().await,
        }
    }

    /// Keeps `code` as the newest of `slot`. Wrong codes that were counted stay counted.
    pub async fn issue_code(&self, slot: &str, code: NewCode, now: Instant) -> Result<(), EphemeralError> {
        let now = now.timestamp_micros();
        match &self.0 {
            Store::Memory(memory) => memory.issue(slot, code, now),
            Store::Redis(redis) => redis.issue(slot, &code, now).await,
        }
    }

    /// Tries a code. The right one is used up by this, and clears the count of wrong ones; a wrong one is counted.
    pub async fn redeem_code(
        &self,
        slot: &str,
        digest: &str,
        attempts: Attempts,
        now: Instant,
    ) -> Result<Redeemed, EphemeralError> {
        let now = now.timestamp_micros();
        match &self.0 {
            Store::Memory(memory) => memory.redeem(slot, digest, attempts, now),
            Store::Redis(redis) => redis.redeem(slot, digest, attempts, now).await,
        }
    }

    /// Makes a redeemed code good again for the rest of its life, unless a newer one was issued.
    pub async fn restore_code(&self, slot: &str, id: &str, now: Instant) -> Result<(), EphemeralError> {
        match &self.0 {
            Store::Memory(memory) => {
                memory.restore(slot, id, now.timestamp_micros());
                Ok(())
            }
            Store::Redis(redis) => redis.restore(slot, id).await,
        }
    }

    /// Forgets a code that was not redeemed, unless a newer one was issued; without `id` the newest.
    pub async fn withdraw_code(
        &self,
        slot: &str,
        id: Option<&str>,
        now: Instant,
    ) -> Result<(), EphemeralError> {
        match &self.0 {
            Store::Memory(memory) => {
                memory.withdraw(slot, id, now.timestamp_micros());
                Ok(())
            }
            Store::Redis(redis) => redis.withdraw(slot, id).await,
        }
    }

    /// Keeps `record` under `key` until `expires`, in the place of what was there. Callers digest what `key` is made of.
    pub async fn put_record(
        &self,
        key: &str,
        record: &str,
        expires: Instant,
        now: Instant,
    ) -> Result<(), EphemeralError> {
        let (expires, now) = (expires.timestamp_micros(), now.timestamp_micros());
        match &self.0 {
            Store::Memory(memory) => memory.put_record(key, record, expires, now),
            Store::Redis(redis) => redis.put_record(key, record, expires, now).await,
        }
    }

    /// The record under `key`, which stays there; `None` when there is none, or it has expired.
    pub async fn peek_record(&self, key: &str, now: Instant) -> Result<Option<String>, EphemeralError> {
        let now = now.timestamp_micros();
        match &self.0 {
            Store::Memory(memory) => Ok(memory.peek_record(key, now)),
            Store::Redis(redis) => redis.peek_record(key, now).await,
        }
    }

    /// The same, and takes it away: of any number of callers one gets it.
    pub async fn take_record(&self, key: &str, now: Instant) -> Result<Option<String>, EphemeralError> {
        let now = now.timestamp_micros();
        match &self.0 {
            Store::Memory(memory) => Ok(memory.take_record(key, now)),
            Store::Redis(redis) => redis.take_record(key, now).await,
        }
    }

    /// Charges all of `charges`, or, when one of them refuses, none. Their keys must differ.
    pub async fn charge(&self, charges: &[Charge], now: Instant) -> Result<Charged, EphemeralError> {
        match &self.0 {
            Store::Memory(memory) => memory.charge(charges, now),
            Store::Redis(redis) => redis.charge(charges, now).await,
        }
    }

    /// Gives back charges and clears keys, in one step. What is not there any more is passed over. Keys must differ.
    pub async fn give_back(&self, returns: &[Return], now: Instant) -> Result<(), EphemeralError> {
        match &self.0 {
            Store::Memory(memory) => {
                memory.give_back(returns, now);
                Ok(())
            }
            Store::Redis(redis) => redis.give_back(returns, now).await,
        }
    }
}
