//! Hashes of Django 5.2 and Werkzeug 3.1, and invalid ones.

use proptest::prelude::*;

use super::Legacy;

const PASSWORD: &str = "correct horse 密码";

/// Hashes of [`PASSWORD`].
const MADE: &[&str] = &[
    "pbkdf2_sha256$1000$NaClSalt1234$ELZIORV8YaLAv1fO8dZtywqwlnjOtiV2v7s4WUPOIxA=",
    "pbkdf2_sha256$600000$NaClSalt1234$NAgvZegrLVDMxfmSwugvcMkh8nY0ul7jhqnNzrsjgF8=",
    "pbkdf2_sha256$1000000$NaClSalt1234$dyezjMADHmpfIhhQN40/i8r0z05akTmcdNUv+o675xs=",
    "pbkdf2_sha1$1000$NaClSalt1234$jJ22Ajt9+Id3gruFT/MgSuDcggo=",
    "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuuKvbtYbhExfuizofXu2Rra.gR2QmjzFG",
    "bcrypt$$2b$04$abcdefghijklmnopqrstuuxFl2hB7SORbNfx2et2BoRo4G86y278i",
    "$2b$04$abcdefghijklmnopqrstuuxFl2hB7SORbNfx2et2BoRo4G86y278i",
    "$2y$04$abcdefghijklmnopqrstuuxFl2hB7SORbNfx2et2BoRo4G86y278i",
    "$2a$04$abcdefghijklmnopqrstuuxFl2hB7SORbNfx2et2BoRo4G86y278i",
    "scrypt$16384$NaClSalt1234$8$5$P+WK9KQ7PprMO7DG+9hbIrPL8PAF/dDaR8WBNI1+gOdYbAImg7I8iBY5Yi3dqfuEpOASxkDbsVFtYidkyFdsMg==",
    "scrypt$1024$NaClSalt1234$8$1$aI6oex+2Wu9ktOsHyxUq5cYGa5zH32C2RX75KMWE2WVdCg1bpHonmz062VoojqiHDCcW/ilxYGnkJIsPC4xutA==",
    "pbkdf2:sha256:1000$NaClSalt12345678$a0ab27bfda78b3b7706b4b0d11c6ee964ca8b0caa742f8cef539d6c48824ca9f",
    "pbkdf2:sha256:1000000$NaClSalt12345678$5d667c645ea7905b6e6fc92221d7c8daf2c0efd30f31a9286492f50bce8e39b4",
    "pbkdf2:sha512:1000$NaClSalt12345678$c4923168a6f12500e73628177c91bd2f6e7c806518bde51f36b3e35900bb8b2be9826cfb74f7d0a0acfb9ef87e7c56303cb61688e4eb556a170d901d5919a3d6",
    "pbkdf2:sha1:1000$NaClSalt12345678$09b0502fb354cdac7b3ba9c553bbe3d47adafdce",
    "scrypt:32768:8:1$NaClSalt12345678$a1523db4e8afcea2ec14b68421131161ac529c804a001c9926f4e9f4ad1774febbd0c099b7be8874c06ccb2c28af52eb8e75f228f73903911a32752ba7702506",
    // The first, another and the second scrypt hash above as PHC strings: the salt is `NaClSalt1234` in base64.
    "$pbkdf2-sha256$i=1000,l=32$TmFDbFNhbHQxMjM0$ELZIORV8YaLAv1fO8dZtywqwlnjOtiV2v7s4WUPOIxA",
    "$pbkdf2$i=1000$TmFDbFNhbHQxMjM0$jJ22Ajt9+Id3gruFT/MgSuDcggo",
    "$scrypt$ln=10,r=8,p=1$TmFDbFNhbHQxMjM0$aI6oex+2Wu9ktOsHyxUq5cYGa5zH32C2RX75KMWE2WVdCg1bpHonmz062VoojqiHDCcW/ilxYGnkJIsPC4xutA",
];

#[track_caller]
fn read(stored: &str) -> Legacy {
    Legacy::read(stored).unwrap_or_else(|| panic!("{stored} cannot be read"))
}

#[test]
fn hashes_of_other_systems_match_only_their_password() {
    for stored in MADE {
        let legacy = read(stored);
        assert!(legacy.matches(PASSWORD.as_bytes()), "{stored}");
        for other in ["", "correct horse", "Correct horse 密码", "correct horse 密码 "] {
            // The costly hashes are not checked with every password.
            if other.is_empty() || !stored.contains("000000") {
                assert!(!legacy.matches(other.as_bytes()), "{stored}: {other}");
            }
        }
    }
    // Published in Django's tests.
    let stored = "pbkdf2_sha256$390000$seasalt$8xBlGd3jVgvJ+92hWPxi5ww0uuAuAnKgC45eudxro7c=";
    assert!(read(stored).matches("lètmein".as_bytes()));
}

#[test]
fn bcrypt_uses_72_bytes_and_the_digest_all() {
    let salt = *b"0123456789abcdef";
    let long = "x".repeat(72);
    let plain = bcrypt::hash_with_salt(&long, 4, salt).unwrap().to_string();
    assert!(read(&plain).matches(format!("{long}y").as_bytes()), "as whoever made it saw it");
    assert!(!read(&plain).matches(&long.as_bytes()[..71]));
    let hex = super::bcrypt::hex(&crate::core::secret::sha256(long.as_bytes()));
    let digested = format!("bcrypt_sha256${}", bcrypt::hash_with_salt(&hex, 4, salt).unwrap());
    assert!(read(&digested).matches(long.as_bytes()));
    assert!(!read(&digested).matches(format!("{long}y").as_bytes()));
}

#[test]
fn damaged_unknown_and_costly_hashes_are_refused() {
    let (sha256, hex) = ("ELZIORV8YaLAv1fO8dZtywqwlnjOtiV2v7s4WUPOIxA=", "00".repeat(32));
    let key = "A".repeat(86);
    for stored in [
        String::new(),
        "!unusable".into(),
        "password".into(),
        "5f4dcc3b5aa765d61d8327deb882cf99".into(),
        "md5$seasalt$3f86d0d3d465b7b458c231bf3555c0e3".into(),
        format!("pbkdf2_md5$1000$salt${sha256}"),
        format!("pbkdf2_sha256$0$salt${sha256}"),
        format!("pbkdf2_sha256$-1$salt${sha256}"),
        format!("pbkdf2_sha256$5000001$salt${sha256}"),
        format!("pbkdf2_sha256$99999999999$salt${sha256}"),
        format!("pbkdf2_sha256$1000$${sha256}"),
        format!("pbkdf2_sha256$1000$salt${sha256}$"),
        "pbkdf2_sha256$1000$salt$".into(),
        "pbkdf2_sha256$1000$salt$AAAA".into(),
        "pbkdf2_sha256$1000$salt".into(),
        // A key of 20 bytes requires the other digest.
        "pbkdf2_sha256$1000$salt$jJ22Ajt9+Id3gruFT/MgSuDcggo=".into(),
        format!("scrypt$16383$salt$8$5${key}=="),
        format!("scrypt$1048576$salt$8$1${key}=="),
        format!("scrypt$16384$salt$8$4294967295${key}=="),
        format!("scrypt$16384$salt$4294967295$1${key}=="),
        "scrypt$16384$salt$8$5$".into(),
        format!("pbkdf2:sha256$salt${hex}"),
        format!("pbkdf2$salt${hex}"),
        format!("pbkdf2:sha256:1000:1$salt${hex}"),
        format!("pbkdf2:sha256:1000$salt${}", &hex[1..]),
        format!("pbkdf2:sha256:1000$salt${}zz", &hex[2..]),
        format!("pbkdf2:md5:1000$salt${}", &hex[..32]),
        "pbkdf2:sha256:1000$salt$".into(),
        format!("scrypt:32768:8$salt${hex}{hex}"),
        format!("scrypt:1048576:8:1$salt${hex}{hex}"),
        "$2x$04$abcdefghijklmnopqrstuuxFl2hB7SORbNfx2et2BoRo4G86y278i".into(),
        "$2b$17$abcdefghijklmnopqrstuuxFl2hB7SORbNfx2et2BoRo4G86y278i".into(),
        "$2b$03$abcdefghijklmnopqrstuuxFl2hB7SORbNfx2et2BoRo4G86y278i".into(),
        "$2b$04$abcdefghijklmnopqrstuuxFl2hB7SORbNfx2et2BoRo4G86y278".into(),
        "bcrypt_sha256$2b$04$abcdefghijklmnopqrstuuKvbtYbhExfuizofXu2Rra.gR2QmjzFG".into(),
        format!("$pbkdf2-sha256$i=1000,l=16$TmFDbFNhbHQxMjM0${}", sha256.trim_end_matches('=')),
        format!("$pbkdf2-sha256$l=32$TmFDbFNhbHQxMjM0${}", sha256.trim_end_matches('=')),
        format!("$pbkdf2-sha256$i=1,i=2$TmFDbFNhbHQxMjM0${}", sha256.trim_end_matches('=')),
        format!("$scrypt$ln=300,r=8,p=1$TmFDbFNhbHQxMjM0${key}"),
        format!("$scrypt$ln=10,r=8$TmFDbFNhbHQxMjM0${key}"),
        format!("$argon2id$v=19$m=64,t=1,p=1$TmFDbFNhbHQxMjM0${}", sha256.trim_end_matches('=')),
    ] {
        assert!(Legacy::read(&stored).is_none(), "{stored}");
    }
}

proptest! {
    #[test]
    fn parsing_any_text_does_not_panic(text in any::<String>()) {
        let _ = Legacy::read(&text);
    }

    /// Texts that resemble hashes.
    #[test]
    fn parsing_a_damaged_hash_does_not_panic(
        which in 0..MADE.len(), at in any::<prop::sample::Index>(), piece in "[$:=,0-9a-z€]{0,12}", cut in 0..8_usize,
    ) {
        let made = MADE[which];
        let at = at.index(made.len());
        let end = (at + cut).min(made.len());
        let damaged = format!("{}{piece}{}", &made[..at], &made[end..]);
        let _ = Legacy::read(&damaged);
    }

    /// Hashes with any salt and any number of iterations within bounds, as Django and Werkzeug write them.
    #[test]
    fn every_salt_and_number_of_iterations_is_accepted(
        rounds in 1..=5_000_000_u32, salt in "[A-Za-z0-9./+_-]{1,40}", key in any::<[u8; 32]>(),
    ) {
        use base64::Engine as _;
        let encoded = base64::engine::general_purpose::STANDARD.encode(key);
        let hex = super::bcrypt::hex(&key);
        let django = format!("pbkdf2_sha256${rounds}${salt}${encoded}");
        let werkzeug = format!("pbkdf2:sha256:{rounds}${salt}${hex}");
        prop_assert!(Legacy::read(&django).is_some());
        prop_assert!(Legacy::read(&werkzeug).is_some());
    }
}
