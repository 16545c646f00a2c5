//! A client: an address, a language, cookies and perhaps an access token.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::{Value, json};

use super::reply::Reply;

/// Sends requests as one device does.
pub struct Browser {
    base: String,
    address: String,
    language: String,
    token: Option<String>,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// Shared by all, because building one takes longer than a request. It keeps no idle connections, which would belong to
/// the runtime of the test that opened them.
static HTTP: LazyLock<reqwest::Client> = LazyLock::new(|| {
    reqwest::Client::builder().pool_max_idle_per_host(0).no_proxy().build().expect("an HTTP client")
});

const SIGNED_IN: &str = "... on SignedIn { user { id username nickname avatarUrl mobile email roles hasPassword \
                         createdAt } accessToken accessTokenExpiresAt refreshToken next newAccount }";
const SENT: &str =
    "... on CodeSent { delivery { id channel status updatedAt } expiresAt resendAt destination }";
const CODE: &str = "... on CodeRejected { reason attemptsLeft }";
const TAKEN: &str = "... on IdentifierTaken { field }";

/// Returns the document of a mutation with every field of its outcomes.
pub fn document(mutation: &str) -> String {
    let (input, own) = match mutation {
        "sendSms" => ("SendSmsInput", vec![SENT]),
        "sendEmailCode" => ("SendEmailCodeInput", vec![SENT]),
        "register" => ("RegisterInput", vec![SIGNED_IN, CODE, TAKEN]),
        "login" => ("LoginInput", vec![SIGNED_IN]),
        "loginWithCode" => ("LoginWithCodeInput", vec![SIGNED_IN, CODE]),
        "changePassword" => ("ChangePasswordInput", vec!["... on PasswordChanged { endedSessions }"]),
        "requestPasswordReset" => {
            ("RequestPasswordResetInput", vec!["... on ResetRequested { destination expiresAt resendAt }"])
        }
        "resetPassword" => ("ResetPasswordInput", vec!["... on PasswordReset { done }", CODE]),
        "changeMobile" => (
            "ChangeMobileInput",
            vec!["... on MobileChanged { user { id mobile email } endedSessions }", CODE, TAKEN],
        ),
        "changeEmail" => (
            "ChangeEmailInput",
            vec!["... on EmailChanged { user { id mobile email } endedSessions }", CODE, TAKEN],
        ),
        "updateProfile" => (
            "UpdateProfileInput",
            vec!["... on ProfileUpdated { user { username nickname avatarUrl } }", TAKEN],
        ),
        "mergeAccount" => (
            "MergeAccountInput",
            vec![
                "... on AccountsMerged { user { id mobile email roles hasPassword identities { provider } } \
                 identities { provider } mergeId undoUntil }",
                "... on MergeConflict { provider }",
                CODE,
            ],
        ),
        "deleteAccount" => ("DeleteAccountInput", vec!["... on DeletionScheduled { erasedAt }"]),
        _ => panic!("no such mutation: {mutation}"),
    };
    let no_captcha = ["changePassword", "changeMobile", "changeEmail", "updateProfile", "deleteAccount"]
        .contains(&mutation);
    let captcha = if no_captcha {
        ""
    } else {
        "... on CaptchaRequired { provider siteKey captchaReason action challengeUrl }"
    };
    format!(
        "mutation Story($input: {input}!) {{ {mutation}(input: $input) {{ __typename {} ... on Problem {{ code message }} \
         ... on InvalidInput {{ fields {{ path code message }} }} ... on RateLimited {{ retryAt }} \
         {captcha} }} }}",
        own.join(" ")
    )
}

/// Queries every field of `me`.
pub const ME: &str = "{ me { id username nickname avatarUrl mobile email roles hasPassword createdAt } }";

impl Browser {
    pub fn new(gateway: SocketAddr, address: &str) -> Self {
        Self {
            base: format!("http://{gateway}"),
            address: address.into(),
            language: "en".into(),
            token: None,
            cookies: Mutex::default(),
        }
    }

    /// Connects the browser to another gateway.
    pub fn at_gateway(self, gateway: SocketAddr) -> Self {
        Self { base: format!("http://{gateway}"), ..self }
    }

    /// Moves the browser to another client address; the device cookie is kept.
    pub fn moved_to(self, address: &str) -> Self {
        Self { address: address.into(), ..self }
    }

    pub fn speaking(self, language: &str) -> Self {
        Self { language: language.into(), ..self }
    }

    pub fn with_token(self, token: &str) -> Self {
        Self { token: Some(token.into()), ..self }
    }

    /// Returns the device cookie that the gateway set, as `name=value`.
    pub fn device(&self) -> Option<String> {
        self.cookie("menjin_device").map(|value| format!("menjin_device={value}"))
    }

    /// Returns the value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Sets a cookie, such as a stolen or an old one.
    pub fn set_cookie(&self, name: &str, value: &str) {
        let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        if value.is_empty() {
            cookies.remove(name);
        } else {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    fn cookie_header(&self) -> Option<String> {
        let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        let pairs: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Sends a document. Never panics because of the response.
    pub async fn post(&self, document: &str, variables: Value) -> Reply {
        self.send(json!({ "query": document, "variables": variables })).await
    }

    /// Sends any JSON body.
    pub async fn send(&self, body: Value) -> Reply {
        let mut request = HTTP
            .post(format!("{}/graphql", self.base))
            .header("accept", "application/json")
            .header("accept-language", &self.language)
            .header("x-forwarded-for", &self.address)
            .header("user-agent", "menjin-tests/1")
            .json(&body);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(cookies) = self.cookie_header() {
            request = request.header("cookie", cookies);
        }
        let reply = Reply::read(request.send().await.expect("the gateway answers")).await;
        for (name, value) in reply.cookies() {
            self.set_cookie(&name, &value);
        }
        reply
    }

    /// Sends a GET request for JSON.
    pub async fn get(&self, path: &str) -> Reply {
        let request = HTTP.get(format!("{}{path}", self.base)).header("x-forwarded-for", &self.address);
        Reply::read(request.send().await.expect("the gateway answers")).await
    }

    /// Builds a request to any path, which the test completes.
    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        HTTP.request(method, format!("{}{path}", self.base)).header("x-forwarded-for", &self.address)
    }

    /// Calls a mutation by name.
    pub async fn mutate(&self, mutation: &str, input: Value) -> Reply {
        self.post(&document(mutation), json!({ "input": input })).await
    }

    pub async fn send_sms(&self, mobile: &str, purpose: &str) -> Value {
        self.mutate("sendSms", json!({ "mobile": mobile, "purpose": purpose })).await.data("sendSms")
    }

    pub async fn send_email_code(&self, email: &str, purpose: &str) -> Value {
        self.mutate("sendEmailCode", json!({ "email": email, "purpose": purpose }))
            .await
            .data("sendEmailCode")
    }

    pub async fn register(&self, input: Value) -> Value {
        self.mutate("register", input).await.data("register")
    }

    pub async fn login(&self, account: &str, password: &str) -> Value {
        self.mutate("login", json!({ "account": account, "password": password })).await.data("login")
    }

    pub async fn login_with_code(&self, contact: Value) -> Value {
        self.mutate("loginWithCode", json!({ "contact": contact })).await.data("loginWithCode")
    }

    /// Returns `me`, or null.
    pub async fn me(&self) -> Value {
        self.post(ME, json!({})).await.data("me")
    }
}

/// Returns the input that verifies a mobile number.
pub fn mobile_with_code(mobile: &str, code: &str) -> Value {
    json!({ "mobile": { "mobile": mobile, "code": code } })
}

/// Returns the input that verifies an e-mail address.
pub fn email_with_code(email: &str, code: &str) -> Value {
    json!({ "email": { "email": email, "code": code } })
}

/// Returns a well-formed code that is not `code`.
pub fn wrong_code(code: &str) -> String {
    if code == "000000" { "000001" } else { "000000" }.to_owned()
}
