//! `registerWithQq`: creates an account for a user who signed in with QQ.

use rstest_reuse::apply;
use serde_json::json;

use crate::support::browser::{mobile_with_code, wrong_code};
use crate::support::social::by_code;
use crate::support::{Backend, PASSWORD, World, both_backends, invalid_fields, kind};

const MOBILE: &str = "+8613800138000";

#[apply(both_backends)]
async fn a_ticket_and_a_code_create_an_account(#[case] backend: Backend) {
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
    let again = world.browser().sign_in_with("qq", "han").await;
    assert_eq!((kind(&again), &again["user"]["id"]), ("SignedIn", &user["id"]), "{again}");
    let spent = browser.register_with("registerWithQq", &ticket, MOBILE, &code).await;
    assert_eq!(kind(&spent), "TicketRejected");
}

#[apply(both_backends)]
async fn a_password_can_be_set(#[case] backend: Backend) {
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
async fn every_invalid_field_is_reported_and_nothing_is_used_up(#[case] backend: Backend) {
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
    assert_eq!(invalid_fields(&bad), expected, "{bad}");
    let code = world.sms_code(MOBILE, "BIND").await;
    let lonely = json!({ "ticket": ticket, "mobile": { "mobile": MOBILE, "code": code }, "acceptTerms": true,
        "passwordConfirm": PASSWORD });
    let bad = browser.register_with_input("registerWithQq", lonely).await.data("registerWithQq");
    assert_eq!(invalid_fields(&bad), ["password EMPTY", "passwordConfirm MISMATCH"], "{bad}");
    let wrong = browser.register_with("registerWithQq", &ticket, MOBILE, &wrong_code(&code)).await;
    assert_eq!(kind(&wrong), "CodeRejected", "{wrong}");
    let outcome = browser.register_with("registerWithQq", &ticket, MOBILE, &code).await;
    assert_eq!(kind(&outcome), "SignedIn", "{outcome}");
}

#[apply(both_backends)]
async fn the_code_for_a_taken_number_can_be_used_to_bind(#[case] backend: Backend) {
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
async fn a_code_for_another_purpose_is_rejected(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let browser = world.browser();
    let ticket = browser.ticket("qq", "han").await;
    let code = world.sms_code(MOBILE, "REGISTER").await;
    let outcome = browser.register_with("registerWithQq", &ticket, MOBILE, &code).await;
    assert_eq!(kind(&outcome), "CodeRejected", "{outcome}");
    assert_eq!(world.sql().await.count("users").await, 0);
}

#[apply(both_backends)]
async fn a_stolen_or_expired_ticket_creates_no_account(#[case] backend: Backend) {
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
async fn a_nickname_from_qq_is_made_valid(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let code = world.sms_code(MOBILE, "REGISTER").await;
    let input = json!({ "contact": mobile_with_code(MOBILE, &code), "password": PASSWORD, "nickname": "韩梅梅",
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
