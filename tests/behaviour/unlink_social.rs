//! `unlinkSocial`: unlinks a provider, unless it is the last sign-in method.

use futures_util::future::join_all;
use rstest_reuse::apply;
use serde_json::json;

use crate::support::{Backend, PASSWORD, World, both_backends, kind};

const MOBILE: &str = "+8613800138000";

#[apply(both_backends)]
async fn a_provider_is_unlinked(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.bound_person("qq", "han", MOBILE, "hanmeimei").await;
    let browser = person.new_browser(&world);
    let unlinked = browser.unlink("qq", None).await.data("unlinkSocial");
    assert_eq!(
        (kind(&unlinked), &unlinked["user"]["identities"]),
        ("SocialUnlinked", &json!([])),
        "{unlinked}"
    );
    assert_eq!(kind(&world.browser().sign_in_with("qq", "han").await), "BindRequired");
    let again = browser.unlink("qq", None).await.data("unlinkSocial");
    assert_eq!(kind(&again), "InvalidInput", "{again}");
    assert_eq!(world.sql().await.count("audit_events WHERE kind = 'identity_unlinked'").await, 1);
    let removed = world
        .inbox()
        .await
        .into_iter()
        .filter(|message| message["body"].as_str().is_some_and(|body| body.contains("was removed")));
    assert!(removed.count() <= 1, "at most one notice is sent");
}

#[apply(both_backends)]
async fn the_last_sign_in_method_cannot_be_unlinked(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    // An account with two providers and nothing else.
    let person = world.bound_person("qq", "han", MOBILE, "hanmeimei").await;
    let browser = person.new_browser(&world);
    world.sql().await.run("UPDATE users SET password_hash = NULL, mobile = NULL").await;
    let refused = browser.unlink("qq", None).await.data("unlinkSocial");
    assert_eq!(kind(&refused), "LastWayIn", "{refused}");
    assert_eq!(kind(&world.browser().sign_in_with("qq", "han").await), "SignedIn");
}

#[apply(both_backends)]
async fn one_of_two_concurrent_unlinks_of_the_last_methods_is_refused(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.bound_person("qq", "han", MOBILE, "hanmeimei").await;
    let browser = person.new_browser(&world);
    let callback = browser.callback_from("github", "han", None).await;
    assert_eq!(kind(&browser.link("github", &callback, None).await.data("linkSocial")), "SocialLinked");
    world.sql().await.run("UPDATE users SET password_hash = NULL, mobile = NULL").await;
    let replies = join_all([browser.unlink("qq", None), browser.unlink("github", None)]).await;
    let mut kinds: Vec<_> =
        replies.iter().map(|reply| kind(&reply.data("unlinkSocial")).to_owned()).collect();
    kinds.sort();
    assert_eq!(kinds, ["LastWayIn", "SocialUnlinked"]);
    assert_eq!(world.sql().await.count("identities").await, 1);
}

#[apply(both_backends)]
async fn anonymous_callers_and_stale_sessions_are_refused(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let mut person = world.bound_person("qq", "han", MOBILE, "hanmeimei").await;
    assert_eq!(world.browser().unlink("qq", None).await.error_code(), "UNAUTHENTICATED");
    let other = world.person("+8613900139000", "lilei").await;
    let theirs = other.new_browser(&world).unlink("qq", None).await.data("unlinkSocial");
    assert_eq!(kind(&theirs), "InvalidInput", "only own identities can be unlinked: {theirs}");
    person.refresh_after(&world, 700).await;
    let browser = person.new_browser(&world);
    assert_eq!(kind(&browser.unlink("qq", None).await.data("unlinkSocial")), "ReauthenticationRequired");
    assert_eq!(kind(&browser.unlink("qq", Some("x")).await.data("unlinkSocial")), "CredentialsRejected");
    assert_eq!(kind(&browser.unlink("qq", Some(PASSWORD)).await.data("unlinkSocial")), "SocialUnlinked");
}
