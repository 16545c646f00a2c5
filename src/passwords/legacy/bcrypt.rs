//! bcrypt, plain and in Django's format.
//!
//! bcrypt uses only the first 72 bytes of a password. Other systems truncate the password there, so it is truncated
//! here too. Django's `bcrypt_sha256` hashes the hex digest of the password to avoid that.

use crate::core::secret::sha256;

/// Each step doubles the time. Django uses 12.
const HIGHEST_COST: u32 = 16;

/// A hash and the preparation of the password.
pub(super) struct Bcrypt {
    hash: String,
    digested: bool,
}

impl Bcrypt {
    pub(super) fn read(stored: &str) -> Option<Self> {
        let (hash, digested) = if let Some(hash) = stored.strip_prefix("bcrypt_sha256$") {
            (hash, true)
        } else {
            (stored.strip_prefix("bcrypt$").unwrap_or(stored), false)
        };
        // `$2x$` marks hashes of a defective implementation that misreads some letters.
        let known = ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| hash.starts_with(prefix));
        let parts: bcrypt::HashParts = hash.parse().ok().filter(|_| known)?;
        let bounded = (4..=HIGHEST_COST).contains(&parts.get_cost());
        bounded.then(|| Self { hash: hash.to_owned(), digested })
    }

    pub(super) fn matches(&self, password: &[u8]) -> bool {
        let outcome = if self.digested {
            bcrypt::verify(hex(&sha256(password)), &self.hash)
        } else {
            bcrypt::verify(password, &self.hash)
        };
        outcome.unwrap_or(false)
    }
}

/// Returns lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
