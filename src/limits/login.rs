//! What a login by password is counted by: failures, with a growing delay.
//!
//! Each try is charged before the password is looked at, so that tries side by side cannot pass together; one that
//! succeeds is given back. No stranger can shut a person out: a device that signed in before has a count of its own,
//! and no other, for whoever shares the person's address (a whole town, with some carriers) could fill that one.

use std::fmt::Write as _;

use super::error::LimitError;
use super::limiter::{Limiter, Named};
use crate::ephemeral::{Return, Rule, micros};

/// Whose failures a login counts as. No `Debug`: the account may be an address.
#[derive(Clone)]
pub struct LoginKeys {
    /// The same for all names of one account.
    pub account: String,
    pub network: String,
    /// The digest of the device, when this account has signed in with it before.
    pub known_device: Option<Vec<u8>>,
}

impl Limiter {
    /// Charges one try.
    ///
    /// # Errors
    /// [`LimitError`]; then the password must not be looked at.
    pub async fn login(&self, keys: &LoginKeys) -> Result<(), LimitError> {
        let mut limits = vec![self.login_account(keys)];
        if keys.known_device.is_none() {
            limits.push(self.login_network(keys));
        }
        self.charge(&limits, self.now()).await.map(drop)
    }

    /// The try was right: failures of the account (or of its known device) are forgotten, and the network gets this
    /// one charge back. It keeps its failures, or a thief with one account of his own could try others without end.
    pub async fn login_succeeded(&self, keys: &LoginKeys) {
        let mut returns = vec![Return::Clear { key: self.login_account(keys).charge.key }];
        if keys.known_device.is_none() {
            returns.push(Return::Refund { charge: self.login_network(keys).charge, at: self.now() });
        }
        self.give_back(&returns).await;
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

    use super::super::limiter::tests::{held, limiter};
    use super::*;

    fn keys(account: &str, network: &str, device: Option<u8>) -> LoginKeys {
        let known_device = device.map(|byte| vec![byte; 32]);
        LoginKeys { account: account.into(), network: network.into(), known_device }
    }

    #[tokio::test]
    async fn failures_cost_a_growing_delay_and_are_forgotten() {
        let (limits, clock) = limiter();
        let victim = keys("victim", "n", None);
        for _ in 0..5 {
            assert_eq!(held(limits.login(&victim).await), None);
        }
        for delay in [30, 60, 120, 240] {
            let until = clock.now() + TimeDelta::seconds(delay);
            assert_eq!(held(limits.login(&victim).await), Some(("login.account", until)));
            clock.advance(TimeDelta::seconds(delay));
            assert_eq!(held(limits.login(&victim).await), None);
        }
        clock.advance(TimeDelta::days(2));
        for _ in 0..5 {
            assert_eq!(held(limits.login(&victim).await), None);
        }
    }

    #[tokio::test]
    async fn a_stranger_does_not_shut_out_a_device_that_the_account_knows() {
        let (limits, _) = limiter();
        while held(limits.login(&keys("victim", "stranger", None)).await).is_none() {}
        assert_eq!(held(limits.login(&keys("victim", "home", Some(1))).await), None);
        assert!(held(limits.login(&keys("victim", "home", None)).await).is_some());
        for _ in 0..4 {
            assert_eq!(held(limits.login(&keys("victim", "home", Some(1))).await), None);
        }
        let device = held(limits.login(&keys("victim", "home", Some(1))).await);
        assert_eq!(device.map(|(action, _)| action), Some("login.device"));
    }

    #[tokio::test]
    async fn neighbours_do_not_shut_out_a_device_that_the_account_knows() {
        let (limits, _) = limiter();
        for n in 0..21 {
            let _ = limits.login(&keys(&n.to_string(), "shared", None)).await;
        }
        assert!(held(limits.login(&keys("own", "shared", None)).await).is_some());
        let own = keys("own", "shared", Some(1));
        assert_eq!(held(limits.login(&own).await), None);
        limits.login_succeeded(&own).await;
        let network = held(limits.login(&keys("own", "shared", None)).await);
        assert_eq!(
            network.map(|(action, _)| action),
            Some("login.network"),
            "it gives back nothing of others"
        );
    }

    #[tokio::test]
    async fn success_clears_the_account_but_not_the_failures_of_the_network() {
        let (limits, _) = limiter();
        for n in 0..19 {
            assert_eq!(held(limits.login(&keys(&n.to_string(), "n", None)).await), None);
        }
        let own = keys("own", "n", None);
        for _ in 0..3 {
            assert_eq!(held(limits.login(&own).await), None, "a success is given back");
            limits.login_succeeded(&own).await;
        }
        assert_eq!(held(limits.login(&keys("a", "n", None)).await), None);
        let network = held(limits.login(&keys("b", "n", None)).await);
        assert_eq!(network.map(|(action, _)| action), Some("login.network"));
    }
}
