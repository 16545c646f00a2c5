//! `bindSocial`: like `bindQq`, for every provider.

use crate::support::social::by_password;
use crate::support::{Backend, PASSWORD, World, both_backends, kind};
use rstest_reuse::apply;

#[apply(both_backends)]
async fn one_account_can_be_linked_to_each_provider(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person("+8613800138000", "hanmeimei").await;
    for provider in ["qq", "wechat", "weibo", "github", "oidc"] {
        let browser = world.browser();
        let ticket = browser.ticket(provider, "han").await;
        let bound = browser.bind("bindSocial", &ticket, by_password("hanmeimei", PASSWORD)).await;
        assert_eq!(kind(&bound), "SignedIn", "{provider}: {bound}");
        let again = world.browser().sign_in_with(provider, "han").await;
        assert_eq!(again["user"]["id"], *person.id, "{provider}: {again}");
    }
    assert_eq!(world.sql().await.count("identities").await, 5);
}

#[apply(both_backends)]
async fn a_ticket_is_valid_once_and_only_in_its_browser(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person("+8613800138000", "hanmeimei").await;
    let browser = world.browser();
    let ticket = browser.ticket("github", "han").await;
    let proof = || by_password("hanmeimei", PASSWORD);
    assert_eq!(kind(&world.browser().bind("bindSocial", &ticket, proof()).await), "TicketRejected");
    assert_eq!(kind(&browser.bind("bindSocial", &ticket, proof()).await), "SignedIn");
    assert_eq!(kind(&browser.bind("bindSocial", &ticket, proof()).await), "TicketRejected");
    world.advance(301);
    let late = browser.ticket("oidc", "han").await;
    world.advance(301);
    assert_eq!(kind(&browser.bind("bindSocial", &late, proof()).await), "TicketRejected");
}
