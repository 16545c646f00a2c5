//! Captcha services: every one accepts what its widget returned, once, for one mutation.

use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::captcha::{SERVICES, described, ticket, try_login};
use crate::support::{Backend, World, both_backends, kind, logs};

const MISSING: &str = "CaptchaRequired MISSING";
const REJECTED: &str = "CaptchaRequired REJECTED";
/// The captcha was accepted; the password was not.
const PASSED: &str = "CredentialsRejected";

async fn world(backend: Backend, service: &str) -> Option<World> {
    let settings = [("MENJIN_CAPTCHA_PROVIDER", service), ("MENJIN_CAPTCHA_MODE", "always")];
    World::start_with(backend, &settings).await
}

#[apply(both_backends)]
async fn a_response_is_accepted_once(#[case] backend: Backend) {
    for service in SERVICES {
        let Some(world) = world(backend, service).await else { return };
        let browser = world.browser();
        let input = json!({ "account": "a", "password": "wrong horse battery" });
        let missing = browser.mutate("login", input).await.data("login");
        assert_eq!(described(&missing), MISSING, "{service}: {missing}");
        assert_eq!(missing["provider"], service);
        assert_eq!(missing["siteKey"], "190000001");
        assert_eq!((&missing["action"], &missing["challengeUrl"]), (&json!("login"), &Value::Null));
        assert_eq!(missing["message"], "Complete the captcha and try again.");

        let solved = ticket(&browser, service, "action=login").await;
        assert_eq!(try_login(&browser, "a", solved.clone()).await, PASSED, "{service}");
        assert_eq!(try_login(&browser, "a", solved.clone()).await, REJECTED, "{service}: a replay");
        let other = world.another_gateway().await;
        let elsewhere = world.browser().at_gateway(other.address());
        assert_eq!(try_login(&elsewhere, "b", solved.clone()).await, REJECTED, "{service}: another gateway");

        let written = logs::written();
        let text = solved["ticket"].as_str().expect("a text");
        assert!(!written.contains(text) && !written.contains("sandbox-captcha-secret"), "{service}");
    }
}

#[apply(both_backends)]
async fn two_requests_with_one_response_do_not_both_pass(#[case] backend: Backend) {
    for service in SERVICES {
        let Some(world) = world(backend, service).await else { return };
        let (one, two) = (world.browser(), world.browser());
        let solved = ticket(&one, service, "action=login").await;
        let (first, second) =
            tokio::join!(try_login(&one, "a", solved.clone()), try_login(&two, "b", solved.clone()));
        let passed = [&first, &second].iter().filter(|outcome| **outcome == PASSED).count();
        assert!(passed <= 1, "{service}: {first} {second}");
    }
}

#[apply(both_backends)]
async fn a_response_is_not_shared_between_mutations(#[case] backend: Backend) {
    for service in SERVICES {
        let Some(world) = world(backend, service).await else { return };
        let browser = world.browser();
        let send = async |captcha: Value| {
            let input = json!({ "mobile": "13800138000", "purpose": "LOGIN", "captcha": captcha });
            browser.mutate("sendSms", input).await.data("sendSms")
        };
        let solved = ticket(&browser, service, "action=login").await;
        assert_eq!(try_login(&browser, "a", solved.clone()).await, PASSED);
        assert_eq!(described(&send(solved).await), REJECTED, "{service}");
        if service == "turnstile" {
            let unused = ticket(&browser, service, "action=login").await;
            assert_eq!(described(&send(unused).await), REJECTED, "the token names its mutation");
        }
        let sent = send(ticket(&browser, service, "action=sendSms").await).await;
        assert_eq!(kind(&sent), "CodeSent", "{service}: a rejected captcha is not charged: {sent}");
    }
}

#[apply(both_backends)]
async fn wrong_and_expired_responses_are_rejected(#[case] backend: Backend) {
    for service in SERVICES {
        let Some(world) = world(backend, service).await else { return };
        let browser = world.browser();
        let refused = ticket(&browser, service, "action=login&failure=rejected").await;
        assert_eq!(try_login(&browser, "a", refused).await, REJECTED, "{service}");
        let mut invented = ticket(&browser, service, "action=login").await;
        let text = invented["ticket"].as_str().expect("a text").replace(|c: char| c.is_ascii_digit(), "7");
        invented["ticket"] = json!(format!("{text} "));
        assert_eq!(try_login(&browser, "b", invented).await, REJECTED, "{service}: an invented ticket");
        for ticket in ["", " ", "{}", "null", &"x".repeat(9_000)] {
            let captcha = json!({ "ticket": ticket, "randstr": "@abc" });
            assert_eq!(try_login(&world.browser(), "c", captcha).await, REJECTED, "{service}: {ticket:.9}");
        }
        let old = ticket(&browser, service, "action=login").await;
        world.advance(601);
        assert_eq!(try_login(&browser, "d", old).await, REJECTED, "{service}: expired");
        let reply = browser
            .speaking("zh-CN")
            .mutate(
                "login",
                json!({ "account": "e", "password": "wrong horse battery", "captcha": { "ticket": "x" } }),
            )
            .await
            .data("login");
        assert_eq!(reply["message"], "人机验证未通过，请重新验证");
    }
}

#[apply(both_backends)]
async fn the_service_learns_the_client_address(#[case] backend: Backend) {
    let Some(world) = world(backend, "tencent_legacy").await else { return };
    let solved = ticket(&world.browser(), "tencent_legacy", "").await;
    assert_eq!(try_login(&world.browser(), "a", solved).await, REJECTED, "solved at another address");
}

#[apply(both_backends)]
async fn disaster_tickets_are_accepted_only_by_setting(#[case] backend: Backend) {
    let Some(world) = world(backend, "tencent").await else { return };
    let ticket = |prefix: &str, seconds: i64| {
        let at = world.now().timestamp() - seconds;
        json!({ "ticket": format!("{prefix}_1001_190000001_{at}"), "randstr": "@abc" })
    };
    for prefix in ["trerror", "terror"] {
        assert_eq!(try_login(&world.browser(), "a", ticket(prefix, 0)).await, REJECTED);
    }
    let lenient = world.another_gateway_with(&[("MENJIN_CAPTCHA_DISASTER_TICKETS", "true")]).await;
    let browser = world.browser().at_gateway(lenient.address());
    assert_eq!(try_login(&browser, "a", ticket("terror", 10)).await, PASSED);
    assert_eq!(try_login(&browser, "a", ticket("terror", 10)).await, REJECTED, "once");
    assert_eq!(try_login(&browser, "a", ticket("trerror", 5)).await, REJECTED, "one per network and minute");
    world.advance(60);
    assert_eq!(try_login(&browser, "a", ticket("trerror", 5)).await, PASSED);
    let other = world.browser().at_gateway(lenient.address());
    assert_eq!(try_login(&other, "a", ticket("trerror", 400)).await, REJECTED, "too old");
}

#[apply(both_backends)]
async fn only_the_configured_mutations_require_a_captcha(#[case] backend: Backend) {
    let settings = [
        ("MENJIN_CAPTCHA_PROVIDER", "turnstile"),
        ("MENJIN_CAPTCHA_MODE", "always"),
        ("MENJIN_CAPTCHA_ACTIONS", "sendSms"),
    ];
    let Some(world) = World::start_with(backend, &settings).await else { return };
    assert_eq!(try_login(&world.browser(), "a", Value::Null).await, PASSED);
    let outcome = world.browser().send_sms("13800138000", "LOGIN").await;
    assert_eq!((described(&outcome).as_str(), &outcome["action"]), (MISSING, &json!("sendSms")));
    let sent = world.browser().send_email_code("mei@example.com", "LOGIN").await;
    assert_eq!(kind(&sent), "CodeSent", "{sent}");
}
