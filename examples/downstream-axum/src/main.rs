//! A service behind a proxy that authenticates requests with Menjin (docs/proxies.md). It does not trust the headers with
//! user ids and roles. Instead it verifies the upstream token with the public keys of the gateway.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{FromRequestParts, State};
use axum::http::{StatusCode, request::Parts};
use axum::{Json, Router, routing::get};
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

/// The claims of the upstream token.
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
    /// Returns the key with this key id. An unknown key id causes the keys to be fetched again, but at most every ten
    /// seconds, because clients can send any key id.
    async fn key(&self, kid: &str) -> Result<(DecodingKey, Validation), StatusCode> {
        let mut cached = self.keys.lock().await;
        if cached.0.find(kid).is_none() && cached.1.is_none_or(|at| at.elapsed() > Duration::from_secs(10)) {
            let response = reqwest::get(format!("{}/.well-known/jwks.json", self.url)).await;
            let response = response.and_then(reqwest::Response::error_for_status);
            let keys = async { response?.json::<JwkSet>().await }.await;
            *cached = (keys.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?, Some(Instant::now()));
        }
        let jwk = cached.0.find(kid).ok_or(StatusCode::UNAUTHORIZED)?;
        // The key determines the algorithm, not the token.
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
        const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;
        let token = parts
            .headers
            .get("x-upstream-token")
            .and_then(|token| token.to_str().ok())
            .ok_or(UNAUTHORIZED)?;
        let header = decode_header(token).map_err(|_| UNAUTHORIZED)?;
        let (key, rules) = gateway.key(&header.kid.ok_or(UNAUTHORIZED)?).await?;
        let caller = decode::<Self>(token, &key, &rules).map_err(|_| UNAUTHORIZED)?.claims;
        // Access tokens are signed with the same keys but are not accepted here.
        header.typ.filter(|typ| typ == "upstream+jwt").map(|_| caller).ok_or(UNAUTHORIZED)
    }
}

#[tokio::main]
async fn main() {
    let setting = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    let url = setting("GATEWAY", "http://127.0.0.1:8000");
    let issuer = setting("ISSUER", &url);
    let gateway = Gateway { url, issuer, keys: Mutex::new((JwkSet { keys: Vec::new() }, None)) };
    let app = Router::new().route("/", get(async |_: State<Arc<Gateway>>, caller: Caller| Json(caller)));
    let address = format!("127.0.0.1:{}", setting("PORT", "9000"));
    let listener = tokio::net::TcpListener::bind(address).await.expect("failed to listen on the port");
    axum::serve(listener, app.with_state(Arc::new(gateway))).await.expect("failed to serve");
}
