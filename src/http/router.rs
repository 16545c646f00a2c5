//! All routes and the middleware around them.

use std::any::Any;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use tower_http::catch_panic::CatchPanicLayer;

use super::edge::{Edge, observe};
use super::health::Checks;
use super::origin::guard;
use super::refusal::refuse;
use super::service_endpoints::ServiceEndpoints;
use super::{
    captcha, form_callback, forward_auth, graphiql, graphql, hasura, health, introspection, sms_receipts,
    well_known,
};
use crate::captcha::Captcha;
use crate::config::http::HttpSettings;
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::delivery::receipts::Receipts;
use crate::graphql::api::Api;
use crate::graphql::error_code::ErrorCode;
use crate::sessions::KeyRing;
use crate::social::form_callback::FormCallback;

/// The dependencies of the router.
pub struct Parts {
    pub api: Api,
    pub settings: HttpSettings,
    pub clock: Clock,
    pub random: Random,
    /// Whether GraphiQL is served.
    pub graphiql: bool,
    pub checks: Checks,
    /// The signing keys, whose public parts are published.
    pub keys: KeyRing,
    /// Receives callbacks of providers that use `response_mode=form_post`.
    pub forms: Option<FormCallback>,
    /// The endpoints for proxies and services.
    pub services: Option<ServiceEndpoints>,
    /// Makes the challenges of ALTCHA.
    pub captcha: Captcha,
    /// Delivery receipts of SMS carriers.
    pub receipts: Option<Receipts>,
    /// Additional routes inside all middleware: the sandbox of development mode.
    pub extra: Option<Router>,
}

/// Builds the router of the gateway.
pub fn router(parts: Parts) -> Router {
    let settings = Arc::new(parts.settings);
    let edge = Edge { settings: Arc::clone(&settings), clock: parts.clock, random: parts.random };
    let federated = parts.services.as_ref().filter(|services| services.federation);
    let routers = federated.map(|services| services.clients.clone());
    let mut routes = Router::new()
        .merge(graphql::routes(parts.api, Arc::clone(&settings), routers))
        .merge(health::routes(parts.checks))
        .merge(well_known::routes(parts.keys))
        .merge(captcha::routes(parts.captcha));
    if let Some(receipts) = parts.receipts {
        routes = routes.merge(sms_receipts::routes(receipts, Arc::clone(&settings)));
    }
    if parts.graphiql {
        routes = routes.merge(graphiql::routes());
    }
    if let Some(forms) = parts.forms {
        routes = routes.merge(form_callback::routes(forms, Arc::clone(&settings)));
    }
    if let Some(services) = parts.services {
        routes = routes
            .merge(forward_auth::routes(services.clone()))
            .merge(introspection::routes(services.clone(), Arc::clone(&settings)))
            .merge(hasura::routes(services, settings));
    }
    if let Some(extra) = parts.extra {
        routes = routes.merge(extra);
    }
    routes
        .fallback(async || refuse(ErrorCode::NotFound))
        .method_not_allowed_fallback(async || refuse(ErrorCode::MethodNotAllowed))
        .layer(from_fn_with_state(edge.clone(), guard))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(edge, observe))
}

/// The panic message may contain secrets, so it is not sent to the client. The panic hook has printed it with its location.
fn panicked(_: Box<dyn Any + Send>) -> Response<Body> {
    tracing::error!("panic while handling a request");
    refuse(ErrorCode::InternalServerError)
}
