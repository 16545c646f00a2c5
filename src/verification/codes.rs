//! Verification codes: issued, redeemed, restored. A code is bound to a purpose and a contact, is single-use, and is stored as a
//! keyed digest only.

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

/// Issues and redeems codes. Cheap to clone.
#[derive(Clone)]
pub struct Codes {
    store: Ephemeral,
    digester: Digester,
    clock: Clock,
    random: Random,
    settings: CodeSettings,
}

/// An issued code. It has no `Debug`, because the code belongs into one message and nowhere else.
pub struct IssuedCode {
    pub code: SecretString,
    pub expires_at: Instant,
    minutes: u32,
    issue: Redemption,
}

impl IssuedCode {
    /// Returns for how many minutes the code is valid, for the text of the message.
    #[must_use]
    pub fn minutes(&self) -> u32 {
        self.minutes
    }
}

/// A redeemed code, which [`Codes::restore`] can make valid again.
#[must_use]
pub struct Redemption {
    slot: String,
    id: String,
}

/// Why a code was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeRejection {
    /// It is not the code that was sent, or none was sent.
    Wrong,
    /// The code has expired.
    Expired,
    /// The code was redeemed before; or, with no attempts left, too many wrong codes were tried.
    UsedUp,
}

/// Why a code was not redeemed.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    #[error("the code was rejected: {reason:?}")]
    Rejected {
        reason: CodeRejection,
        /// How many wrong codes are still accepted for this contact and purpose. A new code does not reset the count.
        attempts_left: u32,
        /// After too many wrong codes: in how many minutes codes are accepted again.
        locked_minutes: Option<u32>,
    },
    /// The store did not respond, so nothing is accepted.
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

    /// Issues a code for `purpose` and the contact `key`. It replaces the code before it, but does not reset the count of wrong
    /// codes: after too many, a new code is not accepted either until the window has ended. After an error nothing may be
    /// sent.
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

    /// Redeems a code that [`Codes::parse`] has read. Wrong codes are counted.
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
                tracing::debug!(%error, purpose = purpose.word(), "a code could not be checked");
                return Err(CodeError::Unavailable);
            }
        };
        let attempts_left = u32::try_from(left).unwrap_or(0);
        Err(CodeError::Rejected { reason, attempts_left, locked_minutes: None })
    }

    /// Makes a redeemed code valid again for the rest of its lifetime, because the use case failed; not if a newer one was issued.
    /// A failure is logged; the user has to request another code then.
    pub async fn restore(&self, redemption: Redemption) {
        let Redemption { slot, id } = redemption;
        if let Err(error) = self.store.restore_code(&slot, &id, self.clock.now()).await {
            tracing::warn!(%error, "a code could not be restored");
        }
    }

    /// Deletes a code that is not going to be sent, unless a newer one was issued. A failure is logged; the code expires.
    pub async fn withdraw(&self, issued: &IssuedCode) {
        let Redemption { slot, id } = &issued.issue;
        if let Err(error) = self.store.withdraw_code(slot, Some(id), self.clock.now()).await {
            tracing::warn!(%error, "a code could not be withdrawn");
        }
    }

    /// Deletes the codes of a contact for `purposes` that were not redeemed. A failure is logged; the codes expire.
    pub async fn withdraw_all(&self, purposes: &[Purpose], key: &str) {
        for purpose in purposes {
            let slot = self.slot(*purpose, key);
            if let Err(error) = self.store.withdraw_code(&slot, None, self.clock.now()).await {
                tracing::warn!(%error, "codes could not be withdrawn");
                // The store is unavailable: the next call would wait as long.
                return;
            }
        }
    }

    /// Parses a code as people type it: surrounding blanks are dropped, full-width digits count as digits.
    pub fn parse(&self, typed: &SecretString) -> Result<SecretString, InvalidValue> {
        let length = self.settings.length;
        let text = typed.expose_secret().trim();
        // No more of the input is read than a code can have.
        let digits: Option<String> = text.chars().take(length as usize + 1).map(digit).collect();
        match digits {
            Some(digits) if digits.len() == length as usize => Ok(digits.into()),
            _ => Err(InvalidValue::NotACode(length)),
        }
    }

    /// Returns the key of the newest code for a contact and purpose. It does not reveal the contact.
    fn slot(&self, purpose: Purpose, key: &str) -> String {
        let digest = self.digester.digest(&["slot", purpose.word(), key]);
        format!("code:{}", URL_SAFE_NO_PAD.encode(digest))
    }

    fn digest(&self, purpose: Purpose, key: &str, code: &SecretString) -> String {
        URL_SAFE_NO_PAD.encode(self.digester.digest(&["code", purpose.word(), key, code.expose_secret()]))
    }
}

/// Returns the ASCII digit for an ASCII or full-width digit.
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
            Err(CodeError::Unavailable) => panic!("the in-process store is always available"),
        }
    }

    /// Returns another code of the same form.
    fn other(code: &SecretString) -> SecretString {
        let last = code.expose_secret().chars().last().unwrap();
        format!("{}{}", &code.expose_secret()[..5], if last == '0' { '1' } else { '0' }).into()
    }

    #[tokio::test]
    async fn a_code_is_valid_once_for_its_purpose_and_contact() {
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
    async fn five_wrong_codes_lock_the_contact_whatever_is_sent_again() {
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
