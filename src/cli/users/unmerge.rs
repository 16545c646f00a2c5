//! `menjin users unmerge`

use clap::Args;
use serde_json::json;

use super::super::operator::{Failure, Operator};
use super::super::out::say;
use crate::app;
use crate::core::ids::MergeId;
use crate::db::merges::Undone;

#[derive(Args)]
pub struct Arguments {
    /// The id of the merge: `menjin users merges` and the audit log have it.
    merge: String,
    /// One JSON object instead of sentences.
    #[arg(long)]
    json: bool,
}

pub async fn run(operator: &Operator, arguments: &Arguments) -> Result<(), Failure> {
    let id = MergeId::parse(arguments.merge.trim()).ok_or("the id of a merge is expected")?;
    let administration = &operator.administration;
    let (records, notices) =
        app::merge_tools(&operator.config, administration).map_err(|error| error.to_string())?;
    let undone = administration.undo_merge(id, &records, &notices).await;
    let (returned, stayed) = match undone.map_err(|error| error.to_string())? {
        Undone::Done { returned, stayed } => (returned, stayed),
        Undone::NotPossible => {
            return Err("there is no such merge, it was undone before, or its time is over".into());
        }
        Undone::MergedSince => {
            return Err("the kept account was itself merged into another one since: undo that first".into());
        }
    };
    if arguments.json {
        say(&json!({ "id": id, "undone": true, "givenBack": returned, "stayed": stayed }).to_string());
        return Ok(());
    }
    say("the accounts are two again; all sessions of the kept one ended, and every address is told");
    for part in &returned {
        say(&format!("given back: {part}"));
    }
    for part in &stayed {
        say(&format!("not given back: {part}: {}", why(part)));
    }
    Ok(())
}

/// Why the kept account does not have it any more.
fn why(part: &str) -> &'static str {
    match part {
        "mobile" => "the kept account has another mobile number now, or none",
        "email" => "the kept account has another e-mail address now, or none",
        "password" => "the password was changed since",
        _ => "it was unlinked since",
    }
}
