//! Names for people who did not choose one.

use crate::core::identifier::{Nickname, Username};
use crate::core::random::Random;

/// Lower-case letters and digits that cannot be taken for one another.
const ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

fn tail(random: &Random, length: usize) -> String {
    let size = u32::try_from(ALPHABET.len()).unwrap_or(1);
    (0..length).map(|_| char::from(ALPHABET[random.below(size) as usize])).collect()
}

/// A user name that says nothing of the person: never the mobile number or a part of it.
#[must_use]
pub fn username(random: &Random) -> Username {
    loop {
        if let Ok(name) = Username::parse(&format!("user_{}", tail(random, 8)), &[]) {
            return name;
        }
    }
}

/// A nickname near to `wish`, for when the wish itself is taken or cannot stand.
#[must_use]
pub fn nickname(wish: &str, random: &Random) -> Nickname {
    let stem: String = wish.chars().take(24).collect();
    Nickname::parse(&format!("{stem}_{}", tail(random, 6)), &[]).unwrap_or_else(|_| {
        let plain = format!("user_{}", tail(random, 8));
        Nickname::parse(&plain, &[]).expect("letters, digits and an underscore make a nickname")
    })
}
