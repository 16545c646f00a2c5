//! PBKDF2 and scrypt: a key is derived from the password and compared.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// Five times the iterations of Django 5.2.
const MOST_ROUNDS: u32 = 5_000_000;
/// 128 · N · r bytes. Werkzeug 3.1 uses 32 MiB, Django 5.2 uses 16 MiB.
const MOST_MEMORY: u64 = 256 * 1024 * 1024;
/// N · r · p, which determines the time: 12 times that of Django 5.2, 32 times that of Werkzeug 3.1.
const MOST_WORK: u64 = 1 << 23;
const LONGEST_SALT: usize = 1_024;
/// Shorter keys can match by chance, and an empty key matches every password.
const SHORTEST_KEY: usize = 16;
const LONGEST_KEY: usize = 64;

/// The digest of PBKDF2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

impl Digest {
    /// Returns the length of its output in bytes.
    pub(super) fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    fn algorithm(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }
}

enum Function {
    Pbkdf2 { digest: Digest, rounds: NonZeroU32 },
    Scrypt(scrypt::Params),
}

/// A derived key and the parameters of the derivation.
pub(super) struct Derived {
    function: Function,
    salt: Vec<u8>,
    key: Vec<u8>,
}

impl Derived {
    /// Returns `None` if a length or the number of iterations is out of bounds.
    pub(super) fn by_pbkdf2(digest: Digest, rounds: u32, salt: Vec<u8>, key: Vec<u8>) -> Option<Self> {
        let rounds = NonZeroU32::new(rounds).filter(|rounds| rounds.get() <= MOST_ROUNDS)?;
        Self::bounded(Function::Pbkdf2 { digest, rounds }, salt, key)
    }

    /// `n` is 2 to the power of `log_n`. Returns `None` if a length, the memory or the work is out of bounds.
    pub(super) fn by_scrypt(log_n: u8, r: u32, p: u32, salt: Vec<u8>, key: Vec<u8>) -> Option<Self> {
        let n = 1_u64.checked_shl(log_n.into()).filter(|&n| n > 1)?;
        let block = n.checked_mul(r.into())?;
        let memory = block.checked_mul(128)?;
        let work = block.checked_mul(p.into())?;
        if memory > MOST_MEMORY || work > MOST_WORK {
            return None;
        }
        Self::bounded(Function::Scrypt(scrypt::Params::new(log_n, r, p).ok()?), salt, key)
    }

    fn bounded(function: Function, salt: Vec<u8>, key: Vec<u8>) -> Option<Self> {
        let salted = (1..=LONGEST_SALT).contains(&salt.len());
        let sound = salted && (SHORTEST_KEY..=LONGEST_KEY).contains(&key.len());
        sound.then_some(Self { function, salt, key })
    }

    /// Returns whether `password` derives this key.
    pub(super) fn matches(&self, password: &[u8]) -> bool {
        match &self.function {
            Function::Pbkdf2 { digest, rounds } => {
                pbkdf2::verify(digest.algorithm(), *rounds, &self.salt, password, &self.key).is_ok()
            }
            Function::Scrypt(params) => {
                let mut key = Zeroizing::new(vec![0; self.key.len()]);
                scrypt::scrypt(password, &self.salt, params, &mut key).is_ok()
                    && bool::from(key.as_slice().ct_eq(&self.key))
            }
        }
    }
}

/// Returns the exponent of a power of two: Django and Werkzeug store N itself.
pub(super) fn exponent(n: &str) -> Option<u8> {
    let n: u64 = n.parse().ok()?;
    n.is_power_of_two().then(|| u8::try_from(n.trailing_zeros()).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costly_and_weak_parameters_are_refused() {
        let pbkdf2 = |rounds, salt: usize, key: usize| {
            Derived::by_pbkdf2(Digest::Sha256, rounds, vec![1; salt], vec![2; key]).is_some()
        };
        assert!(pbkdf2(1, 1, 16) && pbkdf2(MOST_ROUNDS, LONGEST_SALT, 64));
        for (rounds, salt, key) in [
            (0, 8, 32),
            (MOST_ROUNDS + 1, 8, 32),
            (1, 0, 32),
            (1, 1_025, 32),
            (1, 8, 0),
            (1, 8, 15),
            (1, 8, 65),
        ] {
            assert!(!pbkdf2(rounds, salt, key), "{rounds} {salt} {key}");
        }
        let scrypt = |log_n, r, p| Derived::by_scrypt(log_n, r, p, vec![1; 8], vec![2; 64]).is_some();
        assert!(scrypt(14, 8, 5) && scrypt(15, 8, 1) && scrypt(18, 8, 1) && scrypt(17, 8, 8));
        for (log_n, r, p) in [
            (0, 8, 1),
            (19, 8, 1),
            (63, 8, 1),
            (64, 8, 1),
            (255, 8, 1),
            (14, 0, 1),
            (14, 8, 0),
            (14, u32::MAX, 1),
            (14, 8, u32::MAX),
            (1, u32::MAX, u32::MAX),
        ] {
            assert!(!scrypt(log_n, r, p), "{log_n} {r} {p}");
        }
    }

    #[test]
    fn exponents() {
        assert_eq!(exponent("16384"), Some(14));
        assert_eq!(exponent("1"), Some(0));
        for text in ["", "0", "3", "16385", "-2", " 2", "99999999999999999999999"] {
            assert_eq!(exponent(text), None, "{text}");
        }
    }
}
