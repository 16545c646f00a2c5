//! Password hashes that other systems made, for accounts that were moved in. Each is read by its prefix, verified, and
//! replaced by one of ours at the first good sign-in.
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
//! Argon2 is not among them: its hashes are verified as ours are, with the word that Django writes in front taken off.

mod bcrypt;
mod derive;
mod django_pbkdf2;
mod django_scrypt;
mod phc;
mod werkzeug;

use bcrypt::Bcrypt;
use derive::Derived;

/// A hash of another system, complete and within bounds. No `Debug`.
pub(super) struct Legacy(Made);

enum Made {
    /// By PBKDF2 or scrypt.
    Derived(Derived),
    Bcrypt(Bcrypt),
}

impl Legacy {
    /// Reads a stored hash. `None` when it is not of a format in the table, is damaged, or costs more than a gateway
    /// can give for one password.
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

    /// Whether `password` made this hash. Takes as long as the parameters of the hash ask for.
    pub(super) fn matches(&self, password: &[u8]) -> bool {
        match &self.0 {
            Made::Derived(derived) => derived.matches(password),
            Made::Bcrypt(bcrypt) => bcrypt.matches(password),
        }
    }
}

#[cfg(test)]
mod tests;
