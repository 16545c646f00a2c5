//! Secrets at rest. A value that is only looked up is stored as a digest; a value that must be read again is encrypted.
//!
//! There is one master key per installation. All other keys are derived from it with HKDF-SHA256 (RFC 5869), each with
//! its own label, so that no key serves two purposes.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{digest, hkdf, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::random::Random;

pub use secrecy::{ExposeSecret, SecretString};

/// Returns the SHA-256 digest of a token of 256 random bits. Such a token cannot be guessed, so no slow hash is needed
/// (ASVS 6.5.2).
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// Returns lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// The 256 bits from which all other keys are derived. No `Debug`; wiped when dropped.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl MasterKey {
    /// Generates a new key.
    #[must_use]
    pub fn generate(random: &Random) -> Self {
        Self(Zeroizing::new(random.bytes()))
    }

    /// Parses 32 bytes in base64 (either alphabet, padded or not). Returns `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let bytes =
            STANDARD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text.trim_end_matches('='))).ok()?;
        let bytes = Zeroizing::new(bytes);
        bytes.as_slice().try_into().ok().map(|key| Self(Zeroizing::new(key)))
    }

    /// Returns the form that [`MasterKey::parse`] reads, for the key file of development mode.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(*self.0))
    }

    /// Derives the key for one purpose.
    fn derive(&self, label: &str) -> Zeroizing<[u8; 32]> {
        let mut out = Zeroizing::new([0; 32]);
        let info = [label.as_bytes()];
        let filled = hkdf::Salt::new(hkdf::HKDF_SHA256, b"menjin")
            .extract(self.0.as_slice())
            .expand(&info, hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(out.as_mut_slice()));
        assert!(filled.is_ok(), "32 bytes are within what HKDF-SHA256 gives");
        out
    }

    /// Builds a keyed digest for values that are too short for a plain hash, such as codes of six digits.
    #[must_use]
    pub fn digester(&self, label: &str) -> Digester {
        Digester(hmac::Key::new(hmac::HMAC_SHA256, self.derive(label).as_slice()))
    }

    /// Builds a cipher for one purpose.
    #[must_use]
    pub fn sealer(&self, label: &str) -> Sealer {
        let key = self.derive(label);
        let mut id = [0; 4];
        id.copy_from_slice(&sha256(key.as_slice())[..4]);
        Sealer { key, id }
    }
}

/// HMAC-SHA256 under a derived key.
#[derive(Clone)]
pub struct Digester(hmac::Key);

impl Digester {
    /// Returns the digest of `parts`. Each part is preceded by its length, so that no two lists of parts collide.
    #[must_use]
    pub fn digest(&self, parts: &[&str]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut out = [0; 32];
        out.copy_from_slice(context.sign().as_ref());
        out
    }
}

/// AES-256-GCM under a derived key. The envelope is `1 | key id (4) | nonce (12) | ciphertext and tag`.
#[derive(Clone)]
pub struct Sealer {
    key: Zeroizing<[u8; 32]>,
    id: [u8; 4],
}

/// A sealed value could not be opened.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum OpenError {
    /// The envelope names another key: the master key was changed.
    #[error("sealed under another master key")]
    OtherKey,
    /// The envelope is damaged or was moved from another row or column.
    #[error("the sealed value is damaged or was moved from another row")]
    Damaged,
}

const VERSION: u8 = 1;
const HEADER: usize = 1 + 4 + NONCE_LEN;

impl Sealer {
    /// Encrypts `plain`. `place` (table, column and row) is authenticated, so that a value that was moved elsewhere in
    /// the database cannot be opened.
    #[must_use]
    pub fn seal(&self, random: &Random, place: &str, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = random.bytes();
        let mut body = plain.to_vec();
        let sealed = self.cipher().seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(place.as_bytes()),
            &mut body,
        );
        assert!(sealed.is_ok(), "AES-256-GCM takes any value of less than 64 GiB");
        let mut envelope = Vec::with_capacity(HEADER + body.len());
        envelope.push(VERSION);
        envelope.extend_from_slice(&self.id);
        envelope.extend_from_slice(&nonce);
        envelope.append(&mut body);
        envelope
    }

    /// Decrypts a value that [`Sealer::seal`] returned for the same `place`.
    ///
    /// # Errors
    /// [`OpenError`], which distinguishes a changed master key from damage.
    pub fn open(&self, place: &str, envelope: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (header, body) = envelope.split_at_checked(HEADER).ok_or(OpenError::Damaged)?;
        if header[0] != VERSION {
            return Err(OpenError::Damaged);
        }
        if header[1..5] != self.id {
            return Err(OpenError::OtherKey);
        }
        let nonce = Nonce::try_assume_unique_for_key(&header[5..]).map_err(|_| OpenError::Damaged)?;
        let mut body = Zeroizing::new(body.to_vec());
        let length = self
            .cipher()
            .open_in_place(nonce, Aad::from(place.as_bytes()), &mut body)
            .map_err(|_| OpenError::Damaged)?
            .len();
        body.truncate(length);
        Ok(body)
    }

    fn cipher(&self) -> LessSafeKey {
        let key = UnboundKey::new(&AES_256_GCM, self.key.as_slice());
        LessSafeKey::new(key.expect("the derived key has the cipher's 32 bytes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_only_in_its_place() {
        let random = Random::seeded(3);
        let master = MasterKey::generate(&random);
        let sealer = master.sealer("outbox");
        let sealed = sealer.seal(&random, "messages.payload.1", b"123456");
        assert!(!sealed.windows(6).any(|window| window == b"123456"));
        assert_eq!(sealer.open("messages.payload.1", &sealed).unwrap().as_slice(), b"123456");
        assert_eq!(sealer.open("messages.payload.2", &sealed), Err(OpenError::Damaged));
        assert_eq!(master.sealer("other").open("messages.payload.1", &sealed), Err(OpenError::OtherKey));
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert!(sealer.open("messages.payload.1", &damaged).is_err(), "byte {at}");
            assert!(sealer.open("messages.payload.1", &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn the_master_key_round_trips_and_other_texts_are_refused() {
        let master = MasterKey::generate(&Random::seeded(4));
        let again = MasterKey::parse(&format!(" {}\n", *master.encode())).unwrap();
        assert_eq!(*again.0, *master.0);
        assert!(MasterKey::parse("short").is_none());
        assert!(MasterKey::parse(&STANDARD.encode([1; 31])).is_none());
        assert!(MasterKey::parse(&STANDARD.encode([1; 32])).is_some());
    }

    #[test]
    fn digests_depend_on_the_boundaries_of_parts() {
        let digester = MasterKey::generate(&Random::seeded(5)).digester("codes");
        assert_ne!(digester.digest(&["ab", "c"]), digester.digest(&["a", "bc"]));
        assert_eq!(digester.digest(&["a", "bc"]), digester.digest(&["a", "bc"]));
    }
}
