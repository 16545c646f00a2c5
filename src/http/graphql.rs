//! GraphQL over HTTP: queries by GET, queries and mutations by POST with JSON.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;
use futures_util::StreamExt as _;
use http::header::{ALLOW, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, VARY};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::Value;
use url::form_urlencoded;

use super::negotiate::{self, Media};
use super::refusal::refuse;
use super::service_client;
use crate::config::http::HttpSettings;
use crate::core::client::Client;
use crate::graphql::api::{Api, ApiRequest};
use crate::graphql::error_code::ErrorCode;
use crate::sessions::service_clients::ServiceClients;

/// The path of the API.
pub const PATH: &str = "/graphql";
/// The credentials of a federation router. `Authorization` contains those of the user on whose behalf it sends the
/// request.
const SERVICE_AUTHORIZATION: HeaderName = HeaderName::from_static("x-service-authorization");

#[derive(Clone)]
struct Endpoint {
    api: Api,
    settings: Arc<HttpSettings>,
    routers: Option<ServiceClients>,
}

/// Routes [`PATH`]. `routers` are the services that may query entities; `None` where the API is not a subgraph.
pub fn routes(api: Api, settings: Arc<HttpSettings>, routers: Option<ServiceClients>) -> Router {
    Router::new().route(PATH, any(handle)).with_state(Endpoint { api, settings, routers })
}

async fn handle(State(endpoint): State<Endpoint>, request: Request) -> Response {
    let mut response = match execute(&endpoint, request).await {
        Ok(response) => response,
        Err(code) => refuse(code),
    };
    if response.status() == http::StatusCode::METHOD_NOT_ALLOWED && !response.headers().contains_key(ALLOW) {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, POST"));
    }
    response.headers_mut().append(VARY, HeaderValue::from_static("Accept"));
    response
}

async fn execute(endpoint: &Endpoint, request: Request) -> Result<Response, ErrorCode> {
    let (parts, body) = request.into_parts();
    let posted = match parts.method {
        Method::GET => false,
        Method::POST => true,
        _ => return Err(ErrorCode::MethodNotAllowed),
    };
    let media = Media::negotiate(&parts.headers).ok_or(ErrorCode::NotAcceptable)?;
    let mut operation = if posted {
        if !negotiate::is_json(&parts.headers) {
            return Err(ErrorCode::UnsupportedMediaType);
        }
        operation_from_body(&read_body(&endpoint.settings, &parts.headers, body).await?)?
    } else {
        operation_from_query(parts.uri.query().unwrap_or_default())?
    };
    // The outermost middleware has added it.
    let client = parts.extensions.get::<Client>().cloned().ok_or(ErrorCode::InternalServerError)?;
    operation.trusted = is_router(endpoint, &parts.headers, &client).await;
    let authorization = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let reply = endpoint.api.execute(operation, client, authorization, posted).await;

    let mut response = Response::new(Body::from(reply.body));
    *response.headers_mut() = reply.headers;
    response.headers_mut().insert(CONTENT_TYPE, media.content_type());
    if let Some(code) = reply.refused {
        *response.status_mut() = media.status(code);
        if code == ErrorCode::MethodNotAllowed {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        }
    }
    Ok(response)
}

/// Returns whether the request has valid credentials of a federation router. A request with invalid credentials is
/// handled like that of any other client.
async fn is_router(endpoint: &Endpoint, headers: &HeaderMap, client: &Client) -> bool {
    let mut values = headers.get_all(SERVICE_AUTHORIZATION).iter();
    match (&endpoint.routers, values.next(), values.next()) {
        (Some(routers), Some(header), None) => {
            service_client::authenticate(routers, header, client).await.is_ok()
        }
        _ => false,
    }
}

/// Reads the body within the limits of size and time.
pub(super) async fn read_body(
    settings: &HttpSettings,
    headers: &HeaderMap,
    body: Body,
) -> Result<Vec<u8>, ErrorCode> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > settings.max_body as u64) {
        return Err(ErrorCode::PayloadTooLarge);
    }
    let whole = async {
        let (mut bytes, mut stream) = (Vec::new(), body.into_data_stream());
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|_| ErrorCode::BadRequest)?;
            if bytes.len() + chunk.len() > settings.max_body {
                return Err(ErrorCode::PayloadTooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    };
    tokio::time::timeout(settings.body_timeout, whole).await.unwrap_or(Err(ErrorCode::RequestTimeout))
}

fn operation_from_body(bytes: &[u8]) -> Result<ApiRequest, ErrorCode> {
    let mut members = match serde_json::from_slice(bytes) {
        Ok(Value::Object(members)) => members,
        Ok(Value::Array(_)) => return Err(ErrorCode::BatchNotAllowed),
        Ok(_) | Err(_) => return Err(ErrorCode::BadRequest),
    };
    let mut take = |name: &str| members.remove(name).unwrap_or_default();
    operation(take("query"), take("operationName"), take("variables"), &take("extensions"))
}

fn operation_from_query(query: &str) -> Result<ApiRequest, ErrorCode> {
    let (mut document, mut name, mut variables, mut extensions) =
        (Value::Null, Value::Null, Value::Null, Value::Null);
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        let (target, is_json) = match key.as_ref() {
            "query" => (&mut document, false),
            "operationName" => (&mut name, false),
            "variables" => (&mut variables, true),
            "extensions" => (&mut extensions, true),
            _ => continue,
        };
        if !target.is_null() {
            return Err(ErrorCode::BadRequest);
        }
        *target = match (is_json, value.is_empty()) {
            (true, true) => Value::Null,
            (true, false) => serde_json::from_str(&value).map_err(|_| ErrorCode::BadRequest)?,
            (false, _) => Value::String(value.into_owned()),
        };
    }
    operation(document, name, variables, &extensions)
}

/// Builds the request if each parameter has the type that GraphQL over HTTP specifies.
fn operation(
    query: Value,
    name: Value,
    variables: Value,
    extensions: &Value,
) -> Result<ApiRequest, ErrorCode> {
    let Value::String(query) = query else {
        return Err(ErrorCode::BadRequest);
    };
    let operation_name = match name {
        Value::Null => None,
        Value::String(name) => Some(name),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            return Err(ErrorCode::BadRequest);
        }
    };
    if [&variables, extensions].iter().any(|value| !value.is_null() && !value.is_object()) {
        return Err(ErrorCode::BadRequest);
    }
    Ok(ApiRequest { query, operation_name, variables, trusted: false })
}
