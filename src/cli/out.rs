//! Standard output. Only this file writes to it.

use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether output was lost, for example on a full disk.
static LOST: AtomicBool = AtomicBool::new(false);

/// Prints a line.
pub fn say(text: &str) {
    write(&format!("{text}\n"));
}

/// Prints a text as it is. If the reader closed the pipe (`| head`), the command continues without an error.
pub fn write(text: &str) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush())
        && error.kind() != ErrorKind::BrokenPipe
        && !LOST.swap(true, Ordering::Relaxed)
    {
        eprintln!("menjin: standard output: {error}");
    }
}

/// Returns the exit code, which is a failure if output was lost.
pub fn outcome(code: ExitCode) -> ExitCode {
    if LOST.load(Ordering::Relaxed) && code == ExitCode::SUCCESS { ExitCode::FAILURE } else { code }
}
