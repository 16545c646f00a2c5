//! `socialAuthorize`: the browser is back from any provider.

use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::provider::{consent, refuse};
use crate::support::{Backend, World, both_backends, kind};

const PROVIDERS: [&str; 5] = ["qq", "wechat", "weibo", "github", "oidc"];

#[apply(both_backends)]
async fn each_vouches_for_its_people(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for provider in PROVIDERS {
        let browser = world.browser();
        let outcome = browser.sign_in_by(provider, "han").await;
        assert_eq!(kind(&outcome), "BindRequired", "{provider}: {outcome}");
        assert_eq!(outcome["provider"], provider);
        assert!(outcome["nickname"].is_string(), "{provider}: {outcome}");
    }
}

#[apply(both_backends)]
async fn equal_names_at_two_providers_are_two_people(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.bound_person("weibo", "han", "+8613800138000", "hanmeimei").await;
    assert_eq!(world.browser().sign_in_by("weibo", "han").await["user"]["id"], *person.id);
    for provider in ["qq", "wechat", "github", "oidc"] {
        let outcome = world.browser().sign_in_by(provider, "han").await;
        assert_eq!(kind(&outcome), "BindRequired", "{provider}: {outcome}");
    }
}

#[apply(both_backends)]
async fn an_attested_address_binds_nothing_by_itself(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    // Lucy's address is attested by the providers, and an account here has it.
    let account = world.person_by_email("lucy@sandbox.example").await;
    for provider in ["github", "oidc"] {
        let outcome = world.browser().sign_in_by(provider, "lucy").await;
        assert_eq!(kind(&outcome), "BindRequired", "{provider}: {outcome}");
    }
    assert_eq!(account.at_work(&world).me().await["id"], *account.id);
    assert_eq!(world.sql().await.count("identities").await, 0);
}

#[apply(both_backends)]
async fn failures_are_typed_whoever_fails(#[case] backend: Backend) {
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
        let back = browser.at_provider(provider, "han", Some(failure)).await;
        let outcome = browser.come_back(provider, &back).await;
        let told = (kind(&outcome), outcome["code"].as_str().unwrap_or_default());
        assert_eq!(told, ("ProviderRejected", code), "{provider}, {failure}: {outcome}");
    }
    assert_eq!(world.sql().await.count("identities").await, 0);
}

#[apply(both_backends)]
async fn a_person_who_refuses_comes_back_without_a_code(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for provider in ["weibo", "github", "oidc"] {
        let browser = world.browser();
        let refused = refuse(&browser.begin(provider, "/").await, "han").await;
        assert_eq!(refused.code, None, "{provider}: {refused:?}");
        assert!(
            refused.field("error").is_some_and(|error| error == "access_denied"),
            "{provider}: {refused:?}"
        );
    }
}

#[apply(both_backends)]
async fn no_token_of_a_provider_is_ever_answered(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for provider in PROVIDERS {
        let browser = world.browser();
        let back = consent(&browser.begin(provider, "/").await, "han", None).await.into();
        let outcome: Value = browser.come_back(provider, &back).await;
        let ticket = outcome["ticket"].as_str().expect("a ticket");
        assert_eq!(ticket.len(), 43, "opaque");
        assert!(!outcome.to_string().contains("access_token"), "{outcome}");
        assert_eq!(outcome["next"], json!("/"));
    }
}
