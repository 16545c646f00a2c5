//! The master key: configured, or in development stored in the data folder.

use std::path::Path;

use super::error::StartError;
use crate::config::Config;
use crate::core::random::Random;
use crate::core::secret::MasterKey;

/// Returns the configured master key. In development without one, returns the key in the data folder and generates it
/// if needed.
pub(super) fn master_key(config: &Config, random: &Random) -> Result<MasterKey, StartError> {
    if let Some(master) = &config.secrets.master_key {
        return Ok(master.clone());
    }
    let path = config.data_folder.join("master.key");
    key_file(&config.data_folder, &path, random)
        .map_err(|error| StartError::KeyFile(path.display().to_string(), error.to_string()))
}

fn key_file(folder: &Path, path: &Path, random: &Random) -> std::io::Result<MasterKey> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::create_dir_all(folder)?;
    let mut options = std::fs::OpenOptions::new();
    match options.write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            let master = MasterKey::generate(random);
            file.write_all(master.encode().as_bytes())?;
            file.sync_all()?;
            Ok(master)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let text = zeroize::Zeroizing::new(std::fs::read_to_string(path)?);
            MasterKey::parse(&text)
                .ok_or_else(|| std::io::Error::other("does not contain 32 bytes in base64"))
        }
        Err(error) => Err(error),
    }
}
