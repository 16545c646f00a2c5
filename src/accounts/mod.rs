//! Accounts: one use case a file.
