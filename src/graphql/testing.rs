//! A small schema for the tests here and in `http`.

use std::time::Duration;

use async_graphql::{Context, EmptySubscription, Enum, InputObject, Object, Schema};

use super::api::Api;
use super::error_code::ErrorCode;
use super::reply::error;
use crate::config::graphql::GraphqlSettings;
use crate::config::keys::KeySettings;
use crate::config::limits::LimitSettings;
use crate::config::reader::{Reader, Source};
use crate::config::sessions::SessionSettings;
use crate::config::token_claims::TokenClaimSettings;
use crate::config::webhooks::WebhookSettings;
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::core::secret::MasterKey;
use crate::db::{Db, migrate};
use crate::ephemeral::Ephemeral;
use crate::graphql::context::ContextExt as _;
use crate::kit::Kit;
use crate::sessions::{AccessTokens, KeyRing, KeyRules, Sessions};

struct Query;

#[derive(InputObject)]
struct Login {
    account: String,
    password: String,
    color: Option<Color>,
}

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum Color {
    Red,
}

#[Object]
impl Query {
    async fn zebra(&self) -> &str {
        "z"
    }

    async fn address(&self, ctx: &Context<'_>) -> String {
        ctx.client().address.to_string()
    }

    async fn caller(&self, ctx: &Context<'_>) -> Option<String> {
        ctx.claims().map(|claims| claims.sub.to_string())
    }

    async fn count(&self, n: i32) -> i32 {
        n
    }

    async fn when(&self, at: chrono::DateTime<chrono::Utc>) -> String {
        at.to_rfc3339()
    }

    async fn leak(&self) -> async_graphql::Result<i32> {
        tokio::task::yield_now().await;
        Err("the password is \"hunter2\"".into())
    }

    async fn away(&self) -> async_graphql::Result<Option<i32>> {
        tokio::task::yield_now().await;
        Err(error(ErrorCode::Unavailable, Vec::new()).into_error())
    }

    async fn panic(&self) -> i32 {
        "hunter2".parse().unwrap()
    }

    async fn slow(&self) -> i32 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        1
    }
}

trait IntoError {
    fn into_error(self) -> async_graphql::Error;
}

impl IntoError for async_graphql::ServerError {
    fn into_error(self) -> async_graphql::Error {
        async_graphql::Error { message: self.message, source: None, extensions: self.extensions }
    }
}

struct Mutation;

#[Object]
impl Mutation {
    async fn login(&self, ctx: &Context<'_>, input: Login) -> String {
        ctx.append_http_header("set-cookie", "a=1");
        ctx.append_http_header("set-cookie", "b=2");
        let Login { account, password, color } = input;
        format!("{account} {} {}", password.len(), color.is_some())
    }
}

/// Returns an API with the small schema, and the signer of tokens that it accepts.
pub async fn api(introspection: bool) -> (Api, AccessTokens) {
    let url = format!("sqlite:{}", tempfile::tempdir().unwrap().keep().join("t.db").display());
    migrate(&url).await.unwrap();
    let db = Db::open(&url, 1, Duration::from_secs(5)).await.unwrap();
    let (clock, random) = (Clock::system(), Random::system());
    let master = MasterKey::generate(&random);
    let mut reader = Reader::new(Source::default());
    let settings = SessionSettings::read(&mut reader, "http://127.0.0.1:8000");
    let rules = KeyRules::new(&KeySettings::read(&mut reader), &settings);
    let keys = KeyRing::open(&db, &master, &clock, &random, rules).await;
    let keys = keys.unwrap_or_else(|error| panic!("{error}"));
    let tokens = AccessTokens::new(keys, clock.clone(), random.clone(), settings.clone());
    let limits = LimitSettings::read(&mut reader);
    let kit = Kit::new(
        db,
        Ephemeral::memory(),
        clock,
        random,
        master,
        limits,
        &WebhookSettings::read(&mut reader, true),
    );
    let sessions =
        Sessions::new(&kit, tokens.clone(), settings, TokenClaimSettings::read(&mut reader, true), None);
    let schema = Schema::new(Query, Mutation, EmptySubscription);
    let settings = GraphqlSettings::read(&mut Reader::new(Source::default()), introspection);
    (Api::new(schema, &settings, sessions), tokens)
}
