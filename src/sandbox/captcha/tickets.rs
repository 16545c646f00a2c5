//! The tickets that the widgets return.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;

use super::failure::Failure;
use crate::core::clock::{Clock, Instant};
use crate::core::random::Random;

/// The number of tickets that are remembered.
const CAPACITY: usize = 1_000;

/// A ticket that a widget returned.
#[derive(Clone)]
pub(super) struct Ticket {
    pub(super) service: String,
    pub(super) token: String,
    pub(super) randstr: String,
    pub(super) site_key: String,
    pub(super) action: String,
    pub(super) address: IpAddr,
    pub(super) failure: Failure,
    pub(super) issued: Instant,
    /// Who checked it first: the `idempotency_key` of Turnstile, else empty.
    pub(super) used_by: Option<String>,
}

/// How a ticket stands at its check.
pub(super) enum Standing {
    Unknown,
    Expired(Ticket),
    Used(Ticket),
    Valid(Ticket),
}

/// The remembered tickets, the oldest first.
pub(super) struct Tickets {
    clock: Clock,
    pub(super) random: Random,
    rows: Mutex<VecDeque<Ticket>>,
}

impl Tickets {
    pub(super) fn new(clock: Clock, random: Random) -> Self {
        Self { clock, random, rows: Mutex::default() }
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Uses a ticket up. With the same `by` it can be used again.
    pub(super) fn take(&self, service: &str, token: &str, life: TimeDelta, by: &str) -> Standing {
        let now = self.clock.now();
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let found = rows.iter_mut().find(|ticket| ticket.service == service && ticket.token == token);
        let Some(ticket) = found else { return Standing::Unknown };
        if ticket.used_by.as_ref().is_some_and(|other| by.is_empty() || other != by) {
            return Standing::Used(ticket.clone());
        }
        if ticket.issued + life <= now {
            return Standing::Expired(ticket.clone());
        }
        ticket.used_by = Some(by.to_owned());
        Standing::Valid(ticket.clone())
    }

    pub(super) fn issue(&self, ticket: Ticket) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if rows.len() >= CAPACITY {
            rows.pop_front();
        }
        rows.push_back(ticket);
    }
}

impl Standing {
    /// Returns what goes wrong with the ticket.
    pub(super) fn failure(&self) -> Failure {
        match self {
            Self::Unknown => Failure::None,
            Self::Expired(ticket) | Self::Used(ticket) | Self::Valid(ticket) => ticket.failure,
        }
    }
}
