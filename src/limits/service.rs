//! The limit of failed authentications of services (RFC 7662 clients).

use super::limiter::{Limiter, rule};
use crate::core::guard::Guard;
use crate::outcome::Refusal;

impl Limiter {
    /// Charges one attempt of a service to authenticate. `client`: the name that it gave, where such a client is
    /// configured, so that one misconfigured service does not lock out its neighbours.
    ///
    /// On an error the credentials must not be verified. Keep the guard when they are wrong; otherwise the charge is
    /// refunded, since only failures count.
    pub async fn service(&self, network: &str, client: Option<&str>) -> Result<Guard, Refusal> {
        let subject = format!("{network} {}", client.unwrap_or_default());
        let named = self.named("service", &subject, rule(self.settings.service_failures));
        let at = self.now();
        let charge = named.charge.clone();
        self.charge(&[named], at).await?;
        Ok(self.refund_unless_kept(vec![charge], at))
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::super::limiter::tests::{limited, limiter};
    use super::*;

    async fn fail(limits: &Limiter, network: &str, client: Option<&str>) -> Result<(), Refusal> {
        limits.service(network, client).await.map(Guard::keep)
    }

    #[tokio::test]
    async fn only_failures_count_per_network_and_client() {
        let (limits, clock) = limiter();
        for _ in 0..100 {
            limits.service("n", Some("orders")).await.unwrap().give_back().await;
        }
        for _ in 0..30 {
            assert_eq!(limited(fail(&limits, "n", Some("orders")).await), None);
        }
        let until = clock.now() + TimeDelta::seconds(2);
        assert_eq!(limited(fail(&limits, "n", Some("orders")).await), Some(("service", until)));
        assert_eq!(limited(fail(&limits, "n", Some("billing")).await), None);
        assert_eq!(limited(fail(&limits, "n", None).await), None);
        assert_eq!(limited(fail(&limits, "m", Some("orders")).await), None);
        clock.advance(TimeDelta::seconds(2));
        assert_eq!(limited(fail(&limits, "n", Some("orders")).await), None);
    }
}
