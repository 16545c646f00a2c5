//! Django's PBKDF2: `pbkdf2_sha256$<iterations>$<salt>$<base64>`. The salt is used as text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::derive::{Derived, Digest};

pub(super) fn read(stored: &str) -> Option<Derived> {
    let (name, rest) = stored.split_once('$')?;
    let digest = match name {
        "pbkdf2_sha256" => Digest::Sha256,
        "pbkdf2_sha1" => Digest::Sha1,
        _ => return None,
    };
    let mut parts = rest.split('$');
    let (rounds, salt, key) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let key = STANDARD.decode(key).ok().filter(|key| key.len() == digest.length())?;
    Derived::by_pbkdf2(digest, rounds.parse().ok()?, salt.into(), key)
}
