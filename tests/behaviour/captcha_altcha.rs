//! ALTCHA: challenges of the gateway itself, solved for real.

use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::captcha::{described, solve, try_login};
use crate::support::{Backend, World, both_backends, kind};

const REJECTED: &str = "CaptchaRequired REJECTED";
const PASSED: &str = "CredentialsRejected";
const SETTINGS: [(&str, &str); 3] = [
    ("MENJIN_CAPTCHA_PROVIDER", "altcha"),
    ("MENJIN_CAPTCHA_MODE", "always"),
    ("MENJIN_CAPTCHA_ALTCHA_MAX_NUMBER", "2000"),
];

#[apply(both_backends)]
async fn a_solution_is_accepted_once(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &SETTINGS).await else { return };
    let browser = world.browser();
    let solved = solve(&browser, "login").await;
    assert_eq!(try_login(&browser, "a", solved.clone()).await, PASSED);
    assert_eq!(try_login(&browser, "a", solved.clone()).await, REJECTED, "a replay");
    let other = world.another_gateway().await;
    let same_network = browser.at_gateway(other.address());
    if backend == Backend::Servers {
        assert_eq!(try_login(&same_network, "a", solved).await, REJECTED, "a replay at another gateway");
    }
    let fresh = solve(&same_network, "login").await;
    assert_eq!(try_login(&same_network, "b", fresh).await, PASSED, "gateways share the key");
}

#[apply(both_backends)]
async fn a_solution_belongs_to_a_mutation_a_network_and_a_time(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &SETTINGS).await else { return };
    let browser = world.browser();
    let for_sms = solve(&browser, "sendSms").await;
    assert_eq!(try_login(&browser, "a", for_sms.clone()).await, REJECTED, "another mutation");
    let input = json!({ "mobile": "13800138000", "purpose": "LOGIN", "captcha": for_sms });
    let sent = browser.mutate("sendSms", input).await.data("sendSms");
    assert_eq!(kind(&sent), "CodeSent", "a rejected solution is not used up: {sent}");
    let solved = solve(&browser, "login").await;
    assert_eq!(try_login(&world.browser(), "b", solved.clone()).await, REJECTED, "another address");
    assert_eq!(try_login(&browser, "b", solved).await, PASSED);
    let late = solve(&browser, "login").await;
    world.advance(301);
    assert_eq!(try_login(&browser, "c", late).await, REJECTED, "expired");
    let roaming = world.another_gateway_with(&[("MENJIN_CAPTCHA_ALTCHA_BIND_NETWORK", "false")]).await;
    let (here, there) =
        (world.browser().at_gateway(roaming.address()), world.browser().at_gateway(roaming.address()));
    let solved = solve(&here, "login").await;
    assert_eq!(try_login(&there, "d", solved).await, PASSED, "by setting, the network may change");
}

#[apply(both_backends)]
async fn clients_learn_where_the_challenge_is(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &SETTINGS).await else { return };
    let browser = world.browser();
    let url = format!("http://{}/captcha/challenge", world.gateway.address());
    let settings = "{ settings { captcha { provider siteKey challengeUrl } } }";
    let settings = browser.post(settings, json!({})).await.data("settings");
    assert_eq!(settings["captcha"], json!({ "provider": "altcha", "siteKey": "", "challengeUrl": url }));
    let missing = browser.send_sms("13800138000", "LOGIN").await;
    assert_eq!(described(&missing), "CaptchaRequired MISSING");
    assert_eq!(missing["challengeUrl"], format!("{url}?action=sendSms"));

    let challenge = browser.get("/captcha/challenge?action=login").await;
    assert_eq!(challenge.headers["content-type"], "application/json");
    assert_eq!(challenge.headers["cache-control"], "no-store");
    assert_eq!(
        (&challenge.json["algorithm"], &challenge.json["maxnumber"]),
        (&json!("SHA-256"), &json!(2000))
    );
    for (query, status) in [("", 400), ("?action=fly", 400), ("?action=", 400)] {
        assert_eq!(browser.get(&format!("/captcha/challenge{query}")).await.status, status, "{query}");
    }
    let without = world.another_gateway_with(&[("MENJIN_CAPTCHA_PROVIDER", "none")]).await;
    let browser = world.browser().at_gateway(without.address());
    assert_eq!(browser.get("/captcha/challenge?action=login").await.status, 404);
    assert_eq!(try_login(&browser, "a", Value::Null).await, PASSED);
}
