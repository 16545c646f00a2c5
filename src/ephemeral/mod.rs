//! The short-lived store: codes, limits and tickets, in Redis or in this process.
