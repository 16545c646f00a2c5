//! The error codes of the services that list them.

use super::port::CheckError;
use super::{hcaptcha, turnstile};

fn class(error: &CheckError) -> &'static str {
    match error {
        CheckError::Rejected(_) => "rejected",
        CheckError::Unavailable(_) => "unavailable",
        CheckError::Misconfigured(_) => "misconfigured",
    }
}

#[test]
fn codes_of_turnstile_are_classified() {
    for (code, expected) in [
        ("missing-input-secret", "misconfigured"),
        ("invalid-input-secret", "misconfigured"),
        ("invalid-widget-id", "misconfigured"),
        ("invalid-parsed-secret", "misconfigured"),
        ("bad-request", "misconfigured"),
        ("missing-input-response", "rejected"),
        ("invalid-input-response", "rejected"),
        ("timeout-or-duplicate", "rejected"),
        ("internal-error", "unavailable"),
        ("something-new", "unavailable"),
    ] {
        assert_eq!(class(&turnstile::classify(&[code.into()])), expected, "{code}");
    }
    assert_eq!(class(&turnstile::classify(&[])), "unavailable");
    let both = ["invalid-input-response".into(), "invalid-input-secret".into()];
    assert_eq!(class(&turnstile::classify(&both)), "misconfigured");
}

#[test]
fn codes_of_hcaptcha_are_classified() {
    for (code, expected) in [
        ("missing-input-secret", "misconfigured"),
        ("invalid-input-secret", "misconfigured"),
        ("sitekey-secret-mismatch", "misconfigured"),
        ("not-using-dummy-passcode", "misconfigured"),
        ("bad-request", "misconfigured"),
        ("missing-input-response", "rejected"),
        ("invalid-input-response", "rejected"),
        ("expired-input-response", "rejected"),
        ("already-seen-response", "rejected"),
        ("invalid-or-already-seen-response", "rejected"),
        ("not-using-dummy-secret", "rejected"),
        ("invalid-remoteip", "rejected"),
        ("something-new", "unavailable"),
    ] {
        assert_eq!(class(&hcaptcha::classify(&[code.into()])), expected, "{code}");
    }
}
