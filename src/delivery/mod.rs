//! Messages: the outbox, its worker, and the ways out.
