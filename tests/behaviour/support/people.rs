//! People with accounts, and the messages that they receive.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::browser::{Browser, email_with_code, mobile_with_code};
use super::reply::kind;
use super::world::World;

/// Valid under every password policy.
pub const PASSWORD: &str = "four wild otters swim";

/// A person with an account, and the browser that registered it.
pub struct Person {
    pub browser: Browser,
    pub id: String,
    pub token: String,
    /// The outcome of `register`.
    pub outcome: Value,
}

impl Person {
    fn new(browser: Browser, outcome: Value) -> Self {
        assert_eq!(kind(&outcome), "SignedIn", "{outcome}");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let (id, token) = (text(&outcome["user"]["id"]), text(&outcome["accessToken"]));
        Self { browser, id, token, outcome }
    }

    /// Returns a new browser with the person's access token and a client address of its own.
    pub fn new_browser(&self, world: &World) -> Browser {
        world.browser().with_token(&self.token)
    }

    /// Advances the clock by `seconds` and refreshes the session, which becomes stale after a while.
    pub async fn refresh_after(&mut self, world: &World, seconds: i64) {
        const REFRESH: &str = "mutation { refreshSession { ... on SignedIn { accessToken } } }";
        world.advance(seconds);
        let outcome = self.browser.post(REFRESH, json!({})).await.data("refreshSession");
        outcome["accessToken"].as_str().expect("the session goes on").clone_into(&mut self.token);
    }
}

impl World {
    /// Returns every message of the development inbox, newest first.
    pub async fn inbox(&self) -> Vec<Value> {
        let reply = self.browser_at("127.0.0.1").get("/dev/inbox.json").await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json["messages"].as_array().expect("messages").clone()
    }

    /// Waits for the newest message to `destination` (in any case) that no call of this method has returned before.
    pub async fn message_for(&self, destination: &str) -> Value {
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            let inbox = self.inbox().await;
            let theirs = |message: &&Value| {
                message["destination"].as_str().is_some_and(|text| text.eq_ignore_ascii_case(destination))
            };
            let to_them = inbox.iter().filter(theirs);
            for message in to_them {
                if self.is_new_message(message["id"].as_str().expect("an id")) {
                    return message.clone();
                }
            }
            assert!(Instant::now() < deadline, "no new message to {destination} in {inbox:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits for a message like [`World::message_for`], and returns its code.
    pub async fn code_for(&self, destination: &str) -> String {
        let message = self.message_for(destination).await;
        message["code"].as_str().unwrap_or_else(|| panic!("no code in {message}")).to_owned()
    }

    /// Requests a code by SMS and returns it. `mobile` is in E.164.
    pub async fn sms_code(&self, mobile: &str, purpose: &str) -> String {
        let sent = self.browser().send_sms(mobile, purpose).await;
        assert_eq!(kind(&sent), "CodeSent", "{sent}");
        self.code_for(mobile).await
    }

    /// Requests a code by e-mail and returns it.
    pub async fn email_code(&self, email: &str, purpose: &str) -> String {
        let sent = self.browser().send_email_code(email, purpose).await;
        assert_eq!(kind(&sent), "CodeSent", "{sent}");
        self.code_for(email).await
    }

    /// Waits for a mail with a reset link, and returns the token of the link.
    pub async fn reset_token(&self, email: &str) -> String {
        let mail = self.message_for(email).await;
        let body = mail["body"].as_str().expect("a text");
        let (_, rest) = body.split_once("token=").unwrap_or_else(|| panic!("no link in {body}"));
        rest.split_whitespace().next().expect("a token").to_owned()
    }

    /// Registers `username` with a mobile number in E.164 and [`PASSWORD`].
    pub async fn person(&self, mobile: &str, username: &str) -> Person {
        let code = self.sms_code(mobile, "REGISTER").await;
        let browser = self.browser();
        let input = json!({
            "contact": mobile_with_code(mobile, &code), "password": PASSWORD, "username": username, "acceptTerms": true,
        });
        let outcome = browser.register(input).await;
        Person::new(browser, outcome)
    }

    /// Registers a person with an e-mail address and [`PASSWORD`], and nothing else.
    pub async fn person_by_email(&self, email: &str) -> Person {
        let code = self.email_code(email, "REGISTER").await;
        let browser = self.browser();
        let input =
            json!({ "contact": email_with_code(email, &code), "password": PASSWORD, "acceptTerms": true });
        let outcome = browser.register(input).await;
        Person::new(browser, outcome)
    }
}
