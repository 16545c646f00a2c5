//! PHC strings of PBKDF2 and scrypt: `$pbkdf2-sha256$i=<iterations>,l=<bytes>$<salt>$<key>` and
//! `$scrypt$ln=<exponent>,r=<r>,p=<p>$<salt>$<key>`, salt and key in base64 without padding.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::derive::{Derived, Digest};

pub(super) fn read(stored: &str) -> Option<Derived> {
    let mut parts = stored.strip_prefix('$')?.split('$');
    let (name, params) = (parts.next()?, parts.next()?);
    let (salt, key) = (parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (salt, key) = (STANDARD_NO_PAD.decode(salt).ok()?, STANDARD_NO_PAD.decode(key).ok()?);
    let digest = match name {
        "scrypt" => {
            let [log_n, r, p] = numbers(params, ["ln", "r", "p"])?;
            return Derived::by_scrypt(log_n?.try_into().ok()?, r?, p?, salt, key);
        }
        "pbkdf2" | "pbkdf2-sha1" => Digest::Sha1,
        "pbkdf2-sha256" => Digest::Sha256,
        "pbkdf2-sha512" => Digest::Sha512,
        _ => return None,
    };
    let [rounds, length] = numbers(params, ["i", "l"])?;
    if length.is_some_and(|length| usize::try_from(length).ok() != Some(key.len())) {
        return None;
    }
    Derived::by_pbkdf2(digest, rounds?, salt, key)
}

/// Returns the values of `names` in a list such as `ln=15,r=8,p=1`, or `None` if there is another name, a duplicate, or
/// a value that is not a number.
fn numbers<const N: usize>(params: &str, names: [&str; N]) -> Option<[Option<u32>; N]> {
    let mut out = [None; N];
    for param in params.split(',') {
        let (name, value) = param.split_once('=')?;
        let slot = &mut out[names.iter().position(|known| *known == name)?];
        if slot.replace(value.parse().ok()?).is_some() {
            return None;
        }
    }
    Some(out)
}
