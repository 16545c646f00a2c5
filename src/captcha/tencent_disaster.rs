//! Disaster-recovery tickets of Tencent: a page makes one when Tencent's script does not load. Anybody can write one, so
//! they are accepted only if a setting says so.

use super::port::{Evidence, Rejected};

/// The prefixes in Tencent's documentation, which spells the word in two ways.
const PREFIXES: [&str; 2] = ["trerror_", "terror_"];
/// In seconds.
const MAX_AGE: i64 = 300;

/// Whether a ticket is a disaster-recovery ticket.
pub(super) fn is_one(ticket: &str) -> bool {
    PREFIXES.iter().any(|prefix| ticket.starts_with(prefix))
}

/// Rejects disaster-recovery tickets that must not be accepted: all of them unless `allowed`, and those of another
/// application or of another time. Other tickets pass.
pub(super) fn check(evidence: &Evidence<'_>, app_id: u64, allowed: bool) -> Result<(), Rejected> {
    let Some(rest) = PREFIXES.iter().find_map(|prefix| evidence.ticket.strip_prefix(prefix)) else {
        return Ok(());
    };
    if !allowed {
        return Err("a disaster-recovery ticket".into());
    }
    // `<error code>_<app id>_<unix seconds>`
    let parts: Vec<u64> = rest.split('_').filter_map(|part| part.parse().ok()).collect();
    let [_, app, at] = parts[..] else { return Err("a malformed disaster-recovery ticket".into()) };
    let age = i64::try_from(at).map(|at| evidence.now.timestamp() - at);
    if app != app_id || !age.is_ok_and(|age| (-MAX_AGE..=MAX_AGE).contains(&age)) {
        return Err("a disaster-recovery ticket of another application or time".into());
    }
    tracing::warn!("a disaster-recovery ticket of Tencent's captcha is accepted");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::config::captcha::CaptchaAction;
    use crate::core::clock::Instant;

    #[test]
    fn tickets_are_accepted_only_if_allowed_fresh_and_of_this_application() {
        let check = |ticket: &str, allowed: bool| {
            let evidence = Evidence {
                ticket,
                randstr: Some("@abc"),
                action: CaptchaAction::Login,
                address: IpAddr::from([203, 0, 113, 7]),
                network: "203.0.113.7",
                now: Instant::from_timestamp(1_700_000_100, 0).unwrap(),
            };
            check(&evidence, 199_999_164, allowed).is_ok()
        };
        for ticket in ["trerror_1001_199999164_1700000000", "terror_1001_199999164_1700000000"] {
            assert!(check(ticket, true) && !check(ticket, false), "{ticket}");
        }
        for ticket in [
            "trerror_1001_199999165_1700000000",
            "trerror_1001_199999164_1699999000",
            "trerror_1001_199999164_1800000000",
            "trerror_199999164_1700000000",
            "trerror_",
        ] {
            assert!(!check(ticket, true), "{ticket}");
        }
        assert!(check("t03example", false), "an ordinary ticket");
    }
}
