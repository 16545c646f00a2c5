//! What is logged, and how.

use std::str::FromStr;

use super::mode::Mode;
use super::reader::Reader;

/// Log lines go to standard error.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// In the language of `tracing_subscriber::EnvFilter`.
    pub filter: String,
    pub format: Format,
}

/// How a line looks.
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
            _ => Err("text or json is expected"),
        }
    }
}

impl LogSettings {
    /// Reads the section.
    pub fn read(reader: &mut Reader, mode: Mode) -> Self {
        let filter: String =
            reader.value("log.filter", "info", "Levels, for all or by target: `info`, `warn,menjin=debug`.");
        if tracing_subscriber::EnvFilter::try_new(&filter).is_err() {
            reader.error("log.filter", "a filter such as `info` or `warn,menjin=debug` is expected");
        }
        let format: Option<Format> = reader
            .optional("log.format", "`text` or `json`; empty: text in development, JSON in production.");
        let usual = match mode {
            Mode::Development => Format::Text,
            Mode::Production => Format::Json,
        };
        Self { filter, format: format.unwrap_or(usual) }
    }
}
