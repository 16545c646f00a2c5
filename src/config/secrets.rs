//! The master key, from which all other keys are derived.

use super::reader::Reader;
use crate::core::secret::{ExposeSecret as _, MasterKey};

/// Secrets of the installation.
#[derive(Clone)]
pub struct SecretSettings {
    /// If missing in development, the gateway generates one in the data folder.
    pub master_key: Option<MasterKey>,
}

impl SecretSettings {
    /// Reads the section.
    pub fn read(reader: &mut Reader) -> Self {
        let text = reader.secret(
            "secrets.master_key",
            "The master key, which encrypts keys and messages at rest: 32 random bytes in base64, the same for all \
             gateways that share a database. Development generates one in the data folder.",
        );
        let master_key = text.as_ref().and_then(|text| MasterKey::parse(text.expose_secret()));
        if text.is_some() && master_key.is_none() {
            reader.error("secrets.master_key", "expected 32 bytes in base64");
        }
        Self { master_key }
    }
}
