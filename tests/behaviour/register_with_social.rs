//! `registerWithSocial`: like `registerWithQq`, for every provider.

use crate::support::{Backend, World, both_backends, kind};
use rstest_reuse::apply;

#[apply(both_backends)]
async fn every_provider_can_register(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for (number, provider) in ["qq", "wechat", "weibo", "github", "oidc"].into_iter().enumerate() {
        let mobile = format!("+861380013800{number}");
        let browser = world.browser();
        let ticket = browser.ticket(provider, "lucy").await;
        let code = world.sms_code(&mobile, "BIND").await;
        let made = browser.register_with("registerWithSocial", &ticket, &mobile, &code).await;
        assert_eq!(kind(&made), "SignedIn", "{provider}: {made}");
        let again = world.browser().sign_in_with(provider, "lucy").await;
        assert_eq!(again["user"]["id"], made["user"]["id"], "{provider}: {again}");
    }
    assert_eq!(world.sql().await.count("users").await, 5);
    // An address that only the provider attests does not become the account's address.
    assert_eq!(world.sql().await.count("users WHERE email IS NOT NULL").await, 0);
}

#[apply(both_backends)]
async fn it_shares_the_limit_of_register(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_LIMITS_REGISTER", "1/1h")]).await else { return };
    let browser = world.browser();
    let first = browser.ticket("github", "han").await;
    let code = world.sms_code("+8613800138000", "BIND").await;
    let made = browser.register_with("registerWithSocial", &first, "+8613800138000", &code).await;
    assert_eq!(kind(&made), "SignedIn", "{made}");
    let second = browser.ticket("github", "li").await;
    let code = world.sms_code("+8613800138001", "BIND").await;
    let held = browser.register_with("registerWithSocial", &second, "+8613800138001", &code).await;
    assert_eq!(kind(&held), "RateLimited", "{held}");
}
