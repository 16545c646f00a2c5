//! Sign-in with providers of the sandbox, as a web application does it.

use serde_json::{Value, json};

use super::browser::Browser;
use super::people::Person;
use super::provider::{Consent, consent};
use super::reply::{Reply, kind};
use super::world::World;

/// Every field of the outcomes of social sign-in.
const OUTCOME: &str = "__typename \
    ... on SignedIn { user { id username nickname avatarUrl mobile hasPassword identities { provider nickname avatarUrl } } \
      accessToken refreshToken next newAccount } \
    ... on Problem { code message } ... on InvalidInput { fields { path code } } ... on RateLimited { retryAt }";

/// Callback parameters.
pub struct Callback {
    pub code: String,
    pub state: String,
}

impl From<Consent> for Callback {
    fn from(consent: Consent) -> Self {
        Self { code: consent.code.expect("a code"), state: consent.state.expect("a state") }
    }
}

impl Browser {
    /// Calls `socialAuthorizeUrl`, or `qqAuthorizeUrl` for QQ.
    pub async fn authorize_url_reply(&self, provider: &str, input: Value) -> Reply {
        const URL: &str = "... on AuthorizeUrl { url state expiresAt }";
        if provider == "qq" {
            let document = "mutation($input: AuthorizeUrlInput) { qqAuthorizeUrl(input: $input) { __typename url state expiresAt } }";
            return self.post(document, json!({ "input": input })).await;
        }
        let document = format!(
            "mutation($provider: String!, $input: AuthorizeUrlInput) {{ socialAuthorizeUrl(provider: $provider, input: $input) \
             {{ {OUTCOME} {URL} ... on ProviderRejected {{ provider providerCode }} }} }}"
        );
        self.post(&document.replace(SIGNED_IN_PART, ""), json!({ "provider": provider, "input": input }))
            .await
    }

    /// Returns the authorization URL of a provider, with `next`.
    pub async fn authorize_url(&self, provider: &str, next: &str) -> String {
        let reply = self.authorize_url_reply(provider, json!({ "next": next })).await;
        let field = if provider == "qq" { "qqAuthorizeUrl" } else { "socialAuthorizeUrl" };
        let begun = reply.data(field);
        begun["url"].as_str().unwrap_or_else(|| panic!("no address in {begun}")).to_owned()
    }

    /// Signs in at the provider as `person`, and returns the callback parameters.
    pub async fn callback_from(&self, provider: &str, person: &str, failure: Option<&str>) -> Callback {
        consent(&self.authorize_url(provider, "/orders?page=2").await, person, failure).await.into()
    }

    /// Calls `socialAuthorize`, or `qqAuthorize` for QQ.
    pub async fn social_authorize(&self, provider: &str, callback: &Callback) -> Value {
        let tail = "... on BindRequired { ticket provider nickname avatarUrl expiresAt next } \
                    ... on ProviderRejected { provider providerCode }";
        let input = json!({ "code": callback.code, "state": callback.state });
        if provider == "qq" {
            let document = format!(
                "mutation($input: QqAuthorizeInput!) {{ qqAuthorize(input: $input) {{ {OUTCOME} {tail} }} }}"
            );
            return self.post(&document, json!({ "input": input })).await.data("qqAuthorize");
        }
        let document = format!(
            "mutation($provider: String!, $input: SocialAuthorizeInput!) {{ \
             socialAuthorize(provider: $provider, input: $input) {{ {OUTCOME} {tail} }} }}"
        );
        self.post(&document, json!({ "provider": provider, "input": input })).await.data("socialAuthorize")
    }

    /// Signs in with a provider, from the authorization URL to the callback.
    pub async fn sign_in_with(&self, provider: &str, person: &str) -> Value {
        let callback = self.callback_from(provider, person, None).await;
        self.social_authorize(provider, &callback).await
    }

    /// Returns a bind ticket for a person whose identity is not linked.
    pub async fn ticket(&self, provider: &str, person: &str) -> String {
        let outcome = self.sign_in_with(provider, person).await;
        assert_eq!(kind(&outcome), "BindRequired", "{outcome}");
        outcome["ticket"].as_str().expect("a ticket").to_owned()
    }

    /// Calls `bindQq` or `bindSocial`.
    pub async fn bind(&self, mutation: &str, ticket: &str, account: Value) -> Value {
        self.bind_reply(mutation, ticket, account).await.data(mutation)
    }

    pub async fn bind_reply(&self, mutation: &str, ticket: &str, account: Value) -> Reply {
        let document = format!(
            "mutation($input: BindInput!) {{ {mutation}(input: $input) {{ {OUTCOME} ... on AlreadyLinked {{ reason }} \
             ... on CodeRejected {{ reason attemptsLeft }} }} }}"
        );
        self.post(&document, json!({ "input": { "ticket": ticket, "account": account } })).await
    }

    /// Calls `registerWithQq` or `registerWithSocial` with the required fields.
    pub async fn register_with(&self, mutation: &str, ticket: &str, mobile: &str, code: &str) -> Value {
        let input =
            json!({ "ticket": ticket, "mobile": { "mobile": mobile, "code": code }, "acceptTerms": true });
        self.register_with_input(mutation, input).await.data(mutation)
    }

    pub async fn register_with_input(&self, mutation: &str, input: Value) -> Reply {
        let document = format!(
            "mutation($input: RegisterWithInput!) {{ {mutation}(input: $input) {{ {OUTCOME} ... on AlreadyLinked {{ reason }} \
             ... on CodeRejected {{ reason attemptsLeft }} ... on IdentifierTaken {{ field }} }} }}"
        );
        self.post(&document, json!({ "input": input })).await
    }

    /// Calls `linkSocial`.
    pub async fn link(&self, provider: &str, callback: &Callback, password: Option<&str>) -> Reply {
        let document = "mutation($provider: String!, $input: SocialAuthorizeInput!, $password: String) { \
            linkSocial(provider: $provider, input: $input, currentPassword: $password) { __typename \
            ... on SocialLinked { user { identities { provider nickname avatarUrl linkedAt } } } \
            ... on Problem { code message } ... on AlreadyLinked { reason } ... on InvalidInput { fields { path code } } \
            ... on ProviderRejected { provider providerCode } } }";
        let input = json!({ "code": callback.code, "state": callback.state });
        self.post(document, json!({ "provider": provider, "input": input, "password": password })).await
    }

    /// Calls `unlinkSocial`.
    pub async fn unlink(&self, provider: &str, password: Option<&str>) -> Reply {
        let document = "mutation($provider: String!, $password: String) { \
            unlinkSocial(provider: $provider, currentPassword: $password) { __typename \
            ... on SocialUnlinked { user { identities { provider } } } \
            ... on Problem { code message } ... on InvalidInput { fields { path code } } } }";
        self.post(document, json!({ "provider": provider, "password": password })).await
    }
}

/// The outcomes that `socialAuthorizeUrl` does not have.
const SIGNED_IN_PART: &str = "... on SignedIn { user { id username nickname avatarUrl mobile hasPassword identities { provider nickname avatarUrl } } \
      accessToken refreshToken next newAccount } ";

/// Returns the input that authenticates an account by password.
pub fn by_password(account: &str, password: &str) -> Value {
    json!({ "password": { "account": account, "password": password } })
}

/// Returns the input that authenticates an account by code.
pub fn by_code(mobile: &str, code: &str) -> Value {
    json!({ "mobile": { "mobile": mobile, "code": code } })
}

impl World {
    /// Registers a person and links an identity of a provider to the account.
    pub async fn bound_person(
        &self,
        provider: &str,
        at_provider: &str,
        mobile: &str,
        username: &str,
    ) -> Person {
        let person = self.person(mobile, username).await;
        let ticket = person.browser.ticket(provider, at_provider).await;
        let bound = person.browser.bind("bindSocial", &ticket, by_password(username, super::PASSWORD)).await;
        assert_eq!(kind(&bound), "SignedIn", "{bound}");
        person
    }
}
