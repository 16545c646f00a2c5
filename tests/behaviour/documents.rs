//! The documents of `examples/documents`, posted one after the other as their comments say.

use rstest_reuse::apply;
use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::browser::{Browser, mobile_proof};
use crate::support::provider::consent;
use crate::support::social::Back;
use crate::support::{Backend, World, both_backends, kind};

const MOBILE: &str = "+8613800138000";
const OTHER_MOBILE: &str = "+8613600136000";
const NEW_MOBILE: &str = "+8613900139000";
const EMAIL: &str = "xiaomen@example.com";

/// The documents by their numbers. One that was posted is gone from here.
struct Documents(BTreeMap<u32, String>);

impl Documents {
    fn read() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/documents");
        let entries = std::fs::read_dir(folder).expect("the folder is there");
        let document = |path: &Path| {
            let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
            let number = name.get(..2).and_then(|digits| digits.parse().ok()).expect("a number");
            (number, std::fs::read_to_string(path).expect("a text"))
        };
        Self(entries.map(|entry| document(&entry.expect("an entry").path())).collect())
    }

    /// Posts one of them with something in place of its placeholder; the answer of its only field.
    async fn post(&mut self, browser: &Browser, number: u32, placed: (&str, &str)) -> Value {
        self.filled(browser, number, &[placed]).await
    }

    /// The same with several placeholders.
    async fn filled(&mut self, browser: &Browser, number: u32, placed: &[(&str, &str)]) -> Value {
        let mut text =
            self.0.remove(&number).unwrap_or_else(|| panic!("{number} is not there, or was posted"));
        for (old, new) in placed {
            assert!(text.contains(old), "{number} has no {old}");
            // The comment in front names the placeholders too.
            text = text.replace(old, new);
        }
        let reply = browser.post(&text, json!({})).await;
        let data = reply.json["data"].as_object().unwrap_or_else(|| panic!("{number}: {}", reply.text));
        data.values().next().expect("a field").clone()
    }

    async fn plain(&mut self, browser: &Browser, number: u32) -> Value {
        self.post(browser, number, ("", "")).await
    }
}

fn bearing(world: &World, signed_in: &Value) -> Browser {
    world.browser().bearing(signed_in["accessToken"].as_str().unwrap_or_else(|| panic!("{signed_in}")))
}

/// The documents of social sign-in, with an account of their own.
async fn social(world: &World, documents: &mut Documents) {
    // Notices of what went before lie unread in the letter-box.
    for message in world.inbox().await {
        world.first_sight(message["id"].as_str().expect("an id"));
    }
    let code = world.sms_code(MOBILE, "REGISTER").await;
    let input = json!({ "contact": mobile_proof(MOBILE, &code), "password": "correct horse battery", "acceptTerms": true });
    let registered = world.browser().register(input).await;
    assert_eq!(kind(&registered), "SignedIn", "{registered}");
    let browser = world.browser();
    let begun = documents.plain(&browser, 21).await;
    let back = Back::from(consent(begun["url"].as_str().expect("an address"), "han", None).await);
    let ticket = documents.filled(&browser, 22, &[("CODE", &back.code), ("STATE", &back.state)]).await;
    let ticket = ticket["ticket"].as_str().unwrap_or_else(|| panic!("{ticket}")).to_owned();
    assert_eq!(kind(&documents.filled(&browser, 23, &[("TICKET", &ticket)]).await), "SignedIn");
    let other = world.browser();
    let ticket = other.ticket("qq", "li").await;
    let code = world.sms_code("+8613700137000", "BIND").await;
    let made = documents.filled(&other, 24, &[("TICKET", &ticket), ("000000", &code)]).await;
    let home = bearing(world, &made);
    let begun = documents.plain(&home, 25).await;
    let back = Back::from(consent(begun["url"].as_str().expect("an address"), "li", None).await);
    let linked = documents.filled(&home, 29, &[("CODE", &back.code), ("STATE", &back.state)]).await;
    assert_eq!(kind(&linked), "SocialLinked", "{linked}");
    assert_eq!(kind(&documents.plain(&home, 30).await), "SocialUnlinked");
    siblings(world, documents).await;
    world.advance(61);
    let code = world.sms_code(OTHER_MOBILE, "BIND").await;
    let merged = documents.filled(&home, 31, &[("000000", &code)]).await;
    assert_eq!(
        (kind(&merged), &merged["identities"][0]["provider"]),
        ("AccountsMerged", &json!("github")),
        "{merged}"
    );
}

/// Those of another provider: one account that is bound, and one that is made.
async fn siblings(world: &World, documents: &mut Documents) {
    let browser = world.browser();
    let back = browser.at_provider("github", "lucy", None).await;
    let ticket = documents.filled(&browser, 26, &[("CODE", &back.code), ("STATE", &back.state)]).await;
    let ticket = ticket["ticket"].as_str().unwrap_or_else(|| panic!("{ticket}")).to_owned();
    assert_eq!(kind(&documents.filled(&browser, 27, &[("TICKET", &ticket)]).await), "SignedIn");
    let browser = world.browser();
    let ticket = browser.ticket("github", "wang").await;
    let code = world.sms_code(OTHER_MOBILE, "BIND").await;
    let made = documents.filled(&browser, 28, &[("TICKET", &ticket), ("000000", &code)]).await;
    assert_eq!(kind(&made), "SignedIn", "{made}");
}

#[apply(both_backends)]
async fn every_document_does_what_it_says(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let mut documents = Documents::read();
    let browser = world.browser();
    assert_eq!(kind(&documents.plain(&browser, 1).await), "CodeSent");
    let code = world.code_for(MOBILE).await;
    assert_eq!(kind(&documents.post(&browser, 2, ("000000", &code)).await), "SignedIn");
    let signed_in = documents.plain(&browser, 3).await;
    let home = bearing(&world, &signed_in);
    assert_eq!(documents.plain(&home, 4).await["nickname"], "小门");
    world.advance(61);
    let code = world.sms_code(MOBILE, "LOGIN").await;
    assert_eq!(kind(&documents.post(&world.browser(), 5, ("000000", &code)).await), "SignedIn");
    assert!(documents.plain(&browser, 6).await["passwordPolicy"]["minLength"].is_number());
    assert_eq!(kind(&documents.plain(&browser, 7).await), "CodeSent");
    world.message_for(EMAIL).await;
    assert_eq!(kind(&documents.plain(&browser, 8).await), "SignedIn");
    let me = documents.plain(&home, 9).await;
    let sessions = me["sessions"].as_array().expect("sessions");
    assert_eq!((sessions.len(), me["activity"].as_array().map(Vec::len)), (3, Some(3)), "{me}");
    let other = sessions.iter().find(|session| session["current"] == false).expect("another one");
    let zero = "00000000-0000-0000-0000-000000000000";
    let revoked = documents.post(&home, 10, (zero, other["id"].as_str().expect("an id"))).await;
    assert_eq!(kind(&revoked), "SessionRevoked");
    assert_eq!(documents.plain(&home, 11).await["count"], 1);
    assert_eq!(kind(&documents.plain(&home, 12).await), "PasswordChanged");
    let code = world.sms_code(NEW_MOBILE, "CHANGE_CONTACT").await;
    assert_eq!(kind(&documents.post(&home, 13, ("000000", &code)).await), "MobileChanged");
    world.advance(61);
    let code = world.email_code(EMAIL, "CHANGE_CONTACT").await;
    assert_eq!(kind(&documents.post(&home, 14, ("000000", &code)).await), "EmailChanged");
    assert_eq!(documents.plain(&home, 15).await["user"]["nickname"], "大门");
    let notice = world.message_for(EMAIL).await;
    assert!(notice["subject"].as_str().is_some_and(|text| text.contains("user name")), "{notice}");
    world.advance(61);
    assert_eq!(kind(&documents.plain(&browser, 16).await), "ResetRequested");
    let token = world.reset_token(EMAIL).await;
    assert_eq!(kind(&documents.post(&browser, 17, ("TOKEN", &token)).await), "PasswordReset");
    let home = bearing(&world, &world.browser().login(EMAIL, "correct horse battery").await);
    assert_eq!(kind(&documents.plain(&home, 18).await), "MyData");
    assert_eq!(documents.plain(&home, 19).await["done"], true);
    let home = bearing(&world, &world.browser().login("xiaomen", "correct horse battery").await);
    assert_eq!(kind(&documents.plain(&home, 20).await), "DeletionScheduled");
    social(&world, &mut documents).await;
    assert!(documents.0.is_empty(), "not posted: {:?}", documents.0.keys());
}
