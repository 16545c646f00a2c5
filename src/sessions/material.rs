//! Key material: generating, naming and parsing keys.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use zeroize::Zeroizing;

use crate::config::keys::TokenAlgorithm;
use crate::core::random::Random;

/// A key pair and its one algorithm.
pub(super) struct KeyPair {
    /// The thumbprint of RFC 7638.
    pub(super) kid: String,
    pub(super) algorithm: Algorithm,
    pub(super) signing: EncodingKey,
    pub(super) verifying: DecodingKey,
    pub(super) jwk: Jwk,
}

/// Returns the algorithm as the library names it.
pub(super) fn library(algorithm: TokenAlgorithm) -> Algorithm {
    match algorithm {
        TokenAlgorithm::EdDsa => Algorithm::EdDSA,
        TokenAlgorithm::Es256 => Algorithm::ES256,
        TokenAlgorithm::Rs256 => Algorithm::RS256,
        TokenAlgorithm::Hs256 => Algorithm::HS256,
    }
}

/// Generates a private key as PKCS #8. RSA takes some tenths of a second, so it must not run on an async thread.
///
/// # Errors
/// A text for the log.
pub(super) fn generate(algorithm: TokenAlgorithm, random: &Random) -> Result<Zeroizing<Vec<u8>>, String> {
    let refused = |error: aws_lc_rs::error::Unspecified| error.to_string();
    let document = match algorithm {
        TokenAlgorithm::EdDsa => {
            let seed = Zeroizing::new(random.bytes::<32>());
            let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).map_err(|e| e.to_string())?;
            // The signing library accepts only the form without the public key.
            pair.to_pkcs8v1().map_err(refused)?.as_ref().to_vec()
        }
        // The generator of the operating system: these two functions do not accept random bytes.
        TokenAlgorithm::Es256 => {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(refused)?;
            pair.to_pkcs8v1().map_err(refused)?.as_ref().to_vec()
        }
        TokenAlgorithm::Rs256 => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(refused)?;
            pair.as_der().map_err(refused)?.as_ref().to_vec()
        }
        TokenAlgorithm::Hs256 => return Err("HS256 has no key pair".into()),
    };
    Ok(Zeroizing::new(document))
}

impl KeyPair {
    /// Parses PKCS #8. The public key is computed and never read from the table: an attacker who can write to the table, but
    /// does not have the master key, cannot add a key.
    ///
    /// # Errors
    /// A text for the log, without the key.
    pub(super) fn read(algorithm: TokenAlgorithm, pkcs8: &[u8]) -> Result<Self, String> {
        let signing = match algorithm {
            TokenAlgorithm::EdDsa => EncodingKey::from_ed_der(pkcs8),
            TokenAlgorithm::Es256 => EncodingKey::from_ec_der(pkcs8),
            TokenAlgorithm::Rs256 => {
                EncodingKey::from_rsa_der(inside(pkcs8).ok_or("not an RSA key in PKCS #8")?)
            }
            TokenAlgorithm::Hs256 => return Err("HS256 has no key pair".into()),
        };
        let algorithm = library(algorithm);
        let refused = |error: jsonwebtoken::errors::Error| error.to_string();
        let mut jwk = Jwk::from_encoding_key(&signing, algorithm).map_err(refused)?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(refused)?;
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let verifying = DecodingKey::from_jwk(&jwk).map_err(refused)?;
        Ok(Self { kid, algorithm, signing, verifying, jwk })
    }
}

/// Returns the value of a DER element with this tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (head, rest) = der.split_at_checked(2)?;
    if head[0] != tag {
        return None;
    }
    let (length, rest) = match head[1] {
        short @ 0..=0x7f => (usize::from(short), rest),
        0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
        0x82 => (usize::from(*rest.first()?) << 8 | usize::from(*rest.get(1)?), rest.get(2..)?),
        _ => return None,
    };
    rest.split_at_checked(length)
}

/// Returns the private key in PKCS #8 (RFC 5208: version, algorithm, key), in the form of RFC 8017.
fn inside(pkcs8: &[u8]) -> Option<&[u8]> {
    const INTEGER: u8 = 0x02;
    const OCTET_STRING: u8 = 0x04;
    const SEQUENCE: u8 = 0x30;
    let (body, _) = element(pkcs8, SEQUENCE)?;
    let (_, body) = element(body, INTEGER)?;
    let (_, body) = element(body, SEQUENCE)?;
    element(body, OCTET_STRING).map(|(key, _)| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIRS: [TokenAlgorithm; 3] = [TokenAlgorithm::EdDsa, TokenAlgorithm::Es256, TokenAlgorithm::Rs256];

    #[test]
    fn what_one_half_signs_the_other_verifies() {
        for algorithm in PAIRS {
            let pkcs8 = generate(algorithm, &Random::system()).unwrap();
            let pair = KeyPair::read(algorithm, &pkcs8).unwrap();
            assert_eq!(pair.kid.len(), 43);
            let signature = jsonwebtoken::crypto::sign(b"text", &pair.signing, pair.algorithm).unwrap();
            let holds = |text: &[u8]| {
                jsonwebtoken::crypto::verify(&signature, text, &pair.verifying, pair.algorithm).unwrap()
            };
            assert!(holds(b"text") && !holds(b"texts"), "{algorithm}");
            let jwk = serde_json::to_value(&pair.jwk).unwrap();
            assert_eq!(jwk["alg"], algorithm.as_str());
            assert_eq!((&jwk["use"], &jwk["kid"]), (&"sig".into(), &pair.kid.clone().into()));
            for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                assert!(jwk.get(private).is_none(), "{algorithm} {private}");
            }
        }
    }

    #[test]
    fn a_key_is_of_one_algorithm_only() {
        for algorithm in PAIRS {
            let pkcs8 = generate(algorithm, &Random::system()).unwrap();
            for other in PAIRS.into_iter().filter(|other| *other != algorithm) {
                assert!(KeyPair::read(other, &pkcs8).is_err(), "{algorithm} as {other}");
            }
            assert!(KeyPair::read(algorithm, &pkcs8[..pkcs8.len() - 1]).is_err(), "{algorithm} cut");
        }
        assert!(generate(TokenAlgorithm::Hs256, &Random::system()).is_err());
    }

    /// RFC 8037, appendix A.
    #[test]
    fn the_key_of_the_rfc_has_its_name() {
        let seed = [
            0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
            0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
        ];
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
        let pair = KeyPair::read(TokenAlgorithm::EdDsa, pair.to_pkcs8v1().unwrap().as_ref()).unwrap();
        assert_eq!(pair.kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let jwk = serde_json::to_value(&pair.jwk).unwrap();
        assert_eq!(jwk["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    }
}
