//! Werkzeug's hashes: `<method>$<salt>$<hex>`, where the method is `pbkdf2:<digest>:<iterations>` or
//! `scrypt:<N>:<r>:<p>`. The salt is used as text. Methods without numbers are refused: they mean defaults that changed
//! between versions, and Werkzeug does not store them.

use super::derive::{Derived, Digest, exponent};

const SCRYPT_KEY_BYTES: usize = 64;

pub(super) fn read(stored: &str) -> Option<Derived> {
    let mut parts = stored.split('$');
    let (method, salt, key) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (key, mut method) = (hex(key)?, method.split(':'));
    let derived = match method.next()? {
        "pbkdf2" => {
            let digest = match method.next()? {
                "sha1" => Digest::Sha1,
                "sha256" => Digest::Sha256,
                "sha512" => Digest::Sha512,
                _ => return None,
            };
            let rounds = method.next()?.parse().ok()?;
            if key.len() != digest.length() {
                return None;
            }
            Derived::by_pbkdf2(digest, rounds, salt.into(), key)?
        }
        "scrypt" => {
            let (n, r, p) = (method.next()?, method.next()?, method.next()?);
            if key.len() != SCRYPT_KEY_BYTES {
                return None;
            }
            Derived::by_scrypt(exponent(n)?, r.parse().ok()?, p.parse().ok()?, salt.into(), key)?
        }
        _ => return None,
    };
    method.next().is_none().then_some(derived)
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect()
}
