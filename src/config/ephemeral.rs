//! Settings of the short-lived store.

use std::time::Duration;

use super::reader::Reader;
use crate::core::secret::{ExposeSecret as _, SecretString};

/// Settings of the short-lived store.
#[derive(Clone)]
pub struct EphemeralSettings {
    /// `None` if codes and limits are in this process. Then only one gateway can run.
    pub redis: Option<RedisSettings>,
}

/// Settings of a Redis server. No `Debug`: the URL may contain a password.
#[derive(Clone)]
pub struct RedisSettings {
    /// `redis://` or, with TLS, `rediss://`, optionally with user, password and database number.
    pub url: SecretString,
    /// The maximum number of connections. Each executes one call at a time.
    pub pool_size: u32,
    /// The deadline of each operation, including the wait for a connection.
    pub deadline: Duration,
    /// The prefix of all keys, in braces, so that all keys are in one slot of a Redis Cluster.
    pub prefix: String,
}

impl EphemeralSettings {
    /// Reads the section.
    pub fn read(reader: &mut Reader) -> Self {
        let url = reader.secret(
            "redis.url",
            "The Redis server, as redis:// or rediss://. Without it, codes and limits are in the process, and only one gateway can run.",
        );
        let pool_size = reader.value("redis.pool_size", "16", "The maximum number of connections to Redis.");
        let deadline = reader.duration(
            "redis.deadline",
            "700ms",
            "The deadline of each operation, including the wait for a connection. Afterwards the request fails with `UNAVAILABLE`.",
        );
        let prefix: String = reader.value("redis.prefix", "menjin", "The prefix of all keys in Redis.");
        if !(1..=64).contains(&pool_size) {
            reader.error("redis.pool_size", "must be 1 to 64");
        }
        if !(Duration::from_millis(50)..=Duration::from_secs(60)).contains(&deadline) {
            reader.error("redis.deadline", "must be 50ms to 60s");
        }
        if !is_prefix(&prefix) {
            reader.error("redis.prefix", "must be 1 to 64 ASCII letters, digits, '-', '_', '.' or ':'");
        }
        if url.as_ref().is_some_and(|url| !is_redis(url)) {
            reader.error("redis.url", "expected redis://host or rediss://host");
        }
        let redis = url.map(|url| RedisSettings { url, pool_size, deadline, prefix });
        Self { redis }
    }
}

/// Braces are not allowed: they would end the hash tag of Redis Cluster early.
fn is_prefix(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    (1..=64).contains(&text.len()) && text.chars().all(allowed)
}

fn is_redis(url: &SecretString) -> bool {
    url::Url::parse(url.expose_secret())
        .is_ok_and(|url| matches!(url.scheme(), "redis" | "rediss") && url.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::reader::Source;

    fn read(variables: &[(&str, &str)]) -> (EphemeralSettings, Vec<String>) {
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut reader = Reader::new(Source::from_variables(owned));
        let settings = EphemeralSettings::read(&mut reader);
        (settings, reader.finish().1)
    }

    #[test]
    fn without_an_address_there_is_no_redis() {
        let (settings, errors) = read(&[]);
        assert!(settings.redis.is_none());
        assert!(errors.is_empty(), "{errors:?}");
    }

    #[test]
    fn urls_with_and_without_tls_are_accepted() {
        for url in ["redis://127.0.0.1", "rediss://user:pass@cache.example:6380/2"] {
            let (settings, errors) = read(&[("REDIS_URL", url)]);
            assert!(settings.redis.is_some() && errors.is_empty(), "{errors:?}");
        }
    }

    #[test]
    fn invalid_values_are_errors_and_the_password_is_not_repeated() {
        let (_, errors) = read(&[
            ("REDIS_URL", "http://:hunter2@cache"),
            ("MENJIN_REDIS_PREFIX", "a{b}"),
            ("MENJIN_REDIS_POOL_SIZE", "0"),
            ("MENJIN_REDIS_DEADLINE", "1ms"),
        ]);
        assert_eq!(errors.len(), 4, "{errors:?}");
        assert!(!errors.concat().contains("hunter2"));
    }
}
