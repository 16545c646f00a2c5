//! `menjin users show`

use clap::Args;
use serde_json::{Value, json};

use super::super::operator::{Failure, find};
use super::super::out::say;
use super::super::table;
use super::view;
use crate::accounts::administration::Administration;
use crate::db::models::Session;
use crate::sessions::device_name;

#[derive(Args)]
pub struct Arguments {
    /// Id, user name, mobile number or e-mail address
    who: String,
    /// Show the full mobile number and e-mail address
    #[arg(long)]
    contacts: bool,
    /// Print a JSON object instead of a table
    #[arg(long)]
    json: bool,
}

pub async fn run(administration: &Administration, arguments: &Arguments) -> Result<(), Failure> {
    let user = find(administration, &arguments.who).await?;
    let sessions = administration.sessions(user.id).await.map_err(|error| error.to_string())?;
    if arguments.json {
        let mut out = view::json(&user, arguments.contacts);
        out["sessions"] = sessions.iter().map(session).collect();
        say(&out.to_string());
        return Ok(());
    }
    let yes_or_no = |flag: bool| if flag { "yes" } else { "no" }.to_owned();
    let rows = [
        ["id", &user.id.to_string()],
        ["username", &user.username],
        ["nickname", &user.nickname],
        ["mobile", &view::mobile(&user, arguments.contacts).unwrap_or_default()],
        ["email", &view::email(&user, arguments.contacts).unwrap_or_default()],
        ["password", &yes_or_no(user.password_hash.is_some())],
        ["roles", &user.roles.as_slice().join(",")],
        ["status", &view::status(&user)],
        ["created", &view::moment(user.created_at.0)],
        ["sessions", &sessions.len().to_string()],
    ];
    for [name, value] in rows {
        say(format!("{name:<10}{value}").trim_end());
    }
    if !sessions.is_empty() {
        say("");
        let rows: Vec<_> = sessions
            .iter()
            .map(|session| {
                [
                    session.id.to_string(),
                    session.method.to_string(),
                    device_name(session.user_agent.as_deref()),
                    session.address.clone().unwrap_or_default(),
                    view::moment(session.last_used_at.0),
                ]
            })
            .collect();
        table::print(["SESSION", "METHOD", "DEVICE", "ADDRESS", "LAST USED"], &rows);
    }
    Ok(())
}

fn session(session: &Session) -> Value {
    json!({
        "id": session.id,
        "method": session.method.to_string(),
        "device": device_name(session.user_agent.as_deref()),
        "address": session.address,
        "createdAt": session.created_at.0,
        "lastUsedAt": session.last_used_at.0,
        "expiresAt": session.expires_at.0,
    })
}
