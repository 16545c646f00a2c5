//! `menjin restore`: opens an account again that its owner deleted.

use std::process::ExitCode;

use crate::accounts::restore_account::RestoreAccount;
use crate::config::Config;
use crate::core::clock::Clock;
use crate::core::ids::UserId;
use crate::core::random::Random;
use crate::db::Db;

pub async fn run(config: Config, id: &str) -> ExitCode {
    let Some(user) = UserId::parse(id) else {
        eprintln!("menjin: the id of an account is expected, the `sub` of its access tokens");
        return ExitCode::from(2);
    };
    let database = &config.database;
    let restored = match Db::open(&database.url, 1, database.deadline).await {
        Ok(db) => RestoreAccount { db, clock: Clock::system(), random: Random::system() }.run(user).await,
        Err(error) => Err(error),
    };
    match restored {
        Ok(true) => {
            println!("the account is open again; its owner has to sign in anew");
            ExitCode::SUCCESS
        }
        Ok(false) => {
            eprintln!("menjin: no deleted account has this id: it was erased, or never deleted");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("menjin: {error}");
            ExitCode::FAILURE
        }
    }
}
