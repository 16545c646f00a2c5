//! The limits of signing in by password: failures cost a growing delay.
//!
//! Each attempt is charged before the password is verified, so that parallel attempts cannot pass together. A success
//! is refunded, and so is an attempt whose password was never verified. A stranger cannot lock somebody out: a device
//! that has signed in to the account before has a count of its own, and only that one, because the counts of an
//! account and of a network (with some carriers, a whole town) can be exhausted by others.

use std::fmt::Write as _;

use super::limiter::{Limiter, Named};
use crate::core::guard::Guard;
use crate::ephemeral::{Return, Rule, micros};
use crate::outcome::Refusal;

/// What a login attempt is counted by. No `Debug`: the account may be a mobile number or an e-mail address.
#[derive(Clone)]
pub struct LoginKeys {
    /// The same for all identifiers of one account.
    pub account: String,
    pub network: String,
    /// The digest of the device, when the account has signed in on it before.
    pub known_device: Option<Vec<u8>>,
}

/// A login attempt that was charged. Dropped without a verdict, it is refunded: a password that was not verified, for
/// example because the hashing queue was full, costs nothing.
#[must_use = "without a verdict the attempt is refunded"]
pub struct LoginAttempt {
    limiter: Limiter,
    keys: LoginKeys,
    guard: Guard,
}

impl LoginAttempt {
    /// The password was wrong: the charge stays.
    pub fn failed(self) {
        self.guard.keep();
    }

    /// The password was right: the failures of the account (or of its known device) are cleared, and the network gets
    /// this one charge back. The network keeps its earlier failures: otherwise a thief with an account of their own
    /// could try the passwords of others without end.
    pub async fn succeeded(self) {
        self.guard.keep();
        let (limiter, keys) = (self.limiter, self.keys);
        let mut returns = vec![Return::Clear { key: limiter.login_account(&keys).charge.key }];
        if keys.known_device.is_none() {
            returns.push(Return::Refund { charge: limiter.login_network(&keys).charge, at: limiter.now() });
        }
        limiter.give_back(&returns).await;
    }
}

impl Limiter {
    /// Charges one attempt. On an error the password must not be verified.
    pub async fn login(&self, keys: LoginKeys) -> Result<LoginAttempt, Refusal> {
        let mut limits = vec![self.login_account(&keys)];
        if keys.known_device.is_none() {
            limits.push(self.login_network(&keys));
        }
        let at = self.now();
        self.charge(&limits, at).await?;
        let guard = self.refund_unless_kept(limits.into_iter().map(|named| named.charge).collect(), at);
        Ok(LoginAttempt { limiter: self.clone(), keys, guard })
    }

    fn login_account(&self, keys: &LoginKeys) -> Named {
        let rule = self.backoff(self.settings.login_free);
        match &keys.known_device {
            None => self.named("login.account", &keys.account, rule),
            Some(device) => {
                let mut subject = String::with_capacity(device.len() * 2 + 1 + keys.account.len());
                for byte in device {
                    // Writing to a string cannot fail.
                    let _ = write!(subject, "{byte:02x}");
                }
                subject.push(':');
                subject.push_str(&keys.account);
                self.named("login.device", &subject, rule)
            }
        }
    }

    fn login_network(&self, keys: &LoginKeys) -> Named {
        self.named("login.network", &keys.network, self.backoff(self.settings.login_network_free))
    }

    fn backoff(&self, free: u32) -> Rule {
        Rule::Backoff {
            free: free.into(),
            first: micros(self.settings.login_first_delay),
            longest: micros(self.settings.login_longest_delay),
            forget: micros(self.settings.login_forget),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::super::limiter::tests::{limited, limiter};
    use super::*;

    fn keys(account: &str, network: &str, device: Option<u8>) -> LoginKeys {
        let known_device = device.map(|byte| vec![byte; 32]);
        LoginKeys { account: account.into(), network: network.into(), known_device }
    }

    async fn fail(limits: &Limiter, keys: LoginKeys) -> Result<(), Refusal> {
        limits.login(keys).await.map(LoginAttempt::failed)
    }

    #[tokio::test]
    async fn failures_cost_a_growing_delay_and_expire() {
        let (limits, clock) = limiter();
        let victim = || keys("victim", "n", None);
        for _ in 0..5 {
            assert_eq!(limited(fail(&limits, victim()).await), None);
        }
        for delay in [30, 60, 120, 240] {
            let until = clock.now() + TimeDelta::seconds(delay);
            assert_eq!(limited(fail(&limits, victim()).await), Some(("login.account", until)));
            clock.advance(TimeDelta::seconds(delay));
            assert_eq!(limited(fail(&limits, victim()).await), None);
        }
        clock.advance(TimeDelta::days(2));
        for _ in 0..5 {
            assert_eq!(limited(fail(&limits, victim()).await), None);
        }
    }

    #[tokio::test]
    async fn a_stranger_cannot_lock_out_a_known_device() {
        let (limits, _) = limiter();
        while limited(fail(&limits, keys("victim", "stranger", None)).await).is_none() {}
        assert_eq!(limited(fail(&limits, keys("victim", "home", Some(1))).await), None);
        assert!(limited(fail(&limits, keys("victim", "home", None)).await).is_some());
        for _ in 0..4 {
            assert_eq!(limited(fail(&limits, keys("victim", "home", Some(1))).await), None);
        }
        let device = limited(fail(&limits, keys("victim", "home", Some(1))).await);
        assert_eq!(device.map(|(limit, _)| limit), Some("login.device"));
    }

    #[tokio::test]
    async fn neighbours_cannot_lock_out_a_known_device() {
        let (limits, _) = limiter();
        for n in 0..21 {
            let _ = fail(&limits, keys(&n.to_string(), "shared", None)).await;
        }
        assert!(limited(fail(&limits, keys("own", "shared", None)).await).is_some());
        limits.login(keys("own", "shared", Some(1))).await.unwrap().succeeded().await;
        let network = limited(fail(&limits, keys("own", "shared", None)).await);
        assert_eq!(
            network.map(|(limit, _)| limit),
            Some("login.network"),
            "a success on a known device does not refund the failures of others"
        );
    }

    #[tokio::test]
    async fn a_success_clears_the_account_but_not_the_failures_of_the_network() {
        let (limits, _) = limiter();
        for n in 0..19 {
            assert_eq!(limited(fail(&limits, keys(&n.to_string(), "n", None)).await), None);
        }
        for _ in 0..3 {
            limits.login(keys("own", "n", None)).await.unwrap().succeeded().await;
        }
        assert_eq!(limited(fail(&limits, keys("a", "n", None)).await), None);
        let network = limited(fail(&limits, keys("b", "n", None)).await);
        assert_eq!(network.map(|(limit, _)| limit), Some("login.network"));
    }

    #[tokio::test]
    async fn an_attempt_without_a_verdict_costs_nothing() {
        let (limits, _) = limiter();
        for _ in 0..100 {
            let attempt = limits.login(keys("own", "n", None)).await.unwrap();
            attempt.guard.give_back().await;
        }
    }
}
