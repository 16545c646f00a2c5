//! The interface between HTTP and the executor: checks the document, identifies the caller, and removes values from
//! errors.

use std::sync::Arc;

use async_graphql::{Executor, Request, Response, Variables};
use futures_util::future::BoxFuture;

use super::context::{Bearer, View};
use super::document::{self, Kind, Limits};
use super::error_code::ErrorCode;
use super::federation::is_for_routers;
pub use super::reply::ApiReply;
use super::reply::reply;
use crate::config::graphql::GraphqlSettings;
use crate::core::client::Client;
use crate::sessions::Sessions;

/// One operation as received. The types of its members are checked.
#[derive(Default)]
pub struct ApiRequest {
    pub query: String,
    pub operation_name: Option<String>,
    /// A JSON object, or null.
    pub variables: serde_json::Value,
    /// Whether the sender is an authenticated federation router.
    pub trusted: bool,
}

type Execute = Arc<dyn Fn(Request) -> BoxFuture<'static, Response> + Send + Sync>;

/// Executes documents. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    execute: Execute,
    limits: Limits,
    sessions: Sessions,
}

impl Api {
    /// Builds the API. `schema` contains all services.
    #[must_use]
    pub fn new<E: Executor>(schema: E, settings: &GraphqlSettings, sessions: Sessions) -> Self {
        let execute: Execute = Arc::new(move |request| {
            let schema = schema.clone();
            Box::pin(async move { schema.execute(request).await })
        });
        Self { execute, limits: settings.into(), sessions }
    }

    /// Checks and executes one operation. With an invalid token there is no caller; resolvers that need one return an
    /// error. Without `mutations_allowed`, which is GET, a mutation is refused.
    pub async fn execute(
        &self,
        request: ApiRequest,
        client: Client,
        authorization: Option<&str>,
        mutations_allowed: bool,
    ) -> ApiReply {
        let request_id = client.request_id.clone();
        let variables = Variables::from_json(request.variables);
        // Tools send an empty name instead of none.
        let operation_name = request.operation_name.filter(|name| !name.is_empty());
        let checked = document::check(&request.query, operation_name.as_deref(), &self.limits)
            .and_then(|document| document.check_variables(&variables).map(|()| document));
        let document = match checked {
            Ok(document) if document.kind == Kind::Mutation && !mutations_allowed => {
                return ApiReply::refusal(ErrorCode::MethodNotAllowed, &request_id);
            }
            Ok(document) => document,
            Err(refusal) => return ApiReply::refused(refusal, &request_id),
        };
        let bearer_claims = Bearer(match authorization.and_then(bearer) {
            Some(token) => self.sessions.verify_token(token).await,
            None => None,
        });
        let for_routers = is_for_routers(&document.parsed);
        if for_routers && !request.trusted {
            return ApiReply::refusal(ErrorCode::Forbidden, &request_id);
        }
        let view = match &bearer_claims.0 {
            _ if !for_routers => View::Own,
            None => View::Entities(None),
            // If the database is unavailable, entities cannot be read either.
            Some(claims) => match self.sessions.caller(claims).await {
                Ok(caller) => View::Entities(caller.map(|caller| caller.user.id)),
                Err(error) => {
                    tracing::warn!(%error, "unavailable");
                    return ApiReply::refusal(ErrorCode::Unavailable, &request_id);
                }
            },
        };
        // The executor does not need the text, which is already parsed. Without it, it cannot log it.
        let mut execution =
            Request::new(String::new()).variables(variables).data(client).data(bearer_claims).data(view);
        if let Some(name) = operation_name {
            execution = execution.operation_name(name);
        }
        if !self.limits.introspection {
            execution = execution.disable_introspection();
        }
        execution.set_parsed_query(document.parsed.clone());
        let response = (self.execute)(execution).await;
        reply(response, &document, &request_id)
    }
}

/// Returns the token of `Bearer <token>`. The scheme is case-insensitive (RFC 9110, section 11.1).
#[must_use]
pub fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::core::ids::{SessionId, UserId};
    use crate::core::language::Language;
    use crate::core::secret::ExposeSecret as _;
    use crate::graphql::testing::api;

    fn client() -> Client {
        Client {
            address: [127, 0, 0, 1].into(),
            user_agent: None,
            language: Language::English,
            device: None,
            browser: None,
            refresh: None,
            request_id: "r-1".into(),
        }
    }

    async fn ask(api: &Api, query: &str, variables: Json) -> (Json, Option<ErrorCode>) {
        let request = ApiRequest { query: query.into(), variables, ..ApiRequest::default() };
        let reply = api.execute(request, client(), None, true).await;
        (serde_json::from_slice(&reply.body).unwrap(), reply.refused)
    }

    #[tokio::test]
    async fn fields_come_in_the_order_of_the_document() {
        let (api, _) = api(true).await;
        let request = ApiRequest { query: "{ zebra address }".into(), ..ApiRequest::default() };
        let reply = api.execute(request, client(), None, true).await;
        assert_eq!(String::from_utf8(reply.body).unwrap(), r#"{"data":{"zebra":"z","address":"127.0.0.1"}}"#);
    }

    #[tokio::test]
    async fn a_value_of_the_caller_is_never_repeated() {
        let (api, _) = api(true).await;
        let secret = "hunter2";
        for (query, variables) in [
            ("{ count(n: \"hunter2\") }", json!({})),
            ("{ when(at: \"hunter2\") }", json!({})),
            ("query($n: Int!) { count(n: $n) }", json!({"n": "hunter2"})),
            ("query($at: DateTime!) { when(at: $at) }", json!({"at": "hunter2"})),
            ("mutation { login(input: {account: \"a\", password: \"b\", color: hunter2}) }", json!({})),
            (
                "mutation($i: Login!) { login(input: $i) }",
                json!({"i": {"account": "a", "password": ["hunter2"]}}),
            ),
            (
                "mutation($i: Login!) { login(input: $i) }",
                json!({"i": {"account": "a", "password": "b", "color": "hunter2"}}),
            ),
            ("mutation($i: Login!) { login(input: $i) }", json!({"i": {"hunter2": "a"}})),
            ("query($n: Int = \"hunter2\") { count(n: $n) }", json!({})),
            ("{ leak }", json!({})),
            ("{ count(n: 1) \"hunter2\" }", json!({})),
        ] {
            let (body, _) = ask(&api, query, variables).await;
            assert!(!body.to_string().contains(secret), "{query}: {body}");
            let extensions = &body["errors"][0]["extensions"];
            assert!(extensions["code"].is_string() && extensions["requestId"] == "r-1", "{query}: {body}");
        }
    }

    #[tokio::test]
    async fn each_error_has_its_code() {
        let (api, _) = api(false).await;
        for (query, variables, code, executed) in [
            ("{ nope }", json!({}), "GRAPHQL_VALIDATION_FAILED", false),
            ("{", json!({}), "GRAPHQL_PARSE_FAILED", false),
            ("{ count(n: true) }", json!({}), "GRAPHQL_VALIDATION_FAILED", false),
            ("query($n: Int!) { count(n: $n) }", json!({}), "INVALID_VARIABLES", false),
            ("query($n: Int!) { count(n: $n) }", json!({"n": null}), "INVALID_VARIABLES", false),
            ("query($n: Int!) { count(n: $n) }", json!({"n": "x"}), "INVALID_VARIABLES", false),
            ("query($at: DateTime!) { when(at: $at) }", json!({"at": "x"}), "INVALID_VARIABLES", false),
            ("{ __schema { queryType { name } } }", json!({}), "INTROSPECTION_DISABLED", false),
            ("{ leak }", json!({}), "INTERNAL_SERVER_ERROR", true),
            ("{ away }", json!({}), "UNAVAILABLE", true),
        ] {
            let (body, refused) = ask(&api, query, variables).await;
            assert_eq!(body["errors"][0]["extensions"]["code"], code, "{query}: {body}");
            assert_eq!(
                (body.get("data").is_some(), refused.is_none()),
                (executed, executed),
                "{query}: {body}"
            );
        }
        let (body, _) = ask(&api, "{ nope }", json!({})).await;
        assert_eq!(body["errors"][0]["locations"], json!([{"line": 1, "column": 3}]));
        assert!(body["errors"][0]["message"].as_str().unwrap().contains("nope"), "names may be told: {body}");
        for (query, variables, place) in [
            ("query($n: Int!) { count(n: $n) }", json!({"n": "x"}), "\"n\", expected type \"Int\""),
            (
                "mutation($i: Login!) { login(input: $i) }",
                json!({"i": {"account": "a"}}),
                "\"input\", field \"password\" of type \"String!\" is required",
            ),
        ] {
            let (body, _) = ask(&api, query, variables).await;
            assert!(
                body["errors"][0]["message"].as_str().unwrap().contains(place),
                "the place is told: {body}"
            );
        }
    }

    #[tokio::test]
    async fn a_token_that_holds_names_the_caller_and_any_other_nobody() {
        let (api, tokens) = api(true).await;
        let (clock, random) = (crate::core::clock::Clock::system(), crate::core::random::Random::system());
        let user = UserId::new(&clock, &random);
        let token = tokens
            .issue(user, SessionId::new(&clock, &random), Vec::new(), serde_json::Map::new())
            .unwrap()
            .token;
        let token = token.expose_secret();
        for (header, expected) in [
            (Some(format!("Bearer {token}")), json!(user.to_string())),
            (Some(format!("bEARER  {token} ")), json!(user.to_string())),
            (Some(format!("Bearer {token}x")), Json::Null),
            (Some(format!("Basic {token}")), Json::Null),
            (Some("Bearer".into()), Json::Null),
            (None, Json::Null),
        ] {
            let request = ApiRequest { query: "{ caller }".into(), ..ApiRequest::default() };
            let reply = api.execute(request, client(), header.as_deref(), true).await;
            let body: Json = serde_json::from_slice(&reply.body).unwrap();
            assert_eq!(body, json!({"data": {"caller": expected}}));
        }
    }
}
