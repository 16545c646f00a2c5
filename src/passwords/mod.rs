//! Passwords: policy, Argon2id on bounded threads, hashes of other systems.

mod hasher;
mod legacy;
mod password;
mod policy;

pub use hasher::{Hasher, Verdict, is_readable};
pub use password::Password;
pub use policy::{NewPassword, Policy};
