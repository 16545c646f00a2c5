//! Proofs that failed, in the audit log.

use crate::audit::{Audit, Kind};
use crate::core::client::Client;
use crate::core::ids::{SessionId, UserId};
use crate::db::Db;

/// Writes down that somebody could not prove what `method` proves. The answer does not depend on it: a failure is logged.
pub(super) async fn write_down(
    db: &Db,
    audit: &Audit,
    user: Option<UserId>,
    session: Option<SessionId>,
    method: &str,
    client: &Client,
) {
    let event = audit.event(Kind::ProofFailed, user, session, method, client);
    if let Err(error) = db.record(&event).await {
        tracing::warn!(%error, "a failed proof could not be written down");
    }
}
