//! The mode `suspicion`: a captcha is required after failures or many messages, and only then.

use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::browser::{mobile_with_code, wrong_code};
use crate::support::captcha::{described, solve, try_login};
use crate::support::{Backend, Browser, PASSWORD, World, both_backends, kind};

const MISSING: &str = "CaptchaRequired MISSING";
const FAILED: &str = "CredentialsRejected";
const MOBILE: &str = "+8613800138000";

async fn world(backend: Backend, more: &[(&str, &str)]) -> Option<World> {
    let settings = [("MENJIN_CAPTCHA_PROVIDER", "altcha"), ("MENJIN_CAPTCHA_ALTCHA_MAX_NUMBER", "500")];
    World::start_with(backend, &[&settings, more].concat()).await
}

async fn login(browser: &Browser, account: &str, captcha: Value) -> Value {
    let input = json!({ "account": account, "password": PASSWORD, "captcha": captcha });
    browser.mutate("login", input).await.data("login")
}

#[apply(both_backends)]
async fn failures_of_an_account_require_a_captcha(#[case] backend: Backend) {
    let Some(world) = world(backend, &[]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    for _ in 0..3 {
        assert_eq!(try_login(&world.browser(), "lilei", Value::Null).await, FAILED);
    }
    // Whatever name of the account is typed, and from wherever.
    for account in ["lilei", MOBILE] {
        assert_eq!(try_login(&world.browser(), account, Value::Null).await, MISSING, "{account}");
    }
    assert_eq!(try_login(&world.browser(), "another", Value::Null).await, FAILED);
    let known = login(&person.browser, "lilei", Value::Null).await;
    assert_eq!(kind(&known), "SignedIn", "a known device of the owner is not affected: {known}");
    let browser = world.browser();
    let solved = solve(&browser, "login").await;
    let signed_in = login(&browser, "lilei", solved).await;
    assert_eq!(kind(&signed_in), "SignedIn", "{signed_in}");
    assert_eq!(try_login(&world.browser(), "lilei", Value::Null).await, FAILED, "a success resets the count");
}

#[apply(both_backends)]
async fn failures_from_a_network_require_a_captcha_for_a_while(#[case] backend: Backend) {
    let Some(world) = world(backend, &[]).await else { return };
    let code = world.sms_code(MOBILE, "LOGIN").await;
    let browser = world.browser();
    for account in 0..9 {
        assert_eq!(try_login(&browser, &format!("account{account}"), Value::Null).await, FAILED);
    }
    // A rejected code counts as a failure too.
    let rejected = browser.login_with_code(mobile_with_code(MOBILE, &wrong_code(&code))).await;
    assert_eq!(kind(&rejected), "CodeRejected", "{rejected}");
    assert_eq!(try_login(&browser, "account10", Value::Null).await, MISSING);
    let outcome = browser.login_with_code(mobile_with_code(MOBILE, &code)).await;
    assert_eq!((described(&outcome).as_str(), &outcome["action"]), (MISSING, &json!("loginWithCode")));
    assert_eq!(try_login(&world.browser(), "account10", Value::Null).await, FAILED, "another network");
    world.advance(3_600);
    assert_eq!(try_login(&browser, "account10", Value::Null).await, FAILED);
}

#[apply(both_backends)]
async fn unused_codes_of_a_number_require_a_captcha(#[case] backend: Backend) {
    let Some(world) = world(backend, &[]).await else { return };
    for purpose in ["LOGIN", "REGISTER", "LOGIN"] {
        world.sms_code(MOBILE, purpose).await;
        let limited = world.browser().send_sms(MOBILE, purpose).await;
        assert_eq!(kind(&limited), "RateLimited", "nobody solves a captcha in vain: {limited}");
        world.advance(61);
    }
    let browser = world.browser();
    assert_eq!(described(&browser.send_sms(MOBILE, "LOGIN").await), MISSING);
    let captcha = solve(&browser, "sendSms").await;
    let input = json!({ "mobile": MOBILE, "purpose": "REGISTER", "captcha": captcha });
    let sent = browser.mutate("sendSms", input).await.data("sendSms");
    assert_eq!(kind(&sent), "CodeSent", "{sent}");
    // Using a code shows that the number belongs to a user.
    let code = world.code_for(MOBILE).await;
    let input = json!({
        "contact": mobile_with_code(MOBILE, &code), "password": PASSWORD, "username": "lilei", "acceptTerms": true,
    });
    let registered = world.browser().register(input).await;
    assert_eq!(kind(&registered), "SignedIn", "{registered}");
    world.advance(61);
    assert_eq!(kind(&world.browser().send_sms(MOBILE, "LOGIN").await), "CodeSent");
}

#[apply(both_backends)]
async fn many_messages_of_a_network_or_to_a_block_require_a_captcha(#[case] backend: Backend) {
    let more = [("MENJIN_CAPTCHA_SUSPICION_PREFIX_SENDS", "4")];
    let Some(world) = world(backend, &more).await else { return };
    let browser = world.browser();
    for n in 0..10 {
        let sent = browser.send_email_code(&format!("person{n}@example.com"), "LOGIN").await;
        assert_eq!(kind(&sent), "CodeSent", "{sent}");
    }
    assert_eq!(described(&browser.send_email_code("person10@example.com", "LOGIN").await), MISSING);
    let reset = browser.mutate("requestPasswordReset", json!({ "email": "person11@example.com" })).await;
    assert_eq!(
        described(&reset.data("requestPasswordReset")),
        MISSING,
        "other messages are counted together"
    );
    for n in 0..4 {
        let sent = world.browser().send_sms(&format!("+861380013900{n}"), "LOGIN").await;
        assert_eq!(kind(&sent), "CodeSent", "{sent}");
    }
    let other = world.another_gateway().await;
    let block = world.browser().at_gateway(other.address()).send_sms("+8613800139009", "LOGIN").await;
    // In the embedded mode every gateway has counters of its own.
    let expected = if backend == Backend::Servers { MISSING } else { "CodeSent" };
    assert_eq!(described(&block), expected);
    assert_eq!(described(&world.browser().send_sms("+8613800139009", "LOGIN").await), MISSING);
    assert_eq!(kind(&world.browser().send_sms("+8613800149009", "LOGIN").await), "CodeSent");
}
