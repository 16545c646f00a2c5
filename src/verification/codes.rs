//! Codes: made, tried, given back. Bound to a purpose and an address, single use, kept as keyed digests only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;

use super::purpose::Purpose;
use crate::config::codes::CodeSettings;
use crate::core::clock::{Clock, Instant};
use crate::core::invalid_value::InvalidValue;
use crate::core::random::Random;
use crate::core::secret::{Digester, ExposeSecret as _, MasterKey, SecretString};
use crate::ephemeral::{Attempts, Ephemeral, EphemeralError, NewCode, Redeemed, micros};

/// Makes and takes codes. Cheap to clone.
#[derive(Clone)]
pub struct Codes {
    store: Ephemeral,
    digester: Digester,
    clock: Clock,
    random: Random,
    settings: CodeSettings,
}

/// A code that was made. It has no `Debug`: the code is for one message and for nothing else.
pub struct IssuedCode {
    pub code: SecretString,
    pub expires_at: Instant,
    minutes: u32,
    issue: Redemption,
}

impl IssuedCode {
    /// How long the code is good, in whole minutes, for the text of the message.
    #[must_use]
    pub fn minutes(&self) -> u32 {
        self.minutes
    }
}

/// A code that was taken: what [`Codes::restore`] needs to give it back.
#[must_use]
pub struct Redemption {
    slot: String,
    id: String,
}

/// Why a code was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeRejection {
    /// Not the code that was sent, or none was sent.
    Wrong,
    /// The right one, too late.
    Expired,
    /// The right one, taken before; or, with no attempts left, too many wrong ones came first.
    UsedUp,
}

/// A code was not taken.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    #[error("the code was not taken: {reason:?}")]
    Rejected {
        reason: CodeRejection,
        /// Wrong codes that are still taken for this address and purpose. A new code brings no new ones.
        attempts_left: u32,
        /// After too many wrong codes: in how many minutes codes are accepted again.
        locked_minutes: Option<u32>,
    },
    /// The store did not answer: nobody knows, so nobody passes.
    #[error("codes are unavailable")]
    Unavailable,
}

impl Codes {
    #[must_use]
    pub fn new(
        store: Ephemeral,
        master: &MasterKey,
        clock: Clock,
        random: Random,
        settings: CodeSettings,
    ) -> Self {
        Self { store, digester: master.digester("codes"), clock, random, settings }
    }

    /// Makes a code for `purpose` and the address `key`. It takes the place of any code before it, but not of the
    /// count of wrong ones: after too many, a new code is not taken either until the window has ended.
    ///
    /// # Errors
    /// The store's. Nothing may be sent then.
    pub async fn issue(&self, purpose: Purpose, key: &str) -> Result<IssuedCode, EphemeralError> {
        let now = self.clock.now();
        let lifetime = self.settings.lifetime;
        let expires_at = now + TimeDelta::microseconds(micros(lifetime));
        let code = SecretString::from(self.random.digits(self.settings.length as usize));
        let issue = Redemption { slot: self.slot(purpose, key), id: self.random.token() };
        let kept = NewCode {
            id: issue.id.clone(),
            digest: self.digest(purpose, key, &code),
            expires: expires_at.timestamp_micros(),
        };
        self.store.issue_code(&issue.slot, kept, now).await?;
        let minutes = u32::try_from(lifetime.as_secs() / 60).unwrap_or(u32::MAX).max(1);
        Ok(IssuedCode { code, expires_at, minutes, issue })
    }

    /// Takes a code that [`Codes::parse`] has read. The right one is used up by this.
    ///
    /// # Errors
    /// [`CodeError`]. Wrong codes are counted.
    pub async fn redeem(
        &self,
        purpose: Purpose,
        key: &str,
        code: &SecretString,
    ) -> Result<Redemption, CodeError> {
        let slot = self.slot(purpose, key);
        let digest = self.digest(purpose, key, code);
        let attempts =
            Attempts { max: self.settings.attempts.into(), window: micros(self.settings.attempt_window) };
        let now = self.clock.now();
        let tried = self.store.redeem_code(&slot, &digest, attempts, now).await;
        let (reason, left) = match tried {
            Ok(Redeemed::Valid { id }) => return Ok(Redemption { slot, id }),
            Ok(Redeemed::Wrong { left }) => (CodeRejection::Wrong, left),
            Ok(Redeemed::Expired { left }) => (CodeRejection::Expired, left),
            Ok(Redeemed::UsedUp { left }) => (CodeRejection::UsedUp, left),
            Ok(Redeemed::Locked { until }) => {
                let left = until.saturating_sub(now.timestamp_micros()).max(0);
                let minutes = u32::try_from((left + 59_999_999) / 60_000_000).unwrap_or(u32::MAX).max(1);
                return Err(CodeError::Rejected {
                    reason: CodeRejection::UsedUp,
                    attempts_left: 0,
                    locked_minutes: Some(minutes),
                });
            }
            Err(error) => {
                tracing::debug!(%error, purpose = purpose.word(), "a code could not be tried");
                return Err(CodeError::Unavailable);
            }
        };
        let attempts_left = u32::try_from(left).unwrap_or(0);
        Err(CodeError::Rejected { reason, attempts_left, locked_minutes: None })
    }

    /// Gives a code back that was taken for something that then failed: it is good for the rest of its life, unless a
    /// newer one was issued. A failure is logged; the person asks for another code then.
    pub async fn restore(&self, redemption: Redemption) {
        let Redemption { slot, id } = redemption;
        if let Err(error) = self.store.restore_code(&slot, &id, self.clock.now()).await {
            tracing::warn!(%error, "a code could not be given back");
        }
    }

    /// Forgets a code that nobody will get, unless a newer one was issued. A failure is logged; the code expires.
    pub async fn withdraw(&self, issued: &IssuedCode) {
        let Redemption { slot, id } = &issued.issue;
        if let Err(error) = self.store.withdraw_code(slot, Some(id), self.clock.now()).await {
            tracing::warn!(%error, "a code could not be withdrawn");
        }
    }

    /// Forgets the codes for an address that nobody has tried successfully yet, whatever they are for of `purposes`. A
    /// failure is logged; the codes expire.
    pub async fn withdraw_all(&self, purposes: &[Purpose], key: &str) {
        for purpose in purposes {
            let slot = self.slot(*purpose, key);
            if let Err(error) = self.store.withdraw_code(&slot, None, self.clock.now()).await {
                tracing::warn!(%error, "codes could not be withdrawn");
                // The store is away: the next call would wait as long.
                return;
            }
        }
    }

    /// Reads a code as people type it: space around it is dropped, full-width digits count as digits.
    ///
    /// # Errors
    /// [`InvalidValue::NotACode`] with the number of digits that a code has.
    pub fn parse(&self, typed: &SecretString) -> Result<SecretString, InvalidValue> {
        let length = self.settings.length;
        let text = typed.expose_secret().trim();
        // No input is read further than a code can reach.
        let digits: Option<String> = text.chars().take(length as usize + 1).map(digit).collect();
        match digits {
            Some(digits) if digits.len() == length as usize => Ok(digits.into()),
            _ => Err(InvalidValue::NotACode(length)),
        }
    }

    /// Where the newest code for an address and purpose is kept. The address cannot be read out of it.
    fn slot(&self, purpose: Purpose, key: &str) -> String {
        let digest = self.digester.digest(&["slot", purpose.word(), key]);
        format!("code:{}", URL_SAFE_NO_PAD.encode(digest))
    }

    fn digest(&self, purpose: Purpose, key: &str, code: &SecretString) -> String {
        URL_SAFE_NO_PAD.encode(self.digester.digest(&["code", purpose.word(), key, code.expose_secret()]))
    }
}

/// The ASCII digit for an ASCII or full-width one.
fn digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '\u{ff10}'..='\u{ff19}' => char::from_digit(u32::from(c) - 0xff10, 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "mobile:+8613800138000";

    fn codes() -> (Codes, Clock) {
        let clock = Clock::manual(Instant::UNIX_EPOCH);
        let random = Random::seeded(7);
        let settings = CodeSettings {
            length: 6,
            lifetime: Duration::from_secs(600),
            attempts: 5,
            attempt_window: Duration::from_secs(3_600),
        };
        let master = MasterKey::generate(&random);
        (Codes::new(Ephemeral::memory(), &master, clock.clone(), random, settings), clock)
    }

    async fn tried(codes: &Codes, code: &SecretString) -> Option<(CodeRejection, u32)> {
        match codes.redeem(Purpose::Login, KEY, code).await {
            Ok(_) => None,
            Err(CodeError::Rejected { reason, attempts_left, .. }) => Some((reason, attempts_left)),
            Err(CodeError::Unavailable) => panic!("memory is always there"),
        }
    }

    /// A code of the right form that is not `code`.
    fn other(code: &SecretString) -> SecretString {
        let last = code.expose_secret().chars().last().unwrap();
        format!("{}{}", &code.expose_secret()[..5], if last == '0' { '1' } else { '0' }).into()
    }

    #[tokio::test]
    async fn a_code_is_good_once_for_its_purpose_and_address() {
        let (codes, clock) = codes();
        let issued = codes.issue(Purpose::Login, KEY).await.unwrap();
        assert_eq!((issued.minutes(), issued.expires_at), (10, clock.now() + TimeDelta::minutes(10)));
        for (purpose, key) in [(Purpose::Register, KEY), (Purpose::Login, "mobile:+8613800138001")] {
            let answer = codes.redeem(purpose, key, &issued.code).await;
            assert!(matches!(
                answer,
                Err(CodeError::Rejected { reason: CodeRejection::Wrong, attempts_left: 5, .. })
            ));
        }
        assert_eq!(tried(&codes, &issued.code).await, None);
        assert_eq!(tried(&codes, &issued.code).await, Some((CodeRejection::UsedUp, 5)));
    }

    #[tokio::test]
    async fn five_wrong_codes_shut_the_address_whatever_is_sent_again() {
        let (codes, clock) = codes();
        let first = codes.issue(Purpose::Login, KEY).await.unwrap();
        for left in [4, 3, 2] {
            assert_eq!(tried(&codes, &other(&first.code)).await, Some((CodeRejection::Wrong, left)));
        }
        let second = codes.issue(Purpose::Login, KEY).await.unwrap();
        for left in [1, 0] {
            assert_eq!(tried(&codes, &other(&second.code)).await, Some((CodeRejection::Wrong, left)));
        }
        assert_eq!(tried(&codes, &second.code).await, Some((CodeRejection::UsedUp, 0)));
        clock.advance(TimeDelta::minutes(60));
        let third = codes.issue(Purpose::Login, KEY).await.unwrap();
        assert_eq!(tried(&codes, &third.code).await, None);
    }

    #[tokio::test]
    async fn a_code_expires_by_the_clock() {
        let (codes, clock) = codes();
        let issued = codes.issue(Purpose::Login, KEY).await.unwrap();
        clock.advance(TimeDelta::minutes(10));
        assert_eq!(tried(&codes, &issued.code).await, Some((CodeRejection::Expired, 5)));
    }

    #[tokio::test]
    async fn a_restored_code_is_good_again_and_a_withdrawn_one_is_not() {
        let (codes, _) = codes();
        let issued = codes.issue(Purpose::Login, KEY).await.unwrap();
        let redemption = codes.redeem(Purpose::Login, KEY, &issued.code).await.ok().unwrap();
        codes.restore(redemption).await;
        assert_eq!(tried(&codes, &issued.code).await, None);
        let next = codes.issue(Purpose::Login, KEY).await.unwrap();
        codes.withdraw(&next).await;
        assert_eq!(tried(&codes, &next.code).await, Some((CodeRejection::Wrong, 5)));
    }

    #[test]
    fn codes_are_read_as_people_type_them() {
        let (codes, _) = codes();
        for (typed, read) in [("123456", "123456"), (" 012345\n", "012345"), ("１２３４５６", "123456")]
        {
            assert_eq!(codes.parse(&typed.into()).ok().unwrap().expose_secret(), read);
        }
        for typed in ["", "12345", "1234567", "12 456", "12345a", "+12345", "①②③④⑤⑥", "١٢٣٤٥٦"]
        {
            assert_eq!(codes.parse(&typed.into()).err(), Some(InvalidValue::NotACode(6)), "{typed}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_has_six_digits(typed in "\\PC{0,9}|[ 0-9０-９]{0,9}") {
            let (codes, _) = codes();
            if let Ok(code) = codes.parse(&typed.as_str().into()) {
                prop_assert_eq!(code.expose_secret().len(), 6);
                prop_assert!(code.expose_secret().bytes().all(|byte| byte.is_ascii_digit()));
            }
        }
    }
}
