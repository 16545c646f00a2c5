//! All paths, and the layers around them.

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
use super::proofs::Proofs;
use super::refusal::refuse;
use super::{form_callback, forward_auth, graphiql, graphql, hasura, health, introspection, well_known};
use crate::config::http::HttpSettings;
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::graphql::api::Api;
use crate::graphql::fault::CallerFault;
use crate::sessions::KeyRing;
use crate::social::form_callback::FormCallback;

/// What the router is made of.
pub struct Parts {
    pub api: Api,
    pub settings: HttpSettings,
    pub clock: Clock,
    pub random: Random,
    /// Whether GraphiQL is served.
    pub graphiql: bool,
    pub checks: Checks,
    /// The keys to publish.
    pub keys: KeyRing,
    /// Who takes callbacks that come as forms.
    pub forms: Option<FormCallback>,
    /// Who answers proxies and services.
    pub proofs: Option<Proofs>,
    /// Further paths, inside all layers: the sandbox of development.
    pub extra: Option<Router>,
}

/// The whole of what the gateway answers.
pub fn router(parts: Parts) -> Router {
    let settings = Arc::new(parts.settings);
    let edge = Edge { settings: Arc::clone(&settings), clock: parts.clock, random: parts.random };
    let federated = parts.proofs.as_ref().filter(|proofs| proofs.federation);
    let routers = federated.map(|proofs| proofs.clients.clone());
    let mut routes = Router::new()
        .merge(graphql::routes(parts.api, Arc::clone(&settings), routers))
        .merge(health::routes(parts.checks))
        .merge(well_known::routes(parts.keys));
    if parts.graphiql {
        routes = routes.merge(graphiql::routes());
    }
    if let Some(forms) = parts.forms {
        routes = routes.merge(form_callback::routes(forms, Arc::clone(&settings)));
    }
    if let Some(proofs) = parts.proofs {
        routes = routes
            .merge(forward_auth::routes(proofs.clone()))
            .merge(introspection::routes(proofs.clone(), Arc::clone(&settings)))
            .merge(hasura::routes(proofs, settings));
    }
    if let Some(extra) = parts.extra {
        routes = routes.merge(extra);
    }
    routes
        .fallback(async || refuse(CallerFault::NotFound))
        .method_not_allowed_fallback(async || refuse(CallerFault::MethodNotAllowed))
        .layer(from_fn_with_state(edge.clone(), guard))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(edge, observe))
}

/// The panic's own text may hold anything; the panic hook has written it to standard error with its place.
fn panicked(_: Box<dyn Any + Send>) -> Response<Body> {
    tracing::error!("a request made the program panic");
    refuse(CallerFault::InternalServerError)
}
