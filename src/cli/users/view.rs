//! An account as the operator sees it.

use serde_json::{Value, json};

use crate::core::identifier::{EmailAddress, Mobile, Region};
use crate::db::models::User;

/// A mobile number, masked unless `whole`.
pub fn mobile(user: &User, whole: bool) -> Option<String> {
    let number = user.mobile.as_deref()?;
    if whole {
        return Some(number.to_owned());
    }
    // A number of a region that this program no longer knows still must not be shown.
    Some(Mobile::parse(number, &Region::ALL).map_or_else(|_| "****".into(), |mobile| mobile.masked()))
}

/// An e-mail address, masked unless `whole`.
pub fn email(user: &User, whole: bool) -> Option<String> {
    let address = user.email.as_deref()?;
    if whole {
        return Some(address.to_owned());
    }
    Some(EmailAddress::parse(address).map_or_else(|_| "***".into(), |email| email.masked()))
}

/// What the account is now: its owner's deletion goes before what the operator made of it.
pub fn status(user: &User) -> String {
    match user.delete_at {
        Some(at) if is_deleted(user) => format!("deleted, erased after {}", moment(at.0)),
        _ => user.status.clone(),
    }
}

/// An account that was merged into another one may have an end, too: its owner did not delete it.
fn is_deleted(user: &User) -> bool {
    user.delete_at.is_some() && user.status != "merged"
}

/// For programs.
pub fn json(user: &User, whole: bool) -> Value {
    json!({
        "id": user.id,
        "username": user.username,
        "nickname": user.nickname,
        "mobile": mobile(user, whole),
        "email": email(user, whole),
        "hasPassword": user.password_hash.is_some(),
        "roles": user.roles(),
        "status": if is_deleted(user) { "deleted" } else { &user.status },
        "deleteAt": user.delete_at.map(|at| at.0.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)),
        "createdAt": user.created_at.0.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
    })
}

/// A moment in a table.
pub fn moment(at: crate::core::clock::Instant) -> String {
    at.format("%Y-%m-%d %H:%M:%SZ").to_string()
}
