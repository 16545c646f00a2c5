//! Passwords: policy, Argon2id on bounded threads.
