//! `linkSocial`: somebody who is signed in adds a provider.

use rstest_reuse::apply;
use serde_json::json;

use crate::support::{Backend, PASSWORD, Person, World, both_backends, kind};

const MOBILE: &str = "+8613800138000";

/// The person's own browser, with the token.
fn own(person: Person) -> crate::support::Browser {
    let token = person.token.clone();
    person.browser.bearing(&token)
}

#[apply(both_backends)]
async fn a_provider_is_added_and_signs_in_from_then_on(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "hanmeimei").await;
    let id = person.id.clone();
    let browser = own(person);
    let back = browser.at_provider("github", "han", None).await;
    let linked = browser.link("github", &back, None).await.data("linkSocial");
    assert_eq!(kind(&linked), "SocialLinked", "{linked}");
    assert_eq!(linked["user"]["identities"][0]["provider"], "github");
    assert_eq!(world.browser().sign_in_by("github", "han").await["user"]["id"], *id);
    assert!(world.message_for(MOBILE).await["body"].as_str().expect("a text").contains("was linked"));
    let replayed = browser.link("github", &back, None).await.data("linkSocial");
    assert_eq!(kind(&replayed), "TicketRejected", "{replayed}");
}

#[apply(both_backends)]
async fn a_stranger_links_nothing(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let browser = world.browser();
    let back = browser.at_provider("github", "han", None).await;
    assert_eq!(browser.link("github", &back, None).await.error_code(), "UNAUTHENTICATED");
}

#[apply(both_backends)]
async fn only_what_the_same_person_began_is_linked(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    // Somebody is led to a callback that was begun by nobody, by another account, or in another browser.
    let person = world.person(MOBILE, "hanmeimei").await;
    let other = world.person("+8613900139000", "lilei").await;
    let (theirs, browser) = (own(other), own(person));
    let anonymous = world.browser();
    let cookie = {
        browser.begin("github", "/").await;
        browser.cookie("menjin_browser").expect("a cookie")
    };
    anonymous.set_cookie("menjin_browser", &cookie);
    let by_nobody = anonymous.at_provider("github", "li", None).await;
    assert_eq!(kind(&browser.link("github", &by_nobody, None).await.data("linkSocial")), "TicketRejected");
    theirs.set_cookie("menjin_browser", &cookie);
    let by_another = theirs.at_provider("github", "li", None).await;
    assert_eq!(kind(&browser.link("github", &by_another, None).await.data("linkSocial")), "TicketRejected");
    theirs.set_cookie("menjin_browser", "");
    let elsewhere = theirs.at_provider("github", "li", None).await;
    assert_eq!(kind(&browser.link("github", &elsewhere, None).await.data("linkSocial")), "TicketRejected");
    assert_eq!(world.sql().await.count("identities").await, 0);
}

#[apply(both_backends)]
async fn an_old_session_proves_itself_first(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let mut person = world.person(MOBILE, "hanmeimei").await;
    person.later(&world, 700).await;
    let browser = own(person);
    let back = browser.at_provider("github", "han", None).await;
    let asked = browser.link("github", &back, None).await.data("linkSocial");
    assert_eq!(kind(&asked), "ReauthenticationRequired", "{asked}");
    let wrong = browser.link("github", &back, Some("not the password")).await.data("linkSocial");
    assert_eq!(kind(&wrong), "CredentialsRejected", "{wrong}");
    let linked = browser.link("github", &back, Some(PASSWORD)).await.data("linkSocial");
    assert_eq!(kind(&linked), "SocialLinked", "the state was not used up: {linked}");
}

#[apply(both_backends)]
async fn each_end_of_the_bond_is_free_or_not(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.bound_person("qq", "han", "+8613900139000", "lilei").await;
    let browser = own(world.person(MOBILE, "hanmeimei").await);
    let back = browser.at_provider("qq", "han", None).await;
    let taken = browser.link("qq", &back, None).await.data("linkSocial");
    assert_eq!((kind(&taken), &taken["reason"]), ("AlreadyLinked", &json!("IDENTITY_LINKED")), "{taken}");
    let back = browser.at_provider("qq", "li", None).await;
    assert_eq!(kind(&browser.link("qq", &back, None).await.data("linkSocial")), "SocialLinked");
    let back = browser.at_provider("qq", "lucy", None).await;
    let second = browser.link("qq", &back, None).await.data("linkSocial");
    assert_eq!((kind(&second), &second["reason"]), ("AlreadyLinked", &json!("ACCOUNT_LINKED")), "{second}");
}

#[apply(both_backends)]
async fn it_is_limited_by_account(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_LIMITS_ACCOUNT_CHANGES", "1/1d")]).await else {
        return;
    };
    let browser = own(world.person(MOBILE, "hanmeimei").await);
    let back = browser.at_provider("qq", "han", None).await;
    assert_eq!(kind(&browser.link("qq", &back, None).await.data("linkSocial")), "SocialLinked");
    let back = browser.at_provider("github", "han", None).await;
    assert_eq!(kind(&browser.link("github", &back, None).await.data("linkSocial")), "RateLimited");
}
