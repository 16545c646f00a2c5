//! Emulated providers: their wire formats with all peculiarities, a consent page, and simulated failures.
//!
//! One file per provider. All share the page in `consent` and the data in `state`.

mod answer;
mod consent;
mod fault;
mod github;
mod id_token;
mod oidc;
mod page;
mod params;
mod people;
mod qq;
mod state;
mod table;
mod visit;
mod wechat;
mod weibo;

use std::sync::Arc;

use axum::Router;

use super::parts::Sandbox;
use state::Shared;

/// Routes all paths below `/sandbox`.
pub(super) fn router(sandbox: Sandbox) -> Router {
    let routes = Router::new()
        .merge(page::routes())
        .merge(people::routes())
        .merge(visit::routes())
        .merge(consent::routes())
        .merge(qq::routes())
        .merge(weibo::routes())
        .merge(wechat::routes())
        .merge(github::routes())
        .merge(oidc::routes());
    routes.with_state(Arc::new(Shared::new(sandbox)))
}
