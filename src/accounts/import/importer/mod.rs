//! Writes accounts, batch by batch, and leaves out those that cannot be imported.

use std::collections::HashMap;

use super::reader::Row;
use super::record::BadField;
use super::row;
use crate::accounts::administration::unverified_account::{UnverifiedAccount, rename};
use crate::audit::{Audit, Kind};
use crate::core::clock::Clock;
use crate::core::identifier::Region;
use crate::core::ids::UserId;
use crate::core::random::Random;
use crate::core::secret::sha256;
use crate::db::models::{AuditEvent, KnownAccount, NewUser};
use crate::db::{Db, Taken, WriteError};
use crate::outcome::Refusal;

/// The number of rows that are written in one transaction.
pub const BATCH: usize = 500;

/// Options of an import.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Write nothing.
    pub dry_run: bool,
    /// Skip accounts that exist already, for example from an earlier run.
    pub resume: bool,
}

/// The result of a batch.
#[derive(Debug, Default)]
pub struct Outcome {
    /// A row can have several errors.
    pub bad: Vec<BadField>,
    pub bad_rows: usize,
    /// Written; in a dry run, rows that would have been written.
    pub written: usize,
    /// Skipped because the account exists.
    pub there: usize,
    /// Written with a similar nickname because the nickname was in use.
    pub renamed: usize,
}

impl Outcome {
    fn refuse(&mut self, bad: Vec<BadField>) {
        self.bad.extend(bad);
        self.bad_rows += 1;
    }
}

/// Imports rows. It remembers the unique values of all rows, to find duplicates in the file.
pub struct Importer {
    db: Db,
    regions: Vec<Region>,
    audit: Audit,
    clock: Clock,
    random: Random,
    options: Options,
    /// A digest of each name or contact, and the line where it occurred first.
    seen: HashMap<[u8; 16], u64>,
}

/// A parsed row, and the account to be inserted.
struct Candidate {
    line: u64,
    account: UnverifiedAccount,
    row: NewUser,
}

/// The existing accounts by their unique values.
#[derive(Default)]
struct Known {
    usernames: HashMap<String, UserId>,
    nicknames: HashMap<String, UserId>,
    mobiles: HashMap<String, UserId>,
    emails: HashMap<String, UserId>,
}

const NICKNAME: &str = "nickname";
/// How many generated names are tried before the row is left out.
const NAME_ATTEMPTS: usize = 5;

impl Importer {
    #[must_use]
    pub fn new(
        db: Db,
        regions: Vec<Region>,
        audit: Audit,
        clock: Clock,
        random: Random,
        options: Options,
    ) -> Self {
        Self { db, regions, audit, clock, random, options, seen: HashMap::new() }
    }

    /// Imports up to [`BATCH`] rows. The valid ones are written in one transaction. After an error nothing of the batch was
    /// written.
    #[tracing::instrument(skip_all, fields(rows = rows.len()))]
    pub async fn take(&mut self, rows: Vec<Row>) -> Result<Outcome, Refusal> {
        let (mut outcome, now) = (Outcome::default(), self.clock.now());
        let mut candidates = Vec::with_capacity(rows.len());
        for row in rows {
            let parsed = row.and_then(|record| {
                let account = row::account(&record, &self.regions, now)?;
                let row = account.row(now, &self.random);
                Ok(Candidate { line: record.line, account, row })
            });
            match parsed {
                Ok(candidate) => candidates.push(candidate),
                Err(bad) => outcome.refuse(bad),
            }
        }
        let known = self.known(&candidates).await?;
        let mut good = Vec::with_capacity(candidates.len());
        for mut candidate in candidates {
            if let Some(bad) = self.repeated(&candidate) {
                outcome.refuse(bad);
                continue;
            }
            let owners = known.owners(&candidate);
            let missing = owners.iter().filter(|(_, owner)| owner.is_none()).count();
            let mut found = owners.iter().filter_map(|(_, owner)| *owner);
            let first = found.next();
            let is_there = missing == 0 && found.all(|owner| Some(owner) == first);
            if first.is_some() && !(is_there && self.options.resume) {
                let taken = owners.iter().filter(|(_, owner)| owner.is_some());
                let bad = taken.map(|(field, _)| BadField::new(candidate.line, field, "an account has it"));
                outcome.refuse(bad.collect());
                continue;
            }
            for (field, key) in keys(&candidate) {
                self.seen.insert(digest(field, key), candidate.line);
            }
            if first.is_some() {
                outcome.there += 1;
                continue;
            }
            if known.nicknames.contains_key(&candidate.row.nickname_key)
                || self.seen.contains_key(&digest(NICKNAME, &candidate.row.nickname_key))
            {
                rename(&mut candidate.row, &self.random);
                outcome.renamed += usize::from(candidate.account.nickname.is_some());
            }
            self.seen.insert(digest(NICKNAME, &candidate.row.nickname_key), candidate.line);
            good.push(candidate);
        }
        if self.options.dry_run {
            outcome.written = good.len();
        } else if !good.is_empty() {
            self.write(good, &mut outcome).await?;
        }
        outcome.bad.sort_by_key(|bad| bad.line);
        Ok(outcome)
    }

    async fn known(&self, candidates: &[Candidate]) -> Result<Known, Refusal> {
        let all = |key: fn(&NewUser) -> Option<&String>| -> Vec<String> {
            candidates.iter().filter_map(|candidate| key(&candidate.row).cloned()).collect()
        };
        let found = self
            .db
            .known_accounts(
                &all(|row| Some(&row.username_key)),
                &all(|row| Some(&row.nickname_key)),
                &all(|row| row.mobile.as_ref()),
                &all(|row| row.email_key.as_ref()),
            )
            .await?;
        let mut known = Known::default();
        for account in found {
            known.note(account);
        }
        Ok(known)
    }

    /// Returns errors for values that occur in an earlier row of the file.
    fn repeated(&self, candidate: &Candidate) -> Option<Vec<BadField>> {
        let bad: Vec<BadField> = keys(candidate)
            .filter_map(|(field, key)| {
                let first = self.seen.get(&digest(field, key))?;
                Some(BadField::new(candidate.line, field, format!("is in line {first} already")))
            })
            .collect();
        (!bad.is_empty()).then_some(bad)
    }

    fn event(&self, row: &NewUser) -> AuditEvent {
        self.audit.by_operator(Kind::UserImported, row.id, &[])
    }

    async fn write(&self, good: Vec<Candidate>, outcome: &mut Outcome) -> Result<(), Refusal> {
        let rows: Vec<NewUser> = good.iter().map(|candidate| candidate.row.clone()).collect();
        let events: Vec<AuditEvent> = rows.iter().map(|row| self.event(row)).collect();
        match self.db.import_users(&rows, &events).await {
            Ok(()) => outcome.written += good.len(),
            // An account was registered in the meantime. Writing the rows one by one finds which rows are affected.
            Err(WriteError::Taken(_)) => {
                for candidate in good {
                    match self.write_one(candidate).await? {
                        Some(bad) => outcome.refuse(vec![bad]),
                        None => outcome.written += 1,
                    }
                }
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    async fn write_one(&self, mut candidate: Candidate) -> Result<Option<BadField>, Refusal> {
        for _ in 0..NAME_ATTEMPTS {
            let taken = match self.db.add_user(&candidate.row, &self.event(&candidate.row)).await {
                Ok(()) => return Ok(None),
                Err(WriteError::Taken(taken)) => taken,
                Err(error) => return Err(error.into()),
            };
            let field = match taken {
                Taken::Nickname => {
                    rename(&mut candidate.row, &self.random);
                    continue;
                }
                Taken::Username if candidate.account.username.is_none() => {
                    candidate.row = candidate.account.row(self.clock.now(), &self.random);
                    continue;
                }
                Taken::Username => "username",
                Taken::Mobile => "mobile",
                Taken::Email => "email",
                Taken::IdentityLinked | Taken::ProviderLinked | Taken::Other => "row",
            };
            return Ok(Some(BadField::new(candidate.line, field, "an account has it")));
        }
        Ok(Some(BadField::new(candidate.line, "username", "no unused name was generated")))
    }
}

/// Returns the unique values that the row itself contains, without generated ones.
fn keys(candidate: &Candidate) -> impl Iterator<Item = (&'static str, &str)> {
    let row = &candidate.row;
    let username = candidate.account.username.is_some().then_some(row.username_key.as_str());
    [("username", username), ("mobile", row.mobile.as_deref()), ("email", row.email_key.as_deref())]
        .into_iter()
        .filter_map(|(field, key)| Some((field, key?)))
}

/// Returns a short digest that distinguishes a billion keys and takes less memory than they do.
fn digest(field: &str, key: &str) -> [u8; 16] {
    let whole = sha256(format!("{field}:{key}").as_bytes());
    let mut out = [0; 16];
    out.copy_from_slice(&whole[..16]);
    out
}

impl Known {
    fn note(&mut self, account: KnownAccount) {
        self.usernames.insert(account.username_key, account.id);
        self.nicknames.insert(account.nickname_key, account.id);
        self.mobiles.extend(account.mobile.map(|mobile| (mobile, account.id)));
        self.emails.extend(account.email_key.map(|key| (key, account.id)));
    }

    /// Returns each key of a row with the account that has it.
    fn owners(&self, candidate: &Candidate) -> Vec<(&'static str, Option<UserId>)> {
        let owner = |(field, key): (&'static str, &str)| {
            let column = match field {
                "username" => &self.usernames,
                "mobile" => &self.mobiles,
                _ => &self.emails,
            };
            (field, column.get(key).copied())
        };
        keys(candidate).map(owner).collect()
    }
}

#[cfg(test)]
mod tests;
