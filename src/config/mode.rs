//! Development or production.

use std::str::FromStr;

use super::reader::Reader;

/// The mode of the gateway. Conveniences such as the inbox page exist only in development.
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
            "`development` enables GraphiQL, the inbox page and generated keys; `production` has none of them.",
        )
    }
}

impl FromStr for Mode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "development" => Ok(Self::Development),
            "production" => Ok(Self::Production),
            _ => Err("expected development or production"),
        }
    }
}
