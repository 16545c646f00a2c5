//! Log settings.

use std::str::FromStr;

use super::mode::Mode;
use super::reader::Reader;

/// Log lines go to standard error.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// The filter, in the syntax of `tracing_subscriber::EnvFilter`.
    pub filter: String,
    pub format: Format,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    Json,
}

impl FromStr for Format {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("expected text or json"),
        }
    }
}

impl LogSettings {
    /// Reads the section.
    pub fn read(reader: &mut Reader, mode: Mode) -> Self {
        let filter: String = reader.value(
            "log.filter",
            "info",
            "Log levels, global or per target: `info`, `warn,menjin=debug`.",
        );
        if tracing_subscriber::EnvFilter::try_new(&filter).is_err() {
            reader.error("log.filter", "expected a filter such as `info` or `warn,menjin=debug`");
        }
        let format: Option<Format> = reader
            .optional("log.format", "`text` or `json`. Default: text in development, JSON in production.");
        let usual = match mode {
            Mode::Development => Format::Text,
            Mode::Production => Format::Json,
        };
        Self { filter, format: format.unwrap_or(usual) }
    }
}
