//! `menjin users`: the operator's view of accounts, and what the operator does to them.

mod change;
mod create;
mod delete;
mod list;
mod merges;
mod show;
mod unmerge;
mod view;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::operator::{Failure, Operator};
use crate::config::Config;

/// See and change accounts.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make an account. Its password is drawn and printed once, unless it comes on standard input.
    Create(create::Arguments),
    /// List accounts, newest first.
    List(list::Arguments),
    /// Show one account and its sessions.
    Show(show::Arguments),
    /// Take away the use of an account and end its sessions at once.
    Disable(change::Who),
    /// Give back the use of an account.
    Enable(change::Who),
    /// Show the roles of an account, or change them. Access tokens that are out keep theirs until they expire.
    Roles(change::Roles),
    /// End all sessions of an account.
    RevokeSessions(change::Who),
    /// List the merges of an account with others, newest first.
    Merges(merges::Arguments),
    /// Take two accounts apart again that were merged, as long as that can be undone.
    Unmerge(unmerge::Arguments),
    /// Delete an account for good. The audit log keeps its id.
    Delete(delete::Arguments),
}

pub async fn run(config: Config, arguments: &Arguments) -> ExitCode {
    match dispatch(config, &arguments.command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("menjin: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(config: Config, command: &Command) -> Result<(), Failure> {
    let operator = Operator::open(config).await?;
    match command {
        Command::Create(arguments) => create::run(&operator, arguments).await,
        Command::List(arguments) => list::run(&operator.administration, arguments).await,
        Command::Show(arguments) => show::run(&operator.administration, arguments).await,
        Command::Disable(who) => change::disable(&operator.administration, who).await,
        Command::Enable(who) => change::enable(&operator.administration, who).await,
        Command::Roles(arguments) => change::roles(&operator.administration, arguments).await,
        Command::RevokeSessions(who) => change::revoke_sessions(&operator.administration, who).await,
        Command::Merges(arguments) => merges::run(&operator, arguments).await,
        Command::Unmerge(arguments) => unmerge::run(&operator, arguments).await,
        Command::Delete(arguments) => delete::run(&operator.administration, arguments).await,
    }
}
