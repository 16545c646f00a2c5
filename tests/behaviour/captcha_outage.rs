//! Captcha services that fail: requests that need a captcha fail too, unless the operator allows them.

use rstest_reuse::apply;

use crate::support::captcha::{SERVICES, ticket, try_login};
use crate::support::{Backend, World, both_backends, logs};

const PASSED: &str = "CredentialsRejected";
const FAILURES: [&str; 8] =
    ["internal", "hang", "half", "truncated", "html", "bad_gateway", "too_many_requests", "redirect"];

#[apply(both_backends)]
async fn an_outage_refuses_or_allows_as_configured(#[case] backend: Backend) {
    for service in SERVICES {
        let settings = [
            ("MENJIN_CAPTCHA_PROVIDER", service),
            ("MENJIN_CAPTCHA_MODE", "always"),
            ("MENJIN_CAPTCHA_TIMEOUT", "400ms"),
        ];
        let Some(world) = World::start_with(backend, &settings).await else { return };
        // Both gateways ask the sandbox of the first one, which has issued the tickets.
        let url = format!("http://{}/sandbox/captcha/{service}", world.gateway.address());
        let lenient = world
            .another_gateway_with(&[("MENJIN_CAPTCHA_ON_OUTAGE", "allow"), ("MENJIN_CAPTCHA_URL", &url)])
            .await;
        for failure in FAILURES {
            let broken = ticket(&world.browser(), service, &format!("action=login&failure={failure}")).await;
            let strict = try_login(&world.browser(), failure, broken.clone()).await;
            assert_eq!(strict, "UNAVAILABLE", "{service} {failure}");
            let allowed =
                try_login(&world.browser().at_gateway(lenient.address()), failure, broken.clone()).await;
            // The first check may have used the ticket up before its response was lost.
            let used = allowed == "CaptchaRequired REJECTED";
            assert!(allowed == PASSED || used, "{service} {failure}: {allowed}");
        }
        let browser = world.browser();
        let plain = ticket(&browser, service, "action=login&failure=plain_text").await;
        assert_eq!(
            try_login(&browser, "plain", plain).await,
            PASSED,
            "{service}: the content type is ignored"
        );
    }
}

#[apply(both_backends)]
async fn wrong_keys_are_an_error_for_the_operator(#[case] backend: Backend) {
    for service in SERVICES {
        let settings = [("MENJIN_CAPTCHA_PROVIDER", service), ("MENJIN_CAPTCHA_MODE", "always")];
        let Some(world) = World::start_with(backend, &settings).await else { return };
        let url = format!("http://{}/sandbox/captcha/{service}", world.gateway.address());
        let secret = format!("wrong-secret-of-{service}");
        let wrong = world
            .another_gateway_with(&[
                ("MENJIN_CAPTCHA_URL", &url),
                ("MENJIN_CAPTCHA_SITE_KEY", "190000001"),
                ("MENJIN_CAPTCHA_SECRET", &secret),
                ("MENJIN_CAPTCHA_SECRET_ID", "AKIDSANDBOXSANDBOX"),
                ("MENJIN_CAPTCHA_SECRET_KEY", "wrong-key"),
                ("MENJIN_CAPTCHA_ON_OUTAGE", "allow"),
            ])
            .await;
        let browser = world.browser().at_gateway(wrong.address());
        let solved = ticket(&world.browser(), service, "action=login").await;
        assert_eq!(try_login(&browser, "a", solved).await, "UNAVAILABLE", "{service}: never allowed");
        let written = logs::written();
        let line =
            |line: &&str| line.contains("rejects the keys") && line.contains(&format!("\"{service}\""));
        assert!(written.lines().any(|text| line(&text) && text.contains("ERROR")), "{service}");
        assert!(!written.contains(&secret), "{service}");
    }
}
