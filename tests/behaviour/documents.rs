//! Posts the documents of `examples/documents` one after the other, as their comments describe.

use rstest_reuse::apply;
use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::browser::{Browser, mobile_with_code};
use crate::support::provider::consent;
use crate::support::social::Callback;
use crate::support::{Backend, World, both_backends, kind};

const MOBILE: &str = "+8613800138000";
const OTHER_MOBILE: &str = "+8613600136000";
const NEW_MOBILE: &str = "+8613900139000";
const EMAIL: &str = "xiaomen@example.com";

/// The documents by number. A document is removed when it is posted.
struct Documents(BTreeMap<u32, String>);

impl Documents {
    fn read() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/documents");
        let entries = std::fs::read_dir(folder).expect("the folder exists");
        let document = |path: &Path| {
            let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
            let number = name.get(..2).and_then(|digits| digits.parse().ok()).expect("a number");
            (number, std::fs::read_to_string(path).expect("a text"))
        };
        Self(entries.map(|entry| document(&entry.expect("an entry").path())).collect())
    }

    /// Posts a document with its placeholder replaced, and returns the value of its only field.
    async fn post(&mut self, browser: &Browser, number: u32, placed: (&str, &str)) -> Value {
        self.filled(browser, number, &[placed]).await
    }

    /// Does the same with several placeholders.
    async fn filled(&mut self, browser: &Browser, number: u32, placed: &[(&str, &str)]) -> Value {
        let mut text = self
            .0
            .remove(&number)
            .unwrap_or_else(|| panic!("document {number} does not exist, or was posted before"));
        for (old, new) in placed {
            assert!(text.contains(old), "{number} has no {old}");
            // The comment at the top contains the placeholders, too.
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

fn browser_of(world: &World, signed_in: &Value) -> Browser {
    world.browser().with_token(signed_in["accessToken"].as_str().unwrap_or_else(|| panic!("{signed_in}")))
}

/// Posts the documents of social sign-in, with an account of their own.
async fn social(world: &World, documents: &mut Documents) {
    // The inbox still contains notices of the earlier documents.
    for message in world.inbox().await {
        world.is_new_message(message["id"].as_str().expect("an id"));
    }
    let code = world.sms_code(MOBILE, "REGISTER").await;
    let input = json!({ "contact": mobile_with_code(MOBILE, &code), "password": "correct horse battery", "acceptTerms": true });
    let registered = world.browser().register(input).await;
    assert_eq!(kind(&registered), "SignedIn", "{registered}");
    let browser = world.browser();
    let begun = documents.plain(&browser, 21).await;
    let callback = Callback::from(consent(begun["url"].as_str().expect("an address"), "han", None).await);
    let ticket =
        documents.filled(&browser, 22, &[("CODE", &callback.code), ("STATE", &callback.state)]).await;
    let ticket = ticket["ticket"].as_str().unwrap_or_else(|| panic!("{ticket}")).to_owned();
    assert_eq!(kind(&documents.filled(&browser, 23, &[("TICKET", &ticket)]).await), "SignedIn");
    let other = world.browser();
    let ticket = other.ticket("qq", "li").await;
    let code = world.sms_code("+8613700137000", "BIND").await;
    let made = documents.filled(&other, 24, &[("TICKET", &ticket), ("000000", &code)]).await;
    let home = browser_of(world, &made);
    let begun = documents.plain(&home, 25).await;
    let callback = Callback::from(consent(begun["url"].as_str().expect("an address"), "li", None).await);
    let linked = documents.filled(&home, 29, &[("CODE", &callback.code), ("STATE", &callback.state)]).await;
    assert_eq!(kind(&linked), "SocialLinked", "{linked}");
    assert_eq!(kind(&documents.plain(&home, 30).await), "SocialUnlinked");
    other_providers(world, documents).await;
    world.advance(61);
    let code = world.sms_code(OTHER_MOBILE, "BIND").await;
    let merged = documents.filled(&home, 31, &[("000000", &code)]).await;
    assert_eq!(
        (kind(&merged), &merged["identities"][0]["provider"]),
        ("AccountsMerged", &json!("github")),
        "{merged}"
    );
}

/// Posts the documents for other providers: one binds an account, another one registers.
async fn other_providers(world: &World, documents: &mut Documents) {
    let browser = world.browser();
    let callback = browser.callback_from("github", "lucy", None).await;
    let ticket =
        documents.filled(&browser, 26, &[("CODE", &callback.code), ("STATE", &callback.state)]).await;
    let ticket = ticket["ticket"].as_str().unwrap_or_else(|| panic!("{ticket}")).to_owned();
    assert_eq!(kind(&documents.filled(&browser, 27, &[("TICKET", &ticket)]).await), "SignedIn");
    let browser = world.browser();
    let ticket = browser.ticket("github", "wang").await;
    let code = world.sms_code(OTHER_MOBILE, "BIND").await;
    let made = documents.filled(&browser, 28, &[("TICKET", &ticket), ("000000", &code)]).await;
    assert_eq!(kind(&made), "SignedIn", "{made}");
}

#[apply(both_backends)]
async fn every_document_works_as_described(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let mut documents = Documents::read();
    let browser = world.browser();
    assert_eq!(kind(&documents.plain(&browser, 1).await), "CodeSent");
    let code = world.code_for(MOBILE).await;
    assert_eq!(kind(&documents.post(&browser, 2, ("000000", &code)).await), "SignedIn");
    let signed_in = documents.plain(&browser, 3).await;
    let home = browser_of(&world, &signed_in);
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
    let home = browser_of(&world, &world.browser().login(EMAIL, "correct horse battery").await);
    assert_eq!(kind(&documents.plain(&home, 18).await), "MyData");
    assert_eq!(documents.plain(&home, 19).await["done"], true);
    let home = browser_of(&world, &world.browser().login("xiaomen", "correct horse battery").await);
    assert_eq!(kind(&documents.plain(&home, 20).await), "DeletionScheduled");
    social(&world, &mut documents).await;
    assert!(documents.0.is_empty(), "not posted: {:?}", documents.0.keys());
}
