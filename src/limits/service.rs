//! What wrong credentials of services are counted by.

use super::error::LimitError;
use super::limiter::{Limiter, rule};
use crate::core::clock::Instant;
use crate::ephemeral::{Charge, Return};

/// What was charged for one try.
#[must_use]
pub struct ServiceTry {
    charge: Charge,
    at: Instant,
}

impl Limiter {
    /// Charges one try of a service to prove itself. `client`: the name it gave, if there is one of that name; one that
    /// is set up wrongly does not shut out its neighbours.
    ///
    /// # Errors
    /// [`LimitError`]; then the credentials must not be looked at.
    pub async fn service(&self, network: &str, client: Option<&str>) -> Result<ServiceTry, LimitError> {
        let subject = format!("{network} {}", client.unwrap_or_default());
        let named = self.named("service", &subject, rule(self.settings.service_failures));
        let charge = named.charge.clone();
        let at = self.now();
        self.charge(&[named], at).await?;
        Ok(ServiceTry { charge, at })
    }

    /// The try was right: only failures count.
    pub async fn service_succeeded(&self, tried: ServiceTry) {
        self.give_back(&[Return::Refund { charge: tried.charge, at: tried.at }]).await;
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::super::limiter::tests::{held, limiter};

    #[tokio::test]
    async fn only_failures_count_and_each_client_of_a_network_apart() {
        let (limits, clock) = limiter();
        for _ in 0..100 {
            let tried = limits.service("n", Some("orders")).await.unwrap();
            limits.service_succeeded(tried).await;
        }
        for _ in 0..30 {
            assert_eq!(held(limits.service("n", Some("orders")).await), None);
        }
        let until = clock.now() + TimeDelta::seconds(2);
        assert_eq!(held(limits.service("n", Some("orders")).await), Some(("service", until)));
        assert_eq!(held(limits.service("n", Some("billing")).await), None);
        assert_eq!(held(limits.service("n", None).await), None);
        assert_eq!(held(limits.service("m", Some("orders")).await), None);
        clock.advance(TimeDelta::seconds(2));
        assert_eq!(held(limits.service("n", Some("orders")).await), None);
    }
}
