//! The operator's view of an account.

use serde_json::{Value, json};

use crate::db::models::{AccountState, User};

/// Returns the mobile number, masked unless `whole`.
pub fn mobile(user: &User, whole: bool) -> Option<String> {
    let number = user.mobile.as_deref()?;
    if whole {
        return Some(number.to_owned());
    }
    // A number that cannot be parsed any more must not be shown either.
    Some(user.contacts().mobile.map_or_else(|| "****".into(), |mobile| mobile.masked()))
}

/// Returns the e-mail address, masked unless `whole`.
pub fn email(user: &User, whole: bool) -> Option<String> {
    let address = user.email.as_deref()?;
    if whole {
        return Some(address.to_owned());
    }
    Some(user.contacts().email.map_or_else(|| "***".into(), |email| email.masked()))
}

/// Returns the state of the account for a table.
pub fn status(user: &User) -> String {
    let state = user.state();
    match user.delete_at {
        Some(at) if state == AccountState::Deleted => format!("deleted, purged after {}", moment(at.0)),
        Some(_) | None => state.to_string(),
    }
}

/// Returns the account as JSON.
pub fn json(user: &User, whole: bool) -> Value {
    json!({
        "id": user.id,
        "username": user.username,
        "nickname": user.nickname,
        "mobile": mobile(user, whole),
        "email": email(user, whole),
        "hasPassword": user.password_hash.is_some(),
        "roles": user.roles,
        "status": user.state().to_string(),
        "deleteAt": user.delete_at.map(|at| at.0.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)),
        "createdAt": user.created_at.0.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
    })
}

/// Formats a time for a table.
pub fn moment(at: crate::core::clock::Instant) -> String {
    at.format("%Y-%m-%d %H:%M:%SZ").to_string()
}
