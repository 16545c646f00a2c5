//! A service behind a proxy that asks Menjin about each request (docs/proxies.md). It does not believe the headers with
//! names and roles; it verifies the upstream token, by the keys that the gateway publishes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{FromRequestParts, State};
use axum::http::{StatusCode, request::Parts};
use axum::{Json, Router, routing::get};
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

/// What the token says of the caller.
#[derive(Serialize, Deserialize)]
struct Caller {
    sub: String,
    sid: String,
    roles: Vec<String>,
}

struct Gateway {
    url: String,
    issuer: String,
    keys: Mutex<(JwkSet, Option<Instant>)>,
}

impl Gateway {
    /// The key of that name. An unknown name makes us look again, but not more often than every ten seconds: names come
    /// from strangers.
    async fn key(&self, kid: &str) -> Result<(DecodingKey, Validation), StatusCode> {
        let mut kept = self.keys.lock().await;
        if kept.0.find(kid).is_none() && kept.1.is_none_or(|at| at.elapsed() > Duration::from_secs(10)) {
            let answer = reqwest::get(format!("{}/.well-known/jwks.json", self.url)).await;
            let answer = answer.and_then(reqwest::Response::error_for_status);
            let keys = async { answer?.json::<JwkSet>().await }.await;
            *kept = (keys.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?, Some(Instant::now()));
        }
        let jwk = kept.0.find(kid).ok_or(StatusCode::UNAUTHORIZED)?;
        // The key tells the algorithm, not the token.
        let algorithm = jwk.common.key_algorithm.and_then(|name| name.to_string().parse().ok());
        let mut rules = Validation::new(algorithm.ok_or(StatusCode::UNAUTHORIZED)?);
        rules.set_issuer(&[&self.issuer]);
        rules.set_audience(&["menjin-upstream"]);
        rules.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        rules.validate_nbf = true;
        (rules.leeway, rules.reject_tokens_expiring_in_less_than) = (5, 0);
        Ok((DecodingKey::from_jwk(jwk).map_err(|_| StatusCode::UNAUTHORIZED)?, rules))
    }
}

impl FromRequestParts<Arc<Gateway>> for Caller {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, gateway: &Arc<Gateway>) -> Result<Self, StatusCode> {
        const NO: StatusCode = StatusCode::UNAUTHORIZED;
        let token = parts.headers.get("x-upstream-token").and_then(|token| token.to_str().ok()).ok_or(NO)?;
        let header = decode_header(token).map_err(|_| NO)?;
        let (key, rules) = gateway.key(&header.kid.ok_or(NO)?).await?;
        let caller = decode::<Self>(token, &key, &rules).map_err(|_| NO)?.claims;
        // An access token is signed by the same keys and is not for services behind a proxy.
        header.typ.filter(|typ| typ == "upstream+jwt").map(|_| caller).ok_or(NO)
    }
}

#[tokio::main]
async fn main() {
    let set = |name: &str, usual: &str| std::env::var(name).unwrap_or_else(|_| usual.to_owned());
    let url = set("GATEWAY", "http://127.0.0.1:8000");
    let issuer = set("ISSUER", &url);
    let gateway = Gateway { url, issuer, keys: Mutex::new((JwkSet { keys: Vec::new() }, None)) };
    let app = Router::new().route("/", get(async |_: State<Arc<Gateway>>, caller: Caller| Json(caller)));
    let address = format!("127.0.0.1:{}", set("PORT", "9000"));
    let listener = tokio::net::TcpListener::bind(address).await.expect("the port is free");
    axum::serve(listener, app.with_state(Arc::new(gateway))).await.expect("it serves");
}
