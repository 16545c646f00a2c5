//! The binary, started as an operator starts it.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The exit code and the output of a command.
#[derive(Debug)]
pub struct Finished {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Finished {
    /// Returns standard output as JSON. Panics if the command failed.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{self:?}");
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Returns standard output. Panics if the command failed.
    #[track_caller]
    pub fn text(&self) -> &str {
        assert_eq!(self.code, 0, "{self:?}");
        &self.out
    }
}

/// Runs `menjin` with these environment variables and no others.
pub async fn menjin(variables: &[(String, String)], arguments: &[&str], input: &str) -> Finished {
    let mut command = Command::new(env!("CARGO_BIN_EXE_menjin"));
    command.args(arguments).env_clear().envs(variables.iter().cloned());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let input = input.to_owned();
    let finished = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().expect("the binary starts");
        // A command that reads nothing may have exited already.
        let _ = child.stdin.take().expect("standard input").write_all(input.as_bytes());
        child.wait_with_output().expect("the binary ends")
    });
    let finished = finished.await.expect("a thread");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Finished {
        code: finished.status.code().unwrap_or(-1),
        out: text(finished.stdout),
        err: text(finished.stderr),
    }
}
