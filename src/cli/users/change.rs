//! `menjin users disable`, `enable`, `roles` and `revoke-sessions`

use clap::Args;
use serde_json::json;

use super::super::operator::{Failure, find};
use super::super::out::say;
use super::view;
use crate::accounts::administration::{Administration, RolesChange};
use crate::core::roles;
use crate::db::changes::StatusChange;
use crate::db::models::User;
use crate::db::types::AccountStatus;

#[derive(Args)]
pub struct Who {
    /// Id, user name, mobile number or e-mail address
    who: String,
    /// Print a JSON object instead of a sentence
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Roles {
    /// Id, user name, mobile number or e-mail address
    who: String,
    /// Replace the roles by these, separated by commas; `--set ''` for none
    #[arg(long, value_name = "ROLES", conflicts_with_all = ["add", "remove"])]
    set: Option<String>,
    /// Roles to add, separated by commas
    #[arg(long, value_name = "ROLES")]
    add: Option<String>,
    /// Roles to remove, separated by commas
    #[arg(long, value_name = "ROLES")]
    remove: Option<String>,
    /// Print a JSON object instead of one role per line
    #[arg(long)]
    json: bool,
}

/// Returns an account that is not merged into another one.
async fn find_whole(administration: &Administration, who: &str) -> Result<User, Failure> {
    let user = find(administration, who).await?;
    if user.status == AccountStatus::Merged {
        return Err("the account was merged into another one; undo the merge to restore it".into());
    }
    Ok(user)
}

pub async fn disable(administration: &Administration, who: &Who) -> Result<(), Failure> {
    let user = find_whole(administration, &who.who).await?;
    let change = administration.disable(user.id).await.map_err(|error| error.to_string())?;
    if who.json {
        let (changed, ended_sessions) = match change {
            StatusChange::Changed { revoked_sessions } => (true, revoked_sessions),
            StatusChange::Unchanged => (false, 0),
        };
        let told = json!({ "id": user.id, "status": "disabled", "changed": changed, "endedSessions": ended_sessions });
        say(&told.to_string());
    } else if let StatusChange::Changed { revoked_sessions: ended } = change {
        say(&format!("{} is disabled; {ended} sessions were revoked", user.username));
    } else {
        say(&format!("{} was already disabled", user.username));
    }
    Ok(())
}

pub async fn enable(administration: &Administration, who: &Who) -> Result<(), Failure> {
    let user = find_whole(administration, &who.who).await?;
    if let Some(until) = user.delete_at {
        return Err(format!(
            "{name} was deleted by its owner and will be purged after {until}; `menjin restore {name}` restores it",
            name = user.username,
            until = view::moment(until.0),
        ));
    }
    let change = administration.enable(user.id).await.map_err(|error| error.to_string())?;
    let changed = change != StatusChange::Unchanged;
    if who.json {
        say(&json!({ "id": user.id, "status": "active", "changed": changed }).to_string());
    } else if changed {
        say(&format!("{} is enabled", user.username));
    } else {
        say(&format!("{} was already enabled", user.username));
    }
    Ok(())
}

pub async fn revoke_sessions(administration: &Administration, who: &Who) -> Result<(), Failure> {
    let user = find(administration, &who.who).await?;
    let ended = administration.revoke_sessions(user.id).await.map_err(|error| error.to_string())?;
    if who.json {
        say(&json!({ "id": user.id, "endedSessions": ended }).to_string());
    } else {
        say(&format!("{ended} sessions of {} were revoked", user.username));
    }
    Ok(())
}

pub async fn roles(administration: &Administration, arguments: &Roles) -> Result<(), Failure> {
    let parse = |text: &Option<String>| roles::Roles::parse_list(text.as_deref().unwrap_or_default());
    let bad = |error: roles::InvalidRoles| error.to_string();
    let change = if arguments.set.is_some() {
        Some(RolesChange::Set(parse(&arguments.set).map_err(bad)?))
    } else if arguments.add.is_some() || arguments.remove.is_some() {
        let (add, remove) = (parse(&arguments.add).map_err(bad)?, parse(&arguments.remove).map_err(bad)?);
        Some(RolesChange::Adjust { add, remove })
    } else {
        None
    };
    let user = find(administration, &arguments.who).await?;
    let roles = match change {
        Some(change) => {
            administration.change_roles(&user, &change).await.map_err(|error| error.to_string())?
        }
        None => user.roles,
    };
    if arguments.json {
        say(&json!({ "id": user.id, "roles": roles }).to_string());
    } else {
        for role in roles.as_slice() {
            say(role);
        }
    }
    Ok(())
}
