//! `menjin users`: shows and changes accounts.

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

/// List and change accounts
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Create an account. Its password is generated and printed once, unless it is read from standard input
    Create(create::Arguments),
    /// List accounts, newest first
    List(list::Arguments),
    /// Show one account and its sessions
    Show(show::Arguments),
    /// Disable an account and revoke its sessions at once
    Disable(change::Who),
    /// Enable a disabled account
    Enable(change::Who),
    /// Show or change the roles of an account. Existing access tokens keep their roles until they expire
    Roles(change::Roles),
    /// Revoke all sessions of an account
    RevokeSessions(change::Who),
    /// List the merges of an account with others, newest first
    Merges(merges::Arguments),
    /// Undo the merge of two accounts, as long as that is possible
    Unmerge(unmerge::Arguments),
    /// Delete an account permanently. The audit log keeps its id
    Delete(delete::Arguments),
}

pub async fn run(config: Config, arguments: &Arguments) -> ExitCode {
    match Box::pin(dispatch(config, &arguments.command)).await {
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
