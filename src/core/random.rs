//! The only source of randomness: the operating system's generator, or a seeded one in tests.

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Generates unpredictable bytes, codes and tokens. Cheap to clone.
#[derive(Clone)]
pub struct Random(Source);

#[derive(Clone)]
enum Source {
    System,
    Seeded(Arc<Mutex<(u64, u64)>>),
}

impl Random {
    /// Returns the operating system's cryptographic generator.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// Returns a generator with a repeatable sequence. For tests only.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(Arc::new(Mutex::new((seed, 0)))))
    }

    /// Fills `bytes`.
    ///
    /// # Panics
    /// If the operating system provides no randomness, because nothing would be secure without it.
    pub fn fill(&self, bytes: &mut [u8]) {
        match &self.0 {
            Source::System => system_fill(bytes),
            Source::Seeded(state) => {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                for chunk in bytes.chunks_mut(32) {
                    let mut input = [0; 16];
                    input[..8].copy_from_slice(&state.0.to_be_bytes());
                    input[8..].copy_from_slice(&state.1.to_be_bytes());
                    state.1 += 1;
                    let block = digest::digest(&digest::SHA256, &input);
                    chunk.copy_from_slice(&block.as_ref()[..chunk.len()]);
                }
            }
        }
    }

    /// Returns `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// Returns a uniformly distributed number below `bound` (rejection sampling, no modulo bias).
    #[must_use]
    pub fn below(&self, bound: u32) -> u32 {
        let bound = bound.max(1);
        let zone = u32::MAX - u32::MAX % bound;
        loop {
            let drawn = u32::from_be_bytes(self.bytes());
            if drawn < zone {
                return drawn % bound;
            }
        }
    }

    /// Returns `length` decimal digits, including leading zeros.
    #[must_use]
    pub fn digits(&self, length: usize) -> String {
        (0..length).filter_map(|_| char::from_digit(self.below(10), 10)).collect()
    }

    /// Returns 256 random bits as 43 characters of unpadded base64url, for session, reset and bind tokens.
    #[must_use]
    pub fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<32>())
    }
}

#[expect(clippy::disallowed_methods, reason = "the only place that reads the system's randomness")]
fn system_fill(bytes: &mut [u8]) {
    assert!(aws_lc_rs::rand::fill(bytes).is_ok(), "the operating system provides no randomness");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_evenly_spread_and_keep_leading_zeros() {
        let random = Random::seeded(1);
        let mut counts = [0_u32; 10];
        let mut zeros = 0;
        for _ in 0..10_000 {
            let code = random.digits(6);
            assert_eq!(code.len(), 6);
            zeros += u32::from(code.starts_with('0'));
            for digit in code.chars().filter_map(|c| c.to_digit(10)) {
                counts[digit as usize] += 1;
            }
        }
        assert!(zeros > 800, "leading zeros occur: {zeros}");
        // 60,000 digits: 6,000 of each expected, standard deviation about 73.
        assert!(counts.iter().all(|n| (5_600..6_400).contains(n)), "{counts:?}");
    }

    #[test]
    fn tokens_have_256_bits_and_differ() {
        let random = Random::system();
        assert_eq!(random.token().len(), 43);
        assert_ne!(random.token(), random.token());
    }
}
