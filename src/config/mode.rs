//! Development or production.

use std::str::FromStr;

use super::reader::Reader;

/// What the gateway is run for. Conveniences such as the inbox page exist in development only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Development,
    Production,
}

impl Mode {
    /// Reads the setting.
    pub fn read(reader: &mut Reader) -> Self {
        reader.value(
            "mode",
            "development",
            "`development`: GraphiQL, the inbox page, keys made by themselves. `production`: none of them.",
        )
    }
}

impl FromStr for Mode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "development" => Ok(Self::Development),
            "production" => Ok(Self::Production),
            _ => Err("development or production is expected"),
        }
    }
}
