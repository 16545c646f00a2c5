//! The store of a single gateway: a map in this process.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::code::{Attempts, NewCode, Redeemed, Slot};
use super::error::EphemeralError;
use super::limit::{Charge, Charged, LimitState, Return, Verdict};
use super::time::instant;
use crate::core::clock::Instant;

/// The maximum number of entries, about 100 MB. A long record counts as several entries. When the store is full, new
/// keys are refused: if old keys were evicted, a stranger could clear the counters that limit them.
const CAPACITY: usize = 200_000;

/// The number of bytes of a record that count as one entry.
const SHARE: usize = 512;

/// The maximum number of expired entries that one call removes. It is more than a call can add, so expired entries
/// become fewer.
const SWEEP: usize = 32;

/// An in-process store. Clones share it.
#[derive(Clone)]
pub(super) struct Memory {
    map: Arc<Mutex<Map>>,
}

struct Map {
    entries: HashMap<String, Entry>,
    /// The same keys, sorted by the time when they can be deleted.
    ends: BTreeSet<(i64, String)>,
    capacity: usize,
    /// The total of entries that count towards the capacity.
    used: usize,
}

struct Entry {
    value: Value,
    ends: i64,
}

enum Value {
    Code(Slot),
    Limit(LimitState),
    Record(String),
}

impl Value {
    fn weight(&self) -> usize {
        match self {
            Self::Code(_) | Self::Limit(_) => 1,
            Self::Record(record) => 1 + record.len() / SHARE,
        }
    }
}

impl Memory {
    pub(super) fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    fn with_capacity(capacity: usize) -> Self {
        let map = Map { entries: HashMap::new(), ends: BTreeSet::new(), capacity, used: 0 };
        Self { map: Arc::new(Mutex::new(map)) }
    }

    /// Locks the map and removes expired entries. A panic elsewhere leaves no incomplete change, so poisoning is
    /// ignored.
    fn lock(&self, now: i64) -> MutexGuard<'_, Map> {
        let mut map = self.map.lock().unwrap_or_else(PoisonError::into_inner);
        map.sweep(now);
        map
    }

    pub(super) fn issue(&self, slot: &str, code: NewCode, now: i64) -> Result<(), EphemeralError> {
        let mut map = self.lock(now);
        map.room_for(&[slot])?;
        let mut state = map.slot(slot);
        state.issue(code);
        map.put_slot(slot, state);
        Ok(())
    }

    pub(super) fn redeem(
        &self,
        slot: &str,
        digest: &str,
        attempts: Attempts,
        now: i64,
    ) -> Result<Redeemed, EphemeralError> {
        let mut map = self.lock(now);
        let mut state = map.slot(slot);
        let redeemed = state.redeem(digest, attempts, now);
        if state.ends() > now {
            map.room_for(&[slot])?;
            map.put_slot(slot, state);
        }
        Ok(redeemed)
    }

    pub(super) fn restore(&self, slot: &str, id: &str, now: i64) {
        self.lock(now).change_slot(slot, |state| state.restore(id));
    }

    pub(super) fn withdraw(&self, slot: &str, id: Option<&str>, now: i64) {
        self.lock(now).change_slot(slot, |state| state.withdraw(id));
    }

    pub(super) fn put_record(
        &self,
        key: &str,
        record: &str,
        expires: i64,
        now: i64,
    ) -> Result<(), EphemeralError> {
        let value = Value::Record(record.to_owned());
        let mut map = self.lock(now);
        map.remove(key);
        if map.used + value.weight() > map.capacity {
            return Err(full());
        }
        map.put(key, value, expires);
        Ok(())
    }

    pub(super) fn peek_record(&self, key: &str, now: i64) -> Option<String> {
        match self.lock(now).entries.get(key) {
            Some(Entry { value: Value::Record(record), ends }) if now < *ends => Some(record.clone()),
            _ => None,
        }
    }

    pub(super) fn take_record(&self, key: &str, now: i64) -> Option<String> {
        let mut map = self.lock(now);
        match map.remove(key)? {
            Entry { value: Value::Record(record), ends } if now < ends => Some(record),
            _ => None,
        }
    }

    pub(super) fn charge(&self, charges: &[Charge], at: Instant) -> Result<Charged, EphemeralError> {
        let now = at.timestamp_micros();
        let mut map = self.lock(now);
        let mut taken = Vec::with_capacity(charges.len());
        let mut next_at = now;
        let mut refused: Option<(usize, i64)> = None;
        for (index, charge) in charges.iter().enumerate() {
            match charge.rule.charge(map.limit(&charge.key), now) {
                Verdict::Take { state, ends, next } => {
                    next_at = next_at.max(next);
                    taken.push((charge.key.as_str(), state, ends));
                }
                Verdict::Refuse { retry } if refused.is_none_or(|(_, longest)| retry > longest) => {
                    refused = Some((index, retry));
                }
                Verdict::Refuse { .. } => {}
            }
        }
        if let Some((index, retry)) = refused {
            return Ok(Charged::Refused { index, retry_at: instant(retry) });
        }
        let keys: Vec<&str> = taken.iter().map(|(key, ..)| *key).collect();
        map.room_for(&keys)?;
        for (key, state, ends) in taken {
            map.put(key, Value::Limit(state), ends);
        }
        Ok(Charged::Taken { next_at: instant(next_at) })
    }

    pub(super) fn give_back(&self, returns: &[Return], at: Instant) {
        let now = at.timestamp_micros();
        let mut map = self.lock(now);
        for returned in returns {
            match returned {
                Return::Clear { key } => drop(map.remove(key)),
                Return::Refund { charge, at } => {
                    let Some(state) = map.limit(&charge.key) else {
                        continue;
                    };
                    match charge.rule.refund(state, at.timestamp_micros(), now) {
                        Some(state) => map.replace(&charge.key, Value::Limit(state)),
                        None => drop(map.remove(&charge.key)),
                    }
                }
            }
        }
    }
}

impl Map {
    fn sweep(&mut self, now: i64) {
        for _ in 0..SWEEP {
            let Some((_, key)) = self.ends.first().filter(|(ends, _)| *ends <= now).cloned() else {
                return;
            };
            self.remove(&key);
        }
    }

    fn room_for(&self, keys: &[&str]) -> Result<(), EphemeralError> {
        let new = keys.iter().filter(|key| !self.entries.contains_key(**key)).count();
        if self.used + new > self.capacity {
            return Err(full());
        }
        Ok(())
    }

    fn slot(&self, key: &str) -> Slot {
        match self.entries.get(key) {
            Some(Entry { value: Value::Code(slot), .. }) => slot.clone(),
            _ => Slot::default(),
        }
    }

    fn limit(&self, key: &str) -> Option<LimitState> {
        match self.entries.get(key)?.value {
            Value::Limit(state) => Some(state),
            Value::Code(_) | Value::Record(_) => None,
        }
    }

    fn put_slot(&mut self, key: &str, slot: Slot) {
        let ends = slot.ends();
        self.put(key, Value::Code(slot), ends);
    }

    fn change_slot(&mut self, key: &str, change: impl FnOnce(&mut Slot)) {
        if self.entries.contains_key(key) {
            let mut slot = self.slot(key);
            change(&mut slot);
            self.put_slot(key, slot);
        }
    }

    fn put(&mut self, key: &str, value: Value, ends: i64) {
        self.remove(key);
        self.used += value.weight();
        self.entries.insert(key.to_owned(), Entry { value, ends });
        self.ends.insert((ends, key.to_owned()));
    }

    /// Replaces the state of an existing limit. The time of deletion stays the same.
    fn replace(&mut self, key: &str, value: Value) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.value = value;
        }
    }

    fn remove(&mut self, key: &str) -> Option<Entry> {
        let old = self.entries.remove(key)?;
        self.ends.remove(&(old.ends, key.to_owned()));
        self.used -= old.value.weight();
        Some(old)
    }
}

fn full() -> EphemeralError {
    EphemeralError::Unavailable("the store is full".into())
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::super::limit::Rule;
    use super::*;

    fn charge(key: String) -> [Charge; 1] {
        [Charge { key, rule: Rule::Rate { interval: 1_000_000, burst: 1 } }]
    }

    #[test]
    fn a_full_store_refuses_new_keys_and_takes_them_when_old_ones_have_ended() {
        let memory = Memory::with_capacity(10);
        let start = DateTime::UNIX_EPOCH;
        for n in 0..10 {
            memory.charge(&charge(n.to_string()), start).unwrap();
        }
        assert!(memory.charge(&charge("new".into()), start).is_err());
        let known = memory.charge(&charge("3".into()), start).unwrap();
        assert!(matches!(known, Charged::Refused { .. }), "keys that are there still count");
        memory.charge(&charge("new".into()), start + TimeDelta::seconds(1)).unwrap();
    }

    #[test]
    fn long_records_count_for_several_entries() {
        let memory = Memory::with_capacity(10);
        let long = "x".repeat(5 * SHARE);
        memory.put_record("a", &long, 10, 0).unwrap();
        memory.put_record("a", &long, 10, 0).unwrap();
        assert!(memory.put_record("b", &long, 10, 0).is_err(), "12 of 10");
        memory.put_record("b", "short", 10, 0).unwrap();
        assert_eq!(memory.map.lock().unwrap().used, 7);
        assert_eq!(memory.take_record("a", 0), Some(long.clone()));
        memory.put_record("c", &long, 10, 0).unwrap();
        memory.put_record("d", &long, 20, 10).unwrap();
        assert_eq!(memory.map.lock().unwrap().used, 6, "what has expired makes room");
    }

    #[test]
    fn each_call_removes_a_bounded_number_of_expired_entries() {
        let memory = Memory::new();
        let start = DateTime::UNIX_EPOCH;
        for n in 0..100 {
            memory.charge(&charge(n.to_string()), start).unwrap();
        }
        let later = start + TimeDelta::hours(1);
        for left in [69, 38, 7, 1, 1] {
            memory.charge(&charge("one".into()), later).unwrap();
            let map = memory.map.lock().unwrap();
            assert_eq!(map.entries.len(), map.ends.len());
            assert!(map.entries.len() <= usize::try_from(left).unwrap(), "{} > {left}", map.entries.len());
        }
    }
}
