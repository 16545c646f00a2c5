//! Standard output: the one place that writes to it.

use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether something that was to be said is lost, on a full disk for example.
static LOST: AtomicBool = AtomicBool::new(false);

/// Prints a text and ends the line.
pub fn say(text: &str) {
    write(&format!("{text}\n"));
}

/// Prints a text as it stands. A reader who has seen enough (`| head`) is no fault of ours, and what the command does
/// goes on.
pub fn write(text: &str) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush())
        && error.kind() != ErrorKind::BrokenPipe
        && !LOST.swap(true, Ordering::Relaxed)
    {
        eprintln!("menjin: standard output: {error}");
    }
}

/// How the command ended, all that it said included.
pub fn outcome(code: ExitCode) -> ExitCode {
    if LOST.load(Ordering::Relaxed) && code == ExitCode::SUCCESS { ExitCode::FAILURE } else { code }
}
