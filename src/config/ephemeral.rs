//! Where the short-lived store is: Redis, or this process.

use std::time::Duration;

use super::reader::Reader;
use crate::core::secret::{ExposeSecret as _, SecretString};

/// The short-lived store.
#[derive(Clone)]
pub struct EphemeralSettings {
    /// `None`: codes and limits live in this process, so there can be one gateway only.
    pub redis: Option<RedisSettings>,
}

/// One Redis server. No `Debug`: the address may hold a password.
#[derive(Clone)]
pub struct RedisSettings {
    /// `redis://` or, with TLS, `rediss://`; user, password and database number may stand in it.
    pub url: SecretString,
    /// Connections kept at most. Each carries one call at a time.
    pub pool_size: u32,
    /// For each operation, waiting for a connection included.
    pub deadline: Duration,
    /// What every key begins with, in braces, so that all keys share one slot of a Redis Cluster.
    pub prefix: String,
}

impl EphemeralSettings {
    /// Reads the section.
    pub fn read(reader: &mut Reader) -> Self {
        let url = reader.secret(
            "redis.url",
            "Redis, as redis:// or rediss://; empty: one gateway keeps codes and limits itself.",
        );
        let pool_size = reader.value("redis.pool_size", "16", "Connections to Redis kept at most.");
        let deadline = reader.duration(
            "redis.deadline",
            "700ms",
            "For each operation, waiting for a connection included; then the answer is `UNAVAILABLE`.",
        );
        let prefix: String = reader.value("redis.prefix", "menjin", "What every key in Redis begins with.");
        if !(1..=64).contains(&pool_size) {
            reader.error("redis.pool_size", "1 to 64");
        }
        if !(Duration::from_millis(50)..=Duration::from_secs(60)).contains(&deadline) {
            reader.error("redis.deadline", "50ms to 60s");
        }
        if !is_prefix(&prefix) {
            reader.error("redis.prefix", "1 to 64 ASCII letters, digits, '-', '_', '.' or ':'");
        }
        if url.as_ref().is_some_and(|url| !is_redis(url)) {
            reader.error("redis.url", "redis://host or rediss://host is expected");
        }
        let redis = url.map(|url| RedisSettings { url, pool_size, deadline, prefix });
        Self { redis }
    }
}

/// Braces are left out: they would cut the hash tag of Redis Cluster short.
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
    fn an_address_is_taken_with_or_without_tls() {
        for url in ["redis://127.0.0.1", "rediss://user:pass@cache.example:6380/2"] {
            let (settings, errors) = read(&[("REDIS_URL", url)]);
            assert!(settings.redis.is_some() && errors.is_empty(), "{errors:?}");
        }
    }

    #[test]
    fn bad_values_are_faults_and_the_password_is_not_repeated() {
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
