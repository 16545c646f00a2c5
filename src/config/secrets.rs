//! The one secret from which all others are derived.

use super::reader::Reader;
use crate::core::secret::{ExposeSecret as _, MasterKey};

/// Secrets of the installation.
#[derive(Clone)]
pub struct SecretSettings {
    /// Missing in development: the gateway makes one and keeps it in the data folder.
    pub master_key: Option<MasterKey>,
}

impl SecretSettings {
    /// Reads the section.
    pub fn read(reader: &mut Reader) -> Self {
        let text = reader.secret(
            "secrets.master_key",
            "32 random bytes in base64, the same for all gateways of one database: seals keys and messages at rest. \
             Development makes one in the data folder.",
        );
        let master_key = text.as_ref().and_then(|text| MasterKey::parse(text.expose_secret()));
        if text.is_some() && master_key.is_none() {
            reader.error("secrets.master_key", "32 bytes in base64 are expected");
        }
        Self { master_key }
    }
}
