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
    /// The id of the merge, from `menjin users merges` or the audit log
    merge: String,
    /// Print a JSON object instead of sentences
    #[arg(long)]
    json: bool,
}

pub async fn run(operator: &Operator, arguments: &Arguments) -> Result<(), Failure> {
    let id = MergeId::parse(arguments.merge.trim()).ok_or("expected the id of a merge")?;
    let administration = &operator.administration;
    let (records, notices) =
        app::merge_tools(&operator.config, administration).map_err(|error| error.to_string())?;
    let undone = administration.undo_merge(id, &records, &notices).await;
    let (returned, stayed) = match undone.map_err(|error| error.to_string())? {
        Undone::Done { returned, stayed } => (returned, stayed),
        Undone::NotPossible => {
            return Err("the merge does not exist, was already undone, or can no longer be undone".into());
        }
        Undone::MergedSince => {
            return Err("the kept account was merged into another one later; undo that merge first".into());
        }
    };
    if arguments.json {
        say(&json!({ "id": id, "undone": true, "givenBack": returned, "stayed": stayed }).to_string());
        return Ok(());
    }
    say("the merge is undone; all sessions of the kept account were revoked, and its owners are notified");
    for part in &returned {
        say(&format!("returned: {part}"));
    }
    for part in &stayed {
        say(&format!("not returned: {part}: {}", why(part)));
    }
    Ok(())
}

/// Returns why the kept account no longer has the part.
fn why(part: &str) -> &'static str {
    match part {
        "mobile" => "the kept account now has a different mobile number, or none",
        "email" => "the kept account now has a different e-mail address, or none",
        "password" => "the password was changed later",
        _ => "it was unlinked later",
    }
}
