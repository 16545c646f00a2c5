//! The interface of both stores.

use super::code::{Attempts, NewCode, Redeemed};
use super::error::EphemeralError;
use super::limit::{Charge, Charged, Return};
use super::memory::Memory;
use super::redis::Redis;
use crate::config::ephemeral::RedisSettings;
use crate::core::clock::Instant;

/// The short-lived store. Cheap to clone; clones share the contents. Every operation takes the current time from the
/// caller's clock, returns within a second, and fails with [`EphemeralError::Unavailable`].
#[derive(Clone)]
pub struct Ephemeral(Store);

#[derive(Clone)]
enum Store {
    Memory(Memory),
    Redis(Redis),
}

impl Ephemeral {
    /// Builds a store in this process. Its contents end with the process and are not visible to other gateways.
    #[must_use]
    pub fn memory() -> Self {
        Self(Store::Memory(Memory::new()))
    }

    /// Connects to Redis.
    ///
    /// # Errors
    /// [`EphemeralError::Start`] with the error text of the server or of the operating system.
    pub async fn redis(settings: &RedisSettings) -> Result<Self, EphemeralError> {
        Ok(Self(Store::Redis(Redis::connect(settings).await?)))
    }

    /// Checks that the store responds.
    pub async fn ping(&self) -> Result<(), EphemeralError> {
        match &self.0 {
            Store::Memory(_) => Ok(()),
            Store::Redis(redis) => redis.ping().await,
        }
    }

    /// Stores `code` as the newest of `slot`. The number of wrong codes is kept.
    pub async fn issue_code(&self, slot: &str, code: NewCode, now: Instant) -> Result<(), EphemeralError> {
        let now = now.timestamp_micros();
        match &self.0 {
            Store::Memory(memory) => memory.issue(slot, code, now),
            Store::Redis(redis) => redis.issue(slot, &code, now).await,
        }
    }

    /// Redeems a code. A valid code is used and resets the number of wrong codes; a wrong one increases it.
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

    /// Makes a redeemed code redeemable again until it expires, unless a newer one was issued.
    pub async fn restore_code(&self, slot: &str, id: &str, now: Instant) -> Result<(), EphemeralError> {
        match &self.0 {
            Store::Memory(memory) => {
                memory.restore(slot, id, now.timestamp_micros());
                Ok(())
            }
            Store::Redis(redis) => redis.restore(slot, id).await,
        }
    }

    /// Deletes a code that was not redeemed, unless a newer one was issued. Without `id`, deletes the newest code.
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

    /// Stores `record` under `key` until `expires` and replaces any existing record. Callers digest the parts of `key`.
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

    /// Returns the record under `key` without deleting it, or `None` if it does not exist or has expired.
    pub async fn peek_record(&self, key: &str, now: Instant) -> Result<Option<String>, EphemeralError> {
        let now = now.timestamp_micros();
        match &self.0 {
            Store::Memory(memory) => Ok(memory.peek_record(key, now)),
            Store::Redis(redis) => redis.peek_record(key, now).await,
        }
    }

    /// Returns the record under `key` and deletes it. Only one of several concurrent callers gets it.
    pub async fn take_record(&self, key: &str, now: Instant) -> Result<Option<String>, EphemeralError> {
        let now = now.timestamp_micros();
        match &self.0 {
            Store::Memory(memory) => Ok(memory.take_record(key, now)),
            Store::Redis(redis) => redis.take_record(key, now).await,
        }
    }

    /// Charges all of `charges`, or none if one of them is refused. Their keys must differ.
    pub async fn charge(&self, charges: &[Charge], now: Instant) -> Result<Charged, EphemeralError> {
        match &self.0 {
            Store::Memory(memory) => memory.charge(charges, now),
            Store::Redis(redis) => redis.charge(charges, now).await,
        }
    }

    /// Returns charges and clears keys in one step. Missing keys are ignored. Keys must differ.
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
