//! Tables with a limited number of entries and a limited lifetime, according to the injected clock.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;

use crate::core::clock::{Clock, Instant};

/// The maximum number of entries. The oldest are removed first.
const MOST: usize = 1_000;

/// Entries by key, all with the same lifetime.
pub(super) struct Table<T> {
    clock: Clock,
    life: TimeDelta,
    /// The oldest entry first.
    rows: Mutex<VecDeque<(Instant, String, T)>>,
}

impl<T: Clone> Table<T> {
    pub(super) fn new(clock: Clock, life: TimeDelta) -> Self {
        Self { clock, life, rows: Mutex::default() }
    }

    pub(super) fn put(&self, key: &str, value: T) {
        let now = self.clock.now();
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        while rows.len() >= MOST || rows.front().is_some_and(|(since, ..)| *since + self.life <= now) {
            rows.pop_front();
        }
        rows.push_back((now, key.to_owned(), value));
    }

    pub(super) fn get(&self, key: &str) -> Option<T> {
        self.change(key, |value| value.clone())
    }

    /// Changes an entry exclusively.
    pub(super) fn change<R>(&self, key: &str, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        let now = self.clock.now();
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, _, value) = rows.iter_mut().find(|(_, name, _)| name == key)?;
        (*since + self.life > now).then(|| change(value))
    }

    /// Removes and returns an entry.
    pub(super) fn take(&self, key: &str) -> Option<T> {
        let now = self.clock.now();
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let place = rows.iter().position(|(_, name, _)| name == key)?;
        let (since, _, value) = rows.remove(place)?;
        (since + self.life > now).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn entries_expire_and_the_oldest_are_removed() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        let table = Table::new(clock.clone(), TimeDelta::seconds(10));
        table.put("a", 1);
        clock.advance(TimeDelta::seconds(9));
        table.put("b", 2);
        assert_eq!((table.get("a"), table.get("b")), (Some(1), Some(2)));
        clock.advance(TimeDelta::seconds(1));
        assert_eq!((table.get("a"), table.get("b")), (None, Some(2)));
        for number in 0..MOST {
            table.put(&number.to_string(), 3);
        }
        assert_eq!((table.get("b"), table.get("0")), (None, Some(3)));
        assert_eq!(table.rows.lock().unwrap().len(), MOST);
    }
}
