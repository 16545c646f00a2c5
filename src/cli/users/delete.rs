//! `menjin users delete`

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use clap::Args;
use serde_json::json;

use super::super::operator::{Failure, find};
use super::super::out::say;
use crate::accounts::administration::Administration;

#[derive(Args)]
pub struct Arguments {
    /// Id, user name, mobile number or e-mail address
    who: String,
    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
    /// Print a JSON object instead of a sentence
    #[arg(long)]
    json: bool,
}

pub async fn run(administration: &Administration, arguments: &Arguments) -> Result<(), Failure> {
    let user = find(administration, &arguments.who).await?;
    if !arguments.yes && !confirmed(&user.username)? {
        return Err("nothing was deleted".into());
    }
    if !administration.delete(user.id).await.map_err(|error| error.to_string())? {
        return Err("the account no longer exists".into());
    }
    if arguments.json {
        say(&json!({ "id": user.id, "username": user.username, "deleted": true }).to_string());
    } else {
        say(&format!("{} is deleted", user.username));
    }
    Ok(())
}

/// Asks the operator to type the name again. Without a terminal, `--yes` is required.
fn confirmed(username: &str) -> Result<bool, Failure> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err("deleting an account is permanent; confirm with --yes".into());
    }
    eprint!("This cannot be undone. Type {username} to delete the account: ");
    let told = |error: std::io::Error| error.to_string();
    std::io::stderr().flush().map_err(told)?;
    let mut typed = String::new();
    stdin.lock().read_line(&mut typed).map_err(told)?;
    Ok(typed.trim() == username)
}
