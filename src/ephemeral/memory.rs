//! The store of a gateway that runs alone: a map in this process.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::code::{Attempts, NewCode, Redeemed, Slot};
use super::error::EphemeralError;
use super::limit::{Charge, Charged, LimitState, Return, Verdict};
use super::time::instant;
use crate::core::clock::Instant;

/// Entries kept at most, some 100 MB. When all are in use, new keys are refused: dropping old ones would let a
/// stranger wash away the counts that hold him back.
const CAPACITY: usize = 200_000;

/// Entries past their time that one call removes at most: more than it can add, so that they get fewer.
const SWEEP: usize = 32;

/// An in-process store. Clones share it.
#[derive(Clone)]
pub(super) struct Memory {
    map: Arc<Mutex<Map>>,
}

struct Map {
    entries: HashMap<String, Entry>,
    /// The same keys by the time when they mean nothing any more.
    ends: BTreeSet<(i64, String)>,
    capacity: usize,
}

struct Entry {
    value: Value,
    ends: i64,
}

enum Value {
    Code(Slot),
    Limit(LimitState),
}

impl Memory {
    pub(super) fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    fn with_capacity(capacity: usize) -> Self {
        let map = Map { entries: HashMap::new(), ends: BTreeSet::new(), capacity };
        Self { map: Arc::new(Mutex::new(map)) }
    }

    /// The map, after a sweep. A panic elsewhere leaves no half-made change behind, so its poison is no harm.
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

    pub(super) fn withdraw(&self, slot: &str, id: &str, now: i64) {
        self.lock(now).change_slot(slot, |state| state.withdraw(id));
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
                Return::Clear { key } => map.remove(key),
                Return::Refund { charge, at } => {
                    let Some(state) = map.limit(&charge.key) else {
                        continue;
                    };
                    match charge.rule.refund(state, at.timestamp_micros(), now) {
                        Some(state) => map.replace(&charge.key, Value::Limit(state)),
                        None => map.remove(&charge.key),
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
        if self.entries.len() + new > self.capacity {
            return Err(EphemeralError::Unavailable("it is full".into()));
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
            Value::Code(_) => None,
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
        if let Some(old) = self.entries.insert(key.to_owned(), Entry { value, ends }) {
            self.ends.remove(&(old.ends, key.to_owned()));
        }
        self.ends.insert((ends, key.to_owned()));
    }

    /// Another value under a key that is there; it ends when the old one did.
    fn replace(&mut self, key: &str, value: Value) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.value = value;
        }
    }

    fn remove(&mut self, key: &str) {
        if let Some(old) = self.entries.remove(key) {
            self.ends.remove(&(old.ends, key.to_owned()));
        }
    }
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
    fn what_has_ended_goes_away_a_bounded_number_a_call() {
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
