//! bcrypt, plain and as Django frames it.
//!
//! bcrypt looks at 72 bytes and no more. Whoever made a hash cut the password there, so it is cut here too; Django's
//! `bcrypt_sha256` takes the digest of the password, in hex, to escape that.

use crate::core::secret::sha256;

/// Each step doubles the time. Django writes 12.
const HIGHEST_COST: u32 = 16;

/// A hash, and what is done to the password before.
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
        // `$2x$` marks hashes of a faulty implementation, which read some letters wrongly.
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

/// Lower-case.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
