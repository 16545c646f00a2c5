//! Generated names, for users who did not choose one.

use crate::core::identifier::{Nickname, Username};
use crate::core::random::Random;

/// Lower-case letters and digits that do not look alike.
const ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

fn suffix(random: &Random, length: usize) -> String {
    let size = u32::try_from(ALPHABET.len()).unwrap_or(1);
    (0..length).map(|_| char::from(ALPHABET[random.below(size) as usize])).collect()
}

/// Generates a user name that discloses nothing: never the mobile number or a part of it.
#[must_use]
pub fn username(random: &Random) -> Username {
    loop {
        if let Ok(name) = Username::parse(&format!("user_{}", suffix(random, 8)), &[]) {
            return name;
        }
    }
}

/// Generates a nickname that is similar to `wanted`, which is in use or invalid.
#[must_use]
pub fn nickname(wanted: &str, random: &Random) -> Nickname {
    let stem: String = wanted.chars().take(24).collect();
    Nickname::parse(&format!("{stem}_{}", suffix(random, 6)), &[]).unwrap_or_else(|_| {
        let plain = format!("user_{}", suffix(random, 8));
        Nickname::parse(&plain, &[]).expect("letters, digits and an underscore make a nickname")
    })
}
