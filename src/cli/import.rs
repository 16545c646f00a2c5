//! `menjin import`: imports users from another system. docs/import.md is the page for operators.

use std::fs::File;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use super::{out, store};
use crate::accounts::import::{BATCH, Format, Importer, Options, Outcome, Rows};
use crate::audit::Audit;
use crate::config::Config;
use crate::core::clock::Clock;
use crate::core::random::Random;

/// Import users of another system with their password hashes. Exit code 3: some rows were invalid and skipped
#[derive(Args)]
pub struct Arguments {
    /// The file to import
    file: PathBuf,
    /// The format of the file. Default: by its extension (.csv, .jsonl, .ndjson)
    #[arg(long)]
    format: Option<FileFormat>,
    /// Write nothing; list the invalid rows
    #[arg(long)]
    dry_run: bool,
    /// Skip users who already exist, to continue an import that was interrupted
    #[arg(long)]
    resume: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum FileFormat {
    Csv,
    Jsonl,
}

/// Some rows were invalid.
const BAD_ROWS: u8 = 3;
/// The deadline of one batch of rows.
const DEADLINE: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Totals {
    rows: usize,
    written: usize,
    there: usize,
    renamed: usize,
    bad: usize,
}

pub async fn run(config: Config, arguments: &Arguments) -> ExitCode {
    let mut totals = Totals::default();
    let outcome = import(&config, arguments, &mut totals).await;
    let verb = if arguments.dry_run { "would be written" } else { "written" };
    let Totals { rows, written, there, renamed, bad } = totals;
    if rows > 0 || outcome.is_ok() {
        out::say(&format!("{rows} rows read: {written} {verb}, {there} already existed, {bad} invalid"));
    }
    if renamed > 0 {
        out::say(&format!("{renamed} nicknames were already in use; these users get similar nicknames"));
    }
    match outcome {
        Ok(()) if bad > 0 => ExitCode::from(BAD_ROWS),
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("menjin: {failure}");
            if written > 0 && !arguments.dry_run {
                eprintln!("menjin: use --resume to continue");
            }
            ExitCode::FAILURE
        }
    }
}

async fn import(config: &Config, arguments: &Arguments, totals: &mut Totals) -> Result<(), String> {
    let path = &arguments.file;
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let format = format(arguments).ok_or_else(|| told(&"use --format csv or --format jsonl"))?;
    let file = File::open(path).map_err(|error| told(&error))?;
    let length = file.metadata().map_err(|error| told(&error))?.len();
    let mut rows = Rows::new(file, format).map_err(|error| told(&error))?;
    let db = store::open(config, DEADLINE).await?;
    let (clock, random) = (Clock::system(), Random::system());
    let audit = Audit::new(clock.clone(), random.clone()).publishing(&config.webhooks);
    let options = Options { dry_run: arguments.dry_run, resume: arguments.resume };
    let mut importer = Importer::new(db, config.accounts.regions.clone(), audit, clock, random, options);
    let mut progress = Progress::new(length);
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        let mut broken = None;
        while batch.len() < BATCH {
            match rows.next_row() {
                Ok(Some(row)) => batch.push(row),
                Ok(None) => break,
                Err(error) => {
                    // Rows that were read before the error are valid and are imported.
                    broken = Some(told(&error));
                    break;
                }
            }
        }
        let read = batch.len();
        if read > 0 {
            let outcome = importer.take(batch).await.map_err(|error| {
                progress.clear();
                error.to_string()
            })?;
            totals.rows += read;
            progress.clear();
            note(outcome, totals);
            progress.show(rows.position(), totals.rows);
        }
        if read < BATCH {
            progress.clear();
            return broken.map_or(Ok(()), Err);
        }
    }
}

fn note(outcome: Outcome, totals: &mut Totals) {
    for bad in outcome.bad {
        out::say(&format!("line {}: {}: {}", bad.line, bad.field, bad.reason));
    }
    totals.written += outcome.written;
    totals.there += outcome.there;
    totals.renamed += outcome.renamed;
    totals.bad += outcome.bad_rows;
}

fn format(arguments: &Arguments) -> Option<Format> {
    match arguments.format {
        Some(FileFormat::Csv) => Some(Format::Csv),
        Some(FileFormat::Jsonl) => Some(Format::Jsonl),
        None => by_name(&arguments.file),
    }
}

fn by_name(path: &Path) -> Option<Format> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "csv" => Some(Format::Csv),
        "jsonl" | "ndjson" => Some(Format::Jsonl),
        _ => None,
    }
}

/// A progress bar on standard error, if that is a terminal.
struct Progress {
    length: u64,
    since: Instant,
    visible: bool,
    drawn: bool,
}

impl Progress {
    fn new(length: u64) -> Self {
        Self { length, since: Instant::now(), visible: std::io::stderr().is_terminal(), drawn: false }
    }

    fn show(&mut self, position: u64, rows: usize) {
        if self.visible {
            let _ = write!(std::io::stderr(), "{}", bar(position, self.length, rows, self.since.elapsed()));
            self.drawn = true;
        }
    }

    /// Clears the bar before a line is printed.
    fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

fn bar(position: u64, length: u64, rows: usize, elapsed: Duration) -> String {
    const WIDTH: u64 = 30;
    let length = length.max(1);
    let position = position.min(length);
    let full = usize::try_from(position * WIDTH / length).unwrap_or(0);
    let percent = position * 100 / length;
    let rate = u128::try_from(rows).unwrap_or(0) * 60_000 / elapsed.as_millis().max(1);
    let (full, rest) = ("#".repeat(full), "-".repeat(30 - full));
    format!("\r[{full}{rest}] {percent:3} %  {rows} rows, {rate} per minute")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_never_exceeds_its_width() {
        let at = |position, rows| bar(position, 1_000, rows, Duration::from_secs(30));
        assert_eq!(at(0, 0), format!("\r[{}]   0 %  0 rows, 0 per minute", "-".repeat(30)));
        assert_eq!(
            at(500, 1_000),
            format!("\r[{}{}]  50 %  1000 rows, 2000 per minute", "#".repeat(15), "-".repeat(15))
        );
        assert!(at(2_000, 1).contains("100 %"), "a file that grows while it is read");
        assert!(bar(0, 0, 0, Duration::ZERO).contains("  0 %"));
    }

    #[test]
    fn formats_follow_the_extension() {
        assert_eq!(by_name(Path::new("a/users.CSV")), Some(Format::Csv));
        assert_eq!(by_name(Path::new("users.jsonl")), Some(Format::Jsonl));
        assert_eq!(by_name(Path::new("users.json")), None, "an array is not JSON lines");
        assert_eq!(by_name(Path::new("csv")), None);
    }
}
