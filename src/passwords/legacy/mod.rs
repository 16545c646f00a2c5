//! Password hashes of other systems, for imported accounts. Each is recognized by its prefix, verified, and replaced by
//! an Argon2id hash at the first successful sign-in.
//!
//! | prefix | made by |
//! | --- | --- |
//! | `pbkdf2_sha256$`, `pbkdf2_sha1$` | Django |
//! | `scrypt$` | Django |
//! | `bcrypt_sha256$$2`, `bcrypt$$2` | Django |
//! | `pbkdf2:`, `scrypt:` | Werkzeug, and so Flask |
//! | `$2a$`, `$2b$`, `$2y$` | bcrypt wherever it is used |
//! | `$pbkdf2-sha256$i=`, `$scrypt$ln=` and the like | whoever writes PHC strings |
//!
//! Argon2 hashes are not included: they are verified like our own, without the prefix that Django adds.

mod bcrypt;
mod derive;
mod django_pbkdf2;
mod django_scrypt;
mod phc;
mod werkzeug;

use bcrypt::Bcrypt;
use derive::Derived;

/// A complete hash of another system with parameters within bounds. No `Debug`.
pub(super) struct Legacy(Made);

enum Made {
    /// PBKDF2 or scrypt.
    Derived(Derived),
    Bcrypt(Bcrypt),
}

impl Legacy {
    /// Parses a stored hash. Returns `None` if its format is not in the table, if it is damaged, or if it costs too
    /// much.
    pub(super) fn read(stored: &str) -> Option<Self> {
        if let Some(bcrypt) = Bcrypt::read(stored) {
            return Some(Self(Made::Bcrypt(bcrypt)));
        }
        let derived = django_pbkdf2::read(stored)
            .or_else(|| django_scrypt::read(stored))
            .or_else(|| werkzeug::read(stored))
            .or_else(|| phc::read(stored))?;
        Some(Self(Made::Derived(derived)))
    }

    /// Returns whether `password` matches. The time depends on the parameters of the hash.
    pub(super) fn matches(&self, password: &[u8]) -> bool {
        match &self.0 {
            Made::Derived(derived) => derived.matches(password),
            Made::Bcrypt(bcrypt) => bcrypt.matches(password),
        }
    }
}

#[cfg(test)]
mod tests;
