//! The log lines of the gateways in this process.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

static WRITTEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Appends to the shared buffer.
#[derive(Clone)]
pub struct Pen;

impl Write for Pen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        WRITTEN.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Pen {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Sends the logs of this process to the buffer, without times, whose digits could look like a code.
pub fn install() {
    let subscriber = tracing_subscriber::fmt()
        .json()
        .without_time()
        .with_env_filter(EnvFilter::new("info,menjin=debug"))
        .with_writer(Pen)
        .finish();
    tracing::subscriber::set_global_default(subscriber).ok();
}

/// Returns everything that was logged so far, by every test in this process.
pub fn written() -> String {
    String::from_utf8_lossy(&WRITTEN.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

/// Returns the lines that contain `secret` as a whole word or number.
pub fn lines_with(text: &str, secret: &str) -> Vec<String> {
    let joined = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let is_whole = |line: &str| {
        line.match_indices(secret).any(|(start, found)| {
            !joined(line[..start].chars().next_back()) && !joined(line[start + found.len()..].chars().next())
        })
    };
    text.lines().filter(|line| is_whole(line)).map(str::to_owned).collect()
}
