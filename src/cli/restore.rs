//! `menjin restore`: restores an account that its owner deleted.

use std::process::ExitCode;

use super::operator::{Failure, Operator};
use super::out;
use crate::config::Config;
use crate::db::types::AccountStatus;

pub async fn run(config: Config, who: &str) -> ExitCode {
    match restore(config, who).await {
        Ok(done) => {
            out::say(&done);
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("menjin: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn restore(config: Config, who: &str) -> Result<String, Failure> {
    let Operator { administration, .. } = Operator::open(config).await?;
    let told = |error: crate::outcome::Refusal| error.to_string();
    let found = administration.find(who).await.map_err(told)?;
    let user = found.ok_or("no such account: it does not exist or was purged")?;
    let name = &user.username;
    if user.delete_at.is_none() {
        return Err(format!("{name} is not deleted"));
    }
    if !administration.restore_account(user.id).await.map_err(told)? {
        return Err(format!("{name} cannot be restored: it was merged with another account or purged"));
    }
    Ok(if user.status == AccountStatus::Active {
        format!("{name} is restored; its owner has to sign in again")
    } else {
        format!("{name} is restored and still {}; see `menjin users enable`", user.status)
    })
}
