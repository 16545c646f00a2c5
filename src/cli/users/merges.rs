//! `menjin users merges`

use clap::Args;
use serde_json::{Value, json};

use super::super::operator::{Failure, Operator, find};
use super::super::out::say;
use super::super::table;
use super::view;
use crate::core::clock::Instant;
use crate::db::merges::Merge;

#[derive(Args)]
pub struct Arguments {
    /// Id, user name, mobile number or e-mail address of either account
    who: String,
    /// Print a JSON array instead of a table
    #[arg(long)]
    json: bool,
}

pub async fn run(operator: &Operator, arguments: &Arguments) -> Result<(), Failure> {
    let user = find(&operator.administration, &arguments.who).await?;
    let merges = operator.administration.db.find_merges(user.id).await.map_err(|error| error.to_string())?;
    let now = operator.administration.clock.now();
    if arguments.json {
        let merges: Vec<Value> = merges.iter().map(|merge| document(merge, now)).collect();
        say(&Value::from(merges).to_string());
        return Ok(());
    }
    let rows: Vec<_> = merges
        .iter()
        .map(|merge| {
            [
                merge.id.to_string(),
                view::moment(merge.at.0),
                merge.kept_user_id.to_string(),
                merge.merged_user_id.to_string(),
                state(merge, now).to_owned(),
                view::moment(merge.undo_until.0),
            ]
        })
        .collect();
    table::print(["MERGE", "WHEN", "KEPT", "MERGED", "STATE", "UNDO UNTIL"], &rows);
    Ok(())
}

/// Returns whether the merge can be undone: `open`, `undone` or `over`.
fn state(merge: &Merge, now: Instant) -> &'static str {
    match merge.undone_at {
        Some(_) => "undone",
        None if now < merge.undo_until.0 => "open",
        None => "over",
    }
}

fn document(merge: &Merge, now: Instant) -> Value {
    json!({
        "id": merge.id,
        "keptUserId": merge.kept_user_id,
        "mergedUserId": merge.merged_user_id,
        "at": merge.at.0,
        "state": state(merge, now),
        "undoUntil": merge.undo_until.0,
        "undoneAt": merge.undone_at.map(|at| at.0),
    })
}
