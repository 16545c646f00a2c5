//! Django's scrypt: `scrypt$<N>$<salt>$<r>$<p>$<base64>`, with a key of 64 bytes. The salt is used as text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::derive::{Derived, exponent};

const KEY_BYTES: usize = 64;

pub(super) fn read(stored: &str) -> Option<Derived> {
    let mut parts = stored.strip_prefix("scrypt$")?.split('$');
    let (n, salt) = (parts.next()?, parts.next()?);
    let (r, p, key) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let key = STANDARD.decode(key).ok().filter(|key| key.len() == KEY_BYTES)?;
    Derived::by_scrypt(exponent(n)?, r.parse().ok()?, p.parse().ok()?, salt.into(), key)
}
