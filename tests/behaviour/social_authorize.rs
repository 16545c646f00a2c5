//! `socialAuthorize`: the callback of a sign-in with any provider.

use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::provider::{consent, refuse};
use crate::support::{Backend, World, both_backends, kind};

const PROVIDERS: [&str; 5] = ["qq", "wechat", "weibo", "github", "oidc"];

#[apply(both_backends)]
async fn every_provider_identifies_its_users(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for provider in PROVIDERS {
        let browser = world.browser();
        let outcome = browser.sign_in_with(provider, "han").await;
        assert_eq!(kind(&outcome), "BindRequired", "{provider}: {outcome}");
        assert_eq!(outcome["provider"], provider);
        assert!(outcome["nickname"].is_string(), "{provider}: {outcome}");
    }
}

#[apply(both_backends)]
async fn equal_names_at_two_providers_are_two_identities(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.bound_person("weibo", "han", "+8613800138000", "hanmeimei").await;
    assert_eq!(world.browser().sign_in_with("weibo", "han").await["user"]["id"], *person.id);
    for provider in ["qq", "wechat", "github", "oidc"] {
        let outcome = world.browser().sign_in_with(provider, "han").await;
        assert_eq!(kind(&outcome), "BindRequired", "{provider}: {outcome}");
    }
}

#[apply(both_backends)]
async fn an_attested_address_links_no_account_by_itself(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    // The providers attest Lucy's address, which an account here has.
    let account = world.person_by_email("lucy@sandbox.example").await;
    for provider in ["github", "oidc"] {
        let outcome = world.browser().sign_in_with(provider, "lucy").await;
        assert_eq!(kind(&outcome), "BindRequired", "{provider}: {outcome}");
    }
    assert_eq!(account.new_browser(&world).me().await["id"], *account.id);
    assert_eq!(world.sql().await.count("identities").await, 0);
}

#[apply(both_backends)]
async fn failures_of_every_provider_are_typed_problems(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_SOCIAL_TIMEOUT", "500ms")]).await else { return };
    for (provider, failure, code) in [
        ("weibo", "code_expired", "PROVIDER_REJECTED"),
        ("weibo", "wrong_secret", "PROVIDER_UNAVAILABLE"),
        ("wechat", "code_expired", "PROVIDER_REJECTED"),
        ("wechat", "code_used", "PROVIDER_REJECTED"),
        ("wechat", "busy", "PROVIDER_UNAVAILABLE"),
        ("github", "code_expired", "PROVIDER_REJECTED"),
        ("oidc", "code_expired", "PROVIDER_REJECTED"),
        ("oidc", "wrong_nonce", "PROVIDER_REJECTED"),
        ("oidc", "wrong_audience", "PROVIDER_UNAVAILABLE"),
        ("oidc", "unsigned", "PROVIDER_UNAVAILABLE"),
        ("oidc", "hmac", "PROVIDER_UNAVAILABLE"),
        ("oidc", "broken", "PROVIDER_UNAVAILABLE"),
        ("oidc", "slow", "PROVIDER_UNAVAILABLE"),
    ] {
        let browser = world.browser();
        let callback = browser.callback_from(provider, "han", Some(failure)).await;
        let outcome = browser.social_authorize(provider, &callback).await;
        let actual = (kind(&outcome), outcome["code"].as_str().unwrap_or_default());
        assert_eq!(actual, ("ProviderRejected", code), "{provider}, {failure}: {outcome}");
    }
    assert_eq!(world.sql().await.count("identities").await, 0);
}

#[apply(both_backends)]
async fn a_refused_consent_returns_without_a_code(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for provider in ["weibo", "github", "oidc"] {
        let browser = world.browser();
        let refused = refuse(&browser.authorize_url(provider, "/").await, "han").await;
        assert_eq!(refused.code, None, "{provider}: {refused:?}");
        assert!(
            refused.field("error").is_some_and(|error| error == "access_denied"),
            "{provider}: {refused:?}"
        );
    }
}

#[apply(both_backends)]
async fn tokens_of_providers_are_never_returned(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for provider in PROVIDERS {
        let browser = world.browser();
        let callback = consent(&browser.authorize_url(provider, "/").await, "han", None).await.into();
        let outcome: Value = browser.social_authorize(provider, &callback).await;
        let ticket = outcome["ticket"].as_str().expect("a ticket");
        assert_eq!(ticket.len(), 43, "opaque");
        assert!(!outcome.to_string().contains("access_token"), "{outcome}");
        assert_eq!(outcome["next"], json!("/"));
    }
}
