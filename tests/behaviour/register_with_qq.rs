//! `registerWithQq`: whoever comes from QQ and has no account gets one.

use rstest_reuse::apply;
use serde_json::json;

use crate::support::browser::{mobile_proof, other_than};
use crate::support::social::by_code;
use crate::support::{Backend, PASSWORD, World, bad_fields, both_backends, kind};

const MOBILE: &str = "+8613800138000";

#[apply(both_backends)]
async fn a_number_and_a_qq_make_an_account(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let browser = world.browser();
    let ticket = browser.ticket("qq", "han").await;
    let code = world.sms_code(MOBILE, "BIND").await;
    let outcome = browser.register_with("registerWithQq", &ticket, MOBILE, &code).await;
    assert_eq!(kind(&outcome), "SignedIn", "{outcome}");
    let user = &outcome["user"];
    assert_eq!((&outcome["newAccount"], &outcome["next"]), (&json!(true), &json!("/orders?page=2")));
    assert_eq!((&user["mobile"], &user["hasPassword"]), (&json!(MOBILE), &json!(false)));
    assert_eq!(user["nickname"], "韩梅梅", "the provider's");
    assert_eq!(user["identities"][0]["provider"], "qq");
    assert!(!user["username"].as_str().expect("a name").contains("138"));
    let again = world.browser().sign_in_by("qq", "han").await;
    assert_eq!((kind(&again), &again["user"]["id"]), ("SignedIn", &user["id"]), "{again}");
    let spent = browser.register_with("registerWithQq", &ticket, MOBILE, &code).await;
    assert_eq!(kind(&spent), "TicketRejected");
}

#[apply(both_backends)]
async fn a_password_may_be_chosen(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let browser = world.browser();
    let ticket = browser.ticket("qq", "han").await;
    let code = world.sms_code(MOBILE, "BIND").await;
    let input = json!({ "ticket": ticket, "mobile": { "mobile": MOBILE, "code": code }, "acceptTerms": true,
        "password": PASSWORD, "passwordConfirm": PASSWORD, "nickname": "Meimei" });
    let outcome = browser.register_with_input("registerWithQq", input).await.data("registerWithQq");
    assert_eq!((kind(&outcome), &outcome["user"]["nickname"]), ("SignedIn", &json!("Meimei")), "{outcome}");
    assert_eq!(kind(&world.browser().login(MOBILE, PASSWORD).await), "SignedIn");
}

#[apply(both_backends)]
async fn every_bad_field_is_named_at_once_and_nothing_is_used_up(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let browser = world.browser();
    let ticket = browser.ticket("qq", "han").await;
    let input = json!({ "ticket": ticket, "mobile": { "mobile": "1", "code": "x" }, "acceptTerms": false,
        "password": "short", "passwordConfirm": "other", "nickname": "a\u{202e}b" });
    let bad = browser.register_with_input("registerWithQq", input).await.data("registerWithQq");
    let expected = [
        "acceptTerms TERMS_NOT_ACCEPTED",
        "mobile.code NOT_A_CODE",
        "mobile.mobile NOT_A_MOBILE",
        "nickname CHARACTERS_NOT_ALLOWED",
        "password TOO_SHORT",
        "passwordConfirm MISMATCH",
    ];
    assert_eq!(bad_fields(&bad), expected, "{bad}");
    let code = world.sms_code(MOBILE, "BIND").await;
    let lonely = json!({ "ticket": ticket, "mobile": { "mobile": MOBILE, "code": code }, "acceptTerms": true,
        "passwordConfirm": PASSWORD });
    let bad = browser.register_with_input("registerWithQq", lonely).await.data("registerWithQq");
    assert_eq!(bad_fields(&bad), ["password EMPTY", "passwordConfirm MISMATCH"], "{bad}");
    let wrong = browser.register_with("registerWithQq", &ticket, MOBILE, &other_than(&code)).await;
    assert_eq!(kind(&wrong), "CodeRejected", "{wrong}");
    let outcome = browser.register_with("registerWithQq", &ticket, MOBILE, &code).await;
    assert_eq!(kind(&outcome), "SignedIn", "{outcome}");
}

#[apply(both_backends)]
async fn a_number_with_an_account_binds_with_the_same_code(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "hanmeimei").await;
    let browser = world.browser();
    let ticket = browser.ticket("qq", "han").await;
    world.advance(61);
    let code = world.sms_code(MOBILE, "BIND").await;
    let taken = browser.register_with("registerWithQq", &ticket, MOBILE, &code).await;
    assert_eq!((kind(&taken), &taken["field"]), ("IdentifierTaken", &json!("mobile.mobile")), "{taken}");
    let bound = browser.bind("bindQq", &ticket, by_code(MOBILE, &code)).await;
    assert_eq!((kind(&bound), &bound["user"]["id"]), ("SignedIn", &json!(person.id)), "{bound}");
}

#[apply(both_backends)]
async fn a_code_for_another_purpose_is_worth_nothing(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let browser = world.browser();
    let ticket = browser.ticket("qq", "han").await;
    let code = world.sms_code(MOBILE, "REGISTER").await;
    let outcome = browser.register_with("registerWithQq", &ticket, MOBILE, &code).await;
    assert_eq!(kind(&outcome), "CodeRejected", "{outcome}");
    assert_eq!(world.sql().await.count("users").await, 0);
}

#[apply(both_backends)]
async fn a_stolen_or_old_ticket_makes_no_account(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let browser = world.browser();
    let ticket = browser.ticket("qq", "han").await;
    let code = world.sms_code(MOBILE, "BIND").await;
    let stolen = world.browser().register_with("registerWithQq", &ticket, MOBILE, &code).await;
    assert_eq!(kind(&stolen), "TicketRejected");
    let swapped = browser.ticket("github", "han").await;
    let swapped = browser.register_with("registerWithQq", &swapped, MOBILE, &code).await;
    assert_eq!(kind(&swapped), "TicketRejected");
    world.advance(301);
    let late = browser.register_with("registerWithQq", &ticket, MOBILE, &code).await;
    assert_eq!(kind(&late), "TicketRejected");
    assert_eq!(world.sql().await.count("users").await, 0);
}

#[apply(both_backends)]
async fn a_nickname_of_any_kind_becomes_one_that_can_stand(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let code = world.sms_code(MOBILE, "REGISTER").await;
    let input = json!({ "contact": mobile_proof(MOBILE, &code), "password": PASSWORD, "nickname": "韩梅梅",
        "acceptTerms": true });
    assert_eq!(kind(&world.browser().register(input).await), "SignedIn");
    for (number, person) in ["han", "smile", "wang"].into_iter().enumerate() {
        let mobile = format!("+861370013700{number}");
        let browser = world.browser();
        let ticket = browser.ticket("qq", person).await;
        let code = world.sms_code(&mobile, "BIND").await;
        let outcome = browser.register_with("registerWithQq", &ticket, &mobile, &code).await;
        assert_eq!(kind(&outcome), "SignedIn", "{outcome}");
        let nickname = outcome["user"]["nickname"].as_str().expect("a name");
        assert!((2..=32).contains(&nickname.chars().count()) && !nickname.contains('<'), "{nickname}");
        assert_ne!(nickname, "韩梅梅");
    }
}
