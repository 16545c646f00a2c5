//! `linkSocial`: a signed-in user links a provider.

use rstest_reuse::apply;
use serde_json::json;

use crate::support::{Backend, PASSWORD, Person, World, both_backends, kind};

const MOBILE: &str = "+8613800138000";

/// Returns the person's own browser, with the access token.
fn own_browser(person: Person) -> crate::support::Browser {
    let token = person.token.clone();
    person.browser.with_token(&token)
}

#[apply(both_backends)]
async fn a_linked_provider_signs_in(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "hanmeimei").await;
    let id = person.id.clone();
    let browser = own_browser(person);
    let callback = browser.callback_from("github", "han", None).await;
    let linked = browser.link("github", &callback, None).await.data("linkSocial");
    assert_eq!(kind(&linked), "SocialLinked", "{linked}");
    assert_eq!(linked["user"]["identities"][0]["provider"], "github");
    assert_eq!(world.browser().sign_in_with("github", "han").await["user"]["id"], *id);
    assert!(world.message_for(MOBILE).await["body"].as_str().expect("a text").contains("was linked"));
    let replayed = browser.link("github", &callback, None).await.data("linkSocial");
    assert_eq!(kind(&replayed), "TicketRejected", "{replayed}");
}

#[apply(both_backends)]
async fn anonymous_callers_are_refused(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let browser = world.browser();
    let callback = browser.callback_from("github", "han", None).await;
    assert_eq!(browser.link("github", &callback, None).await.error_code(), "UNAUTHENTICATED");
}

#[apply(both_backends)]
async fn only_an_authorization_that_the_user_started_is_linked(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    // A victim is sent to a callback that was started anonymously, by another account, or in another browser.
    let person = world.person(MOBILE, "hanmeimei").await;
    let other = world.person("+8613900139000", "lilei").await;
    let (theirs, browser) = (own_browser(other), own_browser(person));
    let anonymous = world.browser();
    let cookie = {
        browser.authorize_url("github", "/").await;
        browser.cookie("menjin_browser").expect("a cookie")
    };
    anonymous.set_cookie("menjin_browser", &cookie);
    let by_nobody = anonymous.callback_from("github", "li", None).await;
    assert_eq!(kind(&browser.link("github", &by_nobody, None).await.data("linkSocial")), "TicketRejected");
    theirs.set_cookie("menjin_browser", &cookie);
    let by_another = theirs.callback_from("github", "li", None).await;
    assert_eq!(kind(&browser.link("github", &by_another, None).await.data("linkSocial")), "TicketRejected");
    theirs.set_cookie("menjin_browser", "");
    let elsewhere = theirs.callback_from("github", "li", None).await;
    assert_eq!(kind(&browser.link("github", &elsewhere, None).await.data("linkSocial")), "TicketRejected");
    assert_eq!(world.sql().await.count("identities").await, 0);
}

#[apply(both_backends)]
async fn a_stale_session_needs_reauthentication(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let mut person = world.person(MOBILE, "hanmeimei").await;
    person.refresh_after(&world, 700).await;
    let browser = own_browser(person);
    let callback = browser.callback_from("github", "han", None).await;
    let asked = browser.link("github", &callback, None).await.data("linkSocial");
    assert_eq!(kind(&asked), "ReauthenticationRequired", "{asked}");
    let wrong = browser.link("github", &callback, Some("not the password")).await.data("linkSocial");
    assert_eq!(kind(&wrong), "CredentialsRejected", "{wrong}");
    let linked = browser.link("github", &callback, Some(PASSWORD)).await.data("linkSocial");
    assert_eq!(kind(&linked), "SocialLinked", "the state is still valid: {linked}");
}

#[apply(both_backends)]
async fn an_account_or_identity_that_is_already_linked_is_refused(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.bound_person("qq", "han", "+8613900139000", "lilei").await;
    let browser = own_browser(world.person(MOBILE, "hanmeimei").await);
    let callback = browser.callback_from("qq", "han", None).await;
    let taken = browser.link("qq", &callback, None).await.data("linkSocial");
    assert_eq!((kind(&taken), &taken["reason"]), ("AlreadyLinked", &json!("IDENTITY_LINKED")), "{taken}");
    let callback = browser.callback_from("qq", "li", None).await;
    assert_eq!(kind(&browser.link("qq", &callback, None).await.data("linkSocial")), "SocialLinked");
    let callback = browser.callback_from("qq", "lucy", None).await;
    let second = browser.link("qq", &callback, None).await.data("linkSocial");
    assert_eq!((kind(&second), &second["reason"]), ("AlreadyLinked", &json!("ACCOUNT_LINKED")), "{second}");
}

#[apply(both_backends)]
async fn changes_are_limited_per_account(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_LIMITS_ACCOUNT_CHANGES", "1/1d")]).await else {
        return;
    };
    let browser = own_browser(world.person(MOBILE, "hanmeimei").await);
    let callback = browser.callback_from("qq", "han", None).await;
    assert_eq!(kind(&browser.link("qq", &callback, None).await.data("linkSocial")), "SocialLinked");
    let callback = browser.callback_from("github", "han", None).await;
    assert_eq!(kind(&browser.link("github", &callback, None).await.data("linkSocial")), "RateLimited");
}
