use std::collections::HashMap;

use serde_json::{Value, json};
use url::Url;

use super::github::Github;
use crate::config::social::GithubSettings;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::social::client::HttpClient;
use crate::social::provider::{
    AuthorizeRequest, Callback, Display, Profile, ProviderError, SocialProvider as _,
};
use crate::social::testing::{Reply, Stub};

const TOKEN: &str = "/login/oauth/access_token";

struct World {
    stub: Stub,
    github: Github,
}

impl World {
    async fn start() -> Self {
        Self::with(Stub::client()).await
    }

    async fn with(client: HttpClient) -> Self {
        let stub = Stub::start().await;
        let settings = GithubSettings {
            client_id: "Iv1.app".into(),
            client_secret: SecretString::from("hunter2"),
            web_url: stub.url.clone(),
            api_url: stub.url.clone(),
        };
        let github = Github::new(settings, client);
        let world = Self { stub, github };
        let token = r#"{"access_token":"gho_EXAMPLE","scope":"read:user,user:email","token_type":"bearer"}"#;
        world.stub.always(TOKEN, Reply::ok(token));
        world.stub.always("/user", Reply::ok(&user().to_string()));
        world.stub.always("/user/emails", Reply::ok(&emails(true, true)));
        world
    }

    async fn identify(&self) -> Result<Profile, ProviderError> {
        let redirect_uri = Url::parse("https://app.example/callback/github").unwrap();
        let verifier = SecretString::from("the verifier");
        let callback = Callback {
            code: "the code",
            redirect_uri: &redirect_uri,
            verifier: &verifier,
            nonce: "",
            user: None,
        };
        self.github.identify(&callback).await
    }
}

fn user() -> Value {
    json!({
        "id": 583_231, "login": "octocat", "name": "Octo Cat", "email": "public@example.com",
        "avatar_url": "https://avatars.githubusercontent.com/u/583231?v=4",
    })
}

fn emails(primary: bool, verified: bool) -> String {
    json!([
        { "email": "other@example.com", "primary": false, "verified": true, "visibility": null },
        { "email": "octocat@github.com", "primary": primary, "verified": verified, "visibility": "private" },
    ])
    .to_string()
}

#[tokio::test]
async fn the_authorization_url_contains_state_and_challenge() {
    let world = World::start().await;
    let redirect_uri = Url::parse("https://app.example/callback/github").unwrap();
    let request = AuthorizeRequest {
        state: "the state",
        redirect_uri: &redirect_uri,
        challenge: "the challenge",
        nonce: "",
        display: Display::Mobile,
    };
    let url = world.github.authorize_url(&request).await.unwrap();
    assert_eq!(url.path(), "/login/oauth/authorize");
    let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
    let expected = [
        ("client_id", "Iv1.app"),
        ("redirect_uri", "https://app.example/callback/github"),
        ("scope", "read:user user:email"),
        ("state", "the state"),
        ("code_challenge", "the challenge"),
        ("code_challenge_method", "S256"),
    ];
    assert_eq!(query, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
}

#[tokio::test]
async fn the_code_is_exchanged_and_the_subject_is_the_id() {
    let world = World::start().await;
    let profile = world.identify().await.unwrap();
    assert_eq!(profile.subject, "583231");
    assert_eq!(profile.nickname.as_deref(), Some("Octo Cat"));
    assert_eq!(profile.avatar_url.as_deref(), Some("https://avatars.githubusercontent.com/u/583231?v=4"));
    assert_eq!(profile.email.as_deref(), Some("octocat@github.com"));
    assert_eq!(profile.tokens.access.expose_secret(), "gho_EXAMPLE");
    assert!(profile.tokens.expires_in.is_none() && profile.union_id.is_none());
    let exchange = world.stub.requests_to(TOKEN).remove(0);
    for (name, value) in [
        ("client_id", "Iv1.app"),
        ("client_secret", "hunter2"),
        ("code", "the code"),
        ("code_verifier", "the verifier"),
        ("redirect_uri", "https://app.example/callback/github"),
    ] {
        assert_eq!(exchange.value(name), Some(value));
    }
    assert!(exchange.method == "POST" && exchange.query.is_empty(), "the secret is not in the URL");
    assert!(exchange.head.to_ascii_lowercase().contains("\r\naccept: application/json\r\n"));
    for path in ["/user", "/user/emails"] {
        let head = world.stub.requests_to(path).remove(0).head.to_ascii_lowercase();
        for line in [
            "authorization: bearer gho_example",
            "accept: application/vnd.github+json",
            "x-github-api-version: 2022-11-28",
            "user-agent: menjin/",
        ] {
            assert!(head.contains(&format!("\r\n{line}")), "{path} {line}: {head}");
        }
    }
}

#[tokio::test]
async fn urlencoded_token_responses_are_accepted() {
    let world = World::start().await;
    for (body, email) in [
        ("access_token=gho_E&scope=user%3Aemail&token_type=bearer", true),
        ("\n access_token=gho_E&scope=read%3Auser%2Cuser&token_type=bearer\n", true),
        ("access_token=gho_E&scope=&token_type=bearer", true),
        ("access_token=gho_E&scope=read%3Auser&token_type=bearer", false),
    ] {
        world.stub.always(TOKEN, Reply::ok(body));
        let before = world.stub.requests_to("/user/emails").len();
        let profile = world.identify().await.unwrap();
        assert_eq!(profile.tokens.access.expose_secret(), "gho_E", "{body}");
        assert_eq!(profile.email.is_some(), email, "{body}");
        assert_eq!(world.stub.requests_to("/user/emails").len() - before, usize::from(email), "{body}");
    }
}

#[tokio::test]
async fn only_a_verified_primary_address_is_used_and_it_may_be_missing() {
    let world = World::start().await;
    for reply in [
        Reply::ok(&emails(true, false)),
        Reply::ok(&emails(false, true)),
        Reply::ok("[]"),
        Reply::ok(r#"[{"email":"nobody","primary":true,"verified":true}]"#),
        Reply::ok(r#"[{"email":"a@example.com"}]"#),
        Reply::ok(r#"{"message":"x"}"#),
        Reply::cut("[]"),
        Reply::status(404, r#"{"message":"Not Found"}"#),
        Reply::status(500, ""),
    ] {
        world.stub.always("/user/emails", reply);
        let profile = world.identify().await.unwrap();
        assert_eq!((profile.subject.as_str(), profile.email), ("583231", None));
    }
}

#[tokio::test]
async fn missing_profile_fields_are_omitted() {
    let world = World::start().await;
    for (user, nickname) in [
        (json!({ "id": 1, "login": "octocat", "name": null, "avatar_url": "" }), Some("octocat")),
        (json!({ "id": 1, "login": "octocat", "name": " " }), Some("octocat")),
        (json!({ "id": 1 }), None),
    ] {
        world.stub.always("/user", Reply::ok(&user.to_string()));
        let profile = world.identify().await.unwrap();
        assert_eq!((profile.nickname.as_deref(), profile.avatar_url), (nickname, None), "{user}");
    }
}

#[tokio::test]
async fn errors_with_status_200_are_classified() {
    let world = World::start().await;
    for (body, expected) in [
        (
            r#"{"error":"bad_verification_code","error_description":"x"}"#,
            "rejected with bad_verification_code",
        ),
        ("error=bad_verification_code&error_description=x", "rejected with bad_verification_code"),
        (r#"{"error":"unverified_user_email"}"#, "rejected with unverified_user_email"),
        (r#"{"error":"a b"}"#, "rejected with no error code"),
        (
            r#"{"error":"redirect_uri_mismatch"}"#,
            "rejected the configuration of this gateway with redirect_uri_mismatch",
        ),
        (
            r#"{"error":"incorrect_client_credentials","access_token":"x"}"#,
            "rejected the configuration of this gateway with incorrect_client_credentials",
        ),
        ("{}", "the token endpoint returned no token"),
        ("", "the token endpoint returned no token"),
        ("<html>", "the token endpoint returned no token"),
        (r#"{"access_token":"#, "invalid response of the token endpoint"),
        (r#"{"access_token":7}"#, "the token endpoint returned no token"),
    ] {
        world.stub.always(TOKEN, Reply::ok(body));
        assert_eq!(world.identify().await.err().unwrap().to_string(), expected, "{body}");
    }
    assert!(world.stub.requests_to("/user").is_empty());
    world.stub.always(TOKEN, Reply::status(502, "access_token=x"));
    assert_eq!(world.identify().await.err().unwrap().to_string(), "the token endpoint returned status 502");
    let world = World::with(Stub::impatient_client()).await;
    world.stub.always(TOKEN, Reply::silence());
    assert!(world.identify().await.err().unwrap().to_string().contains("no response in time"));
}

#[tokio::test]
async fn an_identity_without_an_id_is_refused() {
    let world = World::start().await;
    for reply in [
        Reply::ok("{}"),
        Reply::ok(r#"{"id":null,"login":"octocat"}"#),
        Reply::ok(r#"{"id":-1}"#),
        Reply::ok(r#"{"id":"octocat"}"#),
        Reply::ok("[]"),
        Reply::cut("{}"),
        Reply::status(403, r#"{"message":"rate limit"}"#),
    ] {
        world.stub.always("/user", reply);
        assert!(matches!(world.identify().await, Err(ProviderError::Unavailable(_))));
    }
    let bad = r#"{"message":"Bad credentials","status":"401"}"#;
    world.stub.always("/user", Reply::status(401, bad));
    assert!(matches!(world.identify().await, Err(ProviderError::Rejected { .. })));
}
