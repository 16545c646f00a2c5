//! The hook before an access token is issued: a signed request to the operator's service, whose response adds claims.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::body::body;
use super::client::{Answer, WebhookClient};
use crate::config::token_claims::{OnHookFailure, TokenHookSettings, is_free_claim};
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::outcome::Refusal;

/// The maximum size of the claims in bytes. They are part of every request of the client.
const MAX_CLAIMS: usize = 4 * 1024;

/// Asks the operator's service for claims. Cheap to clone.
#[derive(Clone)]
pub struct TokenHook(Arc<Inner>);

struct Inner {
    settings: TokenHookSettings,
    client: WebhookClient,
    clock: Clock,
    random: Random,
}

impl TokenHook {
    /// Builds the hook. The timeout is that of `client`.
    #[must_use]
    pub fn new(settings: TokenHookSettings, client: WebhookClient, clock: Clock, random: Random) -> Self {
        Self(Arc::new(Inner { settings, client, clock, random }))
    }

    /// Returns the claims to add. `data` describes the session.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the hook failed and the settings refuse the token then.
    pub async fn claims(&self, data: &Value) -> Result<Map<String, Value>, Refusal> {
        let Inner { settings, client, clock, random } = &*self.0;
        let id = format!("tok_{}", uuid::Builder::from_random_bytes(random.bytes()).into_uuid());
        let text = body("token.issue", clock.now(), data);
        let answer = client.ask(&settings.url, std::slice::from_ref(&settings.secret), &id, &text).await;
        let claims = answer.and_then(|answer| read(&answer));
        match (claims, settings.on_failure) {
            (Ok(claims), _) => Ok(claims),
            (Err(reason), OnHookFailure::Refuse) => {
                Err(Refusal::Unavailable(format!("token hook: {reason}")))
            }
            (Err(reason), OnHookFailure::Issue) => {
                tracing::warn!(reason, "the token hook failed; the token has no claims of it");
                Ok(Map::new())
            }
        }
    }
}

/// Reads the claims of a response. Reserved claims are left out.
fn read(answer: &Answer) -> Result<Map<String, Value>, String> {
    if answer.status == 204 {
        return Ok(Map::new());
    }
    if answer.status != 200 {
        return Err(format!("status {}", answer.status));
    }
    if answer.body.len() > MAX_CLAIMS {
        return Err("the claims are longer than 4 KiB".into());
    }
    let mut response: Map<String, Value> =
        serde_json::from_slice(&answer.body).map_err(|_| "the response is not an object")?;
    let claims = match response.remove("claims") {
        Some(Value::Object(claims)) => claims,
        None => Map::new(),
        Some(_) => return Err("`claims` is not an object".into()),
    };
    let (free, reserved): (Map<_, _>, Map<_, _>) =
        claims.into_iter().partition(|(name, _)| is_free_claim(name));
    if !reserved.is_empty() {
        tracing::warn!(claims = reserved.len(), "the token hook returned claims that only the gateway sets");
    }
    Ok(free)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Result<Map<String, Value>, String> {
        read(&Answer { status, body: body.as_bytes().to_vec() })
    }

    #[test]
    fn free_claims_are_returned_and_reserved_ones_are_left_out() {
        let claims =
            answer(200, r#"{"claims":{"tenant":7,"sub":"somebody else","roles":["admin"]}}"#).unwrap();
        assert_eq!(Value::Object(claims), serde_json::json!({ "tenant": 7 }));
        assert!(answer(204, "").unwrap().is_empty() && answer(200, "{}").unwrap().is_empty());
    }

    #[test]
    fn other_responses_are_failures() {
        let long = format!(r#"{{"claims":{{"a":"{}"}}}}"#, "x".repeat(MAX_CLAIMS));
        for (status, body) in
            [(200, ""), (200, "[]"), (200, r#"{"claims":7}"#), (302, ""), (403, "{}"), (200, &long)]
        {
            assert!(answer(status, body).is_err(), "{status} {body}");
        }
    }
}
