//! ALTCHA: a proof of work that the browser computes. The gateway makes and checks the challenges itself, in the format
//! of version 1, which the current widget understands too.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use super::port::{Evidence, Rejected, Unique};
use crate::config::captcha::{AltchaSettings, CaptchaAction};
use crate::core::clock::{Clock, Instant};
use crate::core::random::Random;
use crate::core::secret::{Digester, MasterKey, hex, sha256};

const ALGORITHM: &str = "SHA-256";
/// In bytes. A payload has about 400.
const MAX_PAYLOAD: usize = 4 * 1024;

/// Makes and checks challenges.
pub(super) struct Altcha {
    key: hmac::Key,
    networks: Digester,
    settings: AltchaSettings,
    clock: Clock,
    random: Random,
}

/// A challenge, in the form that the widget reads.
#[derive(Debug, Serialize)]
pub struct AltchaChallenge {
    algorithm: &'static str,
    challenge: String,
    maxnumber: u32,
    salt: String,
    signature: String,
}

/// What the widget returns, encoded as base64.
#[derive(Deserialize)]
struct Payload {
    algorithm: String,
    challenge: String,
    number: u32,
    salt: String,
    signature: String,
}

/// The parameters in the salt.
#[derive(Default)]
struct Parameters {
    action: Option<String>,
    network: Option<String>,
    expires: Option<i64>,
}

impl Altcha {
    pub(super) fn new(settings: &AltchaSettings, master: &MasterKey, clock: Clock, random: Random) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &master.digester("captcha.altcha").digest(&["key"]));
        let networks = master.digester("captcha.altcha.network");
        Self { key, networks, settings: settings.clone(), clock, random }
    }

    /// Makes a challenge for one mutation and, if so configured, one network.
    pub(super) fn challenge(&self, action: CaptchaAction, network: &str) -> AltchaChallenge {
        let expires = (self.clock.now() + self.settings.lifetime).timestamp();
        let network = if self.settings.bind_network {
            format!("&network={}", self.network(network))
        } else {
            String::new()
        };
        let nonce = hex(&self.random.bytes::<12>());
        // The final delimiter keeps digits of `expires` from being moved to the number.
        let salt = format!("{nonce}?action={}{network}&expires={expires}&", action.name());
        let number = self.random.below(self.settings.max_number) + 1;
        let challenge = digest(&salt, number);
        let signature = hex(hmac::sign(&self.key, challenge.as_bytes()).as_ref());
        AltchaChallenge {
            algorithm: ALGORITHM,
            challenge,
            maxnumber: self.settings.max_number,
            salt,
            signature,
        }
    }

    /// Checks a solution. Its challenge is unique.
    pub(super) fn check(&self, evidence: &Evidence<'_>) -> Result<Unique, Rejected> {
        let payload = parse(evidence.ticket).ok_or("no payload of ALTCHA")?;
        if payload.algorithm != ALGORITHM {
            return Err("unknown algorithm".into());
        }
        let signature = unhex(&payload.signature).ok_or("wrong signature")?;
        if hmac::verify(&self.key, payload.challenge.as_bytes(), &signature).is_err() {
            return Err("wrong signature".into());
        }
        if digest(&payload.salt, payload.number) != payload.challenge {
            return Err("wrong solution".into());
        }
        let parameters = parameters(&payload.salt).ok_or("salt without parameters")?;
        let expires = parameters.expires.and_then(|at| Instant::from_timestamp(at, 0));
        let left = expires.and_then(|at| (at - evidence.now).to_std().ok()).filter(|left| !left.is_zero());
        let left = left.ok_or("expired")?;
        if parameters.action.as_deref() != Some(evidence.action.name()) {
            return Err("for another mutation".into());
        }
        if self.settings.bind_network && parameters.network != Some(self.network(evidence.network)) {
            return Err("from another network".into());
        }
        Ok(Unique { id: payload.challenge, lifetime: left + Duration::from_secs(1), forgeable: false })
    }

    fn network(&self, network: &str) -> String {
        hex(&self.networks.digest(&[network])[..8])
    }
}

fn digest(salt: &str, number: u32) -> String {
    hex(&sha256(format!("{salt}{number}").as_bytes()))
}

fn parse(ticket: &str) -> Option<Payload> {
    let bytes = STANDARD.decode(ticket).ok().filter(|bytes| bytes.len() <= MAX_PAYLOAD)?;
    serde_json::from_slice(&bytes).ok()
}

/// Reads the parameters of a salt; `None` without the final delimiter, and if one occurs twice.
fn parameters(salt: &str) -> Option<Parameters> {
    let (_, query) = salt.strip_suffix('&')?.split_once('?')?;
    let mut found = Parameters::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let twice = match name.as_ref() {
            "action" => found.action.replace(value.into_owned()).is_some(),
            "network" => found.network.replace(value.into_owned()).is_some(),
            "expires" => found.expires.replace(value.parse().ok()?).is_some(),
            _ => false,
        };
        if twice {
            return None;
        }
    }
    Some(found)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use chrono::TimeDelta;
    use serde_json::json;

    use super::*;

    fn altcha(bind_network: bool) -> (Altcha, Clock) {
        let clock = Clock::manual(Instant::from_timestamp(1_800_000_000, 0).unwrap());
        let settings = AltchaSettings { max_number: 200, lifetime: Duration::from_secs(300), bind_network };
        let master = MasterKey::generate(&Random::seeded(1));
        (Altcha::new(&settings, &master, clock.clone(), Random::seeded(2)), clock)
    }

    /// Solves a challenge as the widget does.
    fn solve(challenge: &AltchaChallenge) -> String {
        let number = (0..=challenge.maxnumber).find(|n| digest(&challenge.salt, *n) == challenge.challenge);
        payload(challenge, number.unwrap())
    }

    fn payload(challenge: &AltchaChallenge, number: u32) -> String {
        let payload = json!({
            "algorithm": challenge.algorithm, "challenge": challenge.challenge, "number": number,
            "salt": challenge.salt, "signature": challenge.signature, "took": 12,
        });
        STANDARD.encode(payload.to_string())
    }

    fn check(altcha: &Altcha, ticket: &str, action: CaptchaAction, network: &str) -> Result<Unique, String> {
        let evidence = Evidence {
            ticket,
            randstr: None,
            action,
            address: IpAddr::from([203, 0, 113, 7]),
            network,
            now: altcha.clock.now(),
        };
        altcha.check(&evidence).map_err(|reason| reason.0)
    }

    #[test]
    fn the_format_is_that_of_the_library() {
        let salt = "0123456789abcdef01234567?expires=4102444800&";
        let challenge = digest(salt, 4242);
        assert_eq!(challenge, "697d7c8e1eaefd6d0388e94dfb640e4d049b1d34609c142f8303b8899362b9eb");
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"example-altcha-key");
        let signature = "474569dc70470ef36d41017ffdf0a966483b8e3728e453dd4736ad5a9366ca60";
        assert_eq!(hex(hmac::sign(&key, challenge.as_bytes()).as_ref()), signature);
        let payload = parse(
            "eyJhbGdvcml0aG0iOiJTSEEtMjU2IiwiY2hhbGxlbmdlIjoiNjk3ZDdjOGUxZWFlZmQ2ZDAzODhlOTRkZmI2NDBlNGQwNDliMWQzNDYw\
             OWMxNDJmODMwM2I4ODk5MzYyYjllYiIsIm51bWJlciI6NDI0Miwic2FsdCI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nz9leHBpcmVz\
             PTQxMDI0NDQ4MDAmIiwic2lnbmF0dXJlIjoiNDc0NTY5ZGM3MDQ3MGVmMzZkNDEwMTdmZmRmMGE5NjY0ODNiOGUzNzI4ZTQ1M2RkNDcz\
             NmFkNWE5MzY2Y2E2MCIsInRvb2siOjEwMH0=",
        )
        .unwrap();
        assert_eq!((payload.salt.as_str(), payload.number), (salt, 4242));
        assert_eq!((payload.challenge, payload.signature.as_str()), (challenge, signature));
    }

    #[test]
    fn a_solution_is_valid_for_its_action_and_network_until_it_expires() {
        let (altcha, clock) = altcha(true);
        let challenge = altcha.challenge(CaptchaAction::Login, "n");
        let solved = solve(&challenge);
        let unique = check(&altcha, &solved, CaptchaAction::Login, "n").ok().unwrap();
        assert_eq!(unique.id, challenge.challenge);
        let reason = |ticket: &str, action, network| check(&altcha, ticket, action, network).err();
        assert_eq!(reason(&solved, CaptchaAction::SendSms, "n").unwrap(), "for another mutation");
        assert_eq!(reason(&solved, CaptchaAction::Login, "m").unwrap(), "from another network");
        clock.advance(TimeDelta::seconds(300));
        assert_eq!(reason(&solved, CaptchaAction::Login, "n").unwrap(), "expired");
    }

    #[test]
    fn forged_payloads_are_rejected() {
        let (altcha, _) = altcha(false);
        let challenge = altcha.challenge(CaptchaAction::Login, "n");
        let reason = |ticket: &str| check(&altcha, ticket, CaptchaAction::Login, "m").err();
        assert_eq!(reason(&solve(&challenge)), None, "the network does not matter here");
        assert_eq!(reason(&payload(&challenge, 0)).unwrap(), "wrong solution");
        assert_eq!(reason("bm90IGpzb24=").unwrap(), "no payload of ALTCHA");
        let salt = challenge.salt.replace("expires=18", "expires=19");
        let own = AltchaChallenge {
            challenge: digest(&salt, 1),
            salt,
            ..altcha.challenge(CaptchaAction::Login, "n")
        };
        assert_eq!(reason(&payload(&own, 1)).unwrap(), "wrong signature");
        // The last digits of the expiry, moved to the number, give the same hash.
        assert!(parameters("00?action=login&expires=180000030").is_none());
        assert!(parameters("00?action=login&expires=1&expires=2&").is_none());
    }
}
