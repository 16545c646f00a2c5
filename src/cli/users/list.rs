//! `menjin users list`

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use serde_json::Value;
use strum::VariantNames as _;

use super::super::operator::Failure;
use super::super::out::say;
use super::super::table;
use super::view;
use crate::accounts::administration::Administration;
use crate::core::ids::UserId;
use crate::core::roles::Roles;
use crate::db::models::{AccountState, UserFilter};

#[derive(Args)]
pub struct Arguments {
    /// Only accounts with this status. `deleted`: by their owners, not yet purged. `merged`: into another account, not
    /// yet purged
    #[arg(long, value_parser = PossibleValuesParser::new(AccountState::VARIANTS).try_map(|state| state.parse::<AccountState>()))]
    status: Option<AccountState>,
    /// Only accounts with this role
    #[arg(long)]
    role: Option<String>,
    /// The maximum number of accounts
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Only accounts older than the one with this id, for the next page
    #[arg(long, value_name = "ID")]
    before: Option<String>,
    /// Show full mobile numbers and e-mail addresses
    #[arg(long)]
    contacts: bool,
    /// Print a JSON array instead of a table
    #[arg(long)]
    json: bool,
}

pub async fn run(administration: &Administration, arguments: &Arguments) -> Result<(), Failure> {
    let before = match &arguments.before {
        Some(id) => Some(UserId::parse(id).ok_or("--before: expected an id")?),
        None => None,
    };
    if let Some(role) = &arguments.role {
        Roles::parse([role.as_str()]).map_err(|error| error.to_string())?;
    }
    let (state, role) = (arguments.status, arguments.role.clone());
    let filter = UserFilter { state, role, before, limit: arguments.limit };
    let users = administration.db.list_users(&filter).await.map_err(|error| error.to_string())?;
    if let Some(last) = users.last().filter(|_| i64::try_from(users.len()) == Ok(arguments.limit)) {
        eprintln!("menjin: there may be more accounts; use --before {} or a higher --limit", last.id);
    }
    if arguments.json {
        let users: Vec<Value> = users.iter().map(|user| view::json(user, arguments.contacts)).collect();
        say(&Value::from(users).to_string());
        return Ok(());
    }
    let rows: Vec<_> = users
        .iter()
        .map(|user| {
            [
                user.id.to_string(),
                user.username.clone(),
                user.nickname.clone(),
                view::mobile(user, arguments.contacts).unwrap_or_default(),
                view::email(user, arguments.contacts).unwrap_or_default(),
                view::status(user),
                user.roles.as_slice().join(","),
                view::moment(user.created_at.0),
            ]
        })
        .collect();
    table::print(["ID", "USERNAME", "NICKNAME", "MOBILE", "EMAIL", "STATUS", "ROLES", "CREATED"], &rows);
    Ok(())
}
