//! Reads settings one by one, remembers which exist, and gathers every fault instead of stopping at the first.
//!
//! A setting has one key (`http.listen`), one environment variable (`MENJIN_HTTP_LISTEN`) and one default. The
//! environment wins over the file. `docs/configuration.md` is compared with what the sections ask for here.

use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::net::SocketAddr;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use crate::core::secret::SecretString;

/// A setting that exists, as the documentation shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub key: &'static str,
    pub default: String,
    pub meaning: &'static str,
}

impl Setting {
    /// The environment variable.
    #[must_use]
    pub fn variable(&self) -> String {
        variable(self.key)
    }
}

/// `http.listen` is `MENJIN_HTTP_LISTEN`; the two addresses that every platform sets keep their usual names.
fn variable(key: &str) -> String {
    match key {
        "database.url" => "DATABASE_URL".into(),
        "redis.url" => "REDIS_URL".into(),
        _ => format!("MENJIN_{}", key.to_ascii_uppercase().replace('.', "_")),
    }
}

/// Where values come from: the file, flattened to dotted keys, and the environment.
#[derive(Clone, Default)]
pub struct Source {
    file: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
}

impl Source {
    /// Values by environment variable, as [`std::env::vars`] gives them.
    #[must_use]
    pub fn from_variables(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let ours = |name: &str| name.starts_with("MENJIN_") || name == "DATABASE_URL" || name == "REDIS_URL";
        let environment = variables.into_iter().filter(|(name, _)| ours(name)).collect();
        Self { file: BTreeMap::new(), environment }
    }

    /// Adds the values of a TOML text.
    ///
    /// # Errors
    /// Where the text is no TOML, or the key whose value is no string, number, boolean or list of them.
    pub fn with_toml(mut self, text: &str) -> Result<Self, String> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| place(text, &error))?;
        flatten("", &toml::Value::Table(table), &mut self.file)?;
        Ok(self)
    }
}

/// What the parser says and where. Its own text repeats the line, which may hold a secret.
fn place(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    format!("line {}: {}", before.matches('\n').count() + 1, error.message())
}

fn flatten(prefix: &str, value: &toml::Value, out: &mut BTreeMap<String, String>) -> Result<(), String> {
    let text = match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                flatten(&key, value, out)?;
            }
            return Ok(());
        }
        toml::Value::Array(values) => {
            let texts: Result<Vec<_>, _> = values.iter().map(|value| scalar(prefix, value)).collect();
            texts?.join(",")
        }
        toml::Value::String(_)
        | toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Datetime(_) => scalar(prefix, value)?,
    };
    out.insert(prefix.to_owned(), text);
    Ok(())
}

fn scalar(key: &str, value: &toml::Value) -> Result<String, String> {
    match value {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Float(number) => Ok(number.to_string()),
        toml::Value::Boolean(flag) => Ok(flag.to_string()),
        toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => {
            Err(format!("{key}: a string, a number, true or false, or a list of them is expected"))
        }
    }
}

/// Hands out values and keeps the account of errors.
pub struct Reader {
    source: Source,
    asked: Vec<Setting>,
    secrets: BTreeSet<&'static str>,
    errors: Vec<String>,
}

impl Reader {
    /// A reader of `source`.
    #[must_use]
    pub fn new(source: Source) -> Self {
        Self { source, asked: Vec::new(), secrets: BTreeSet::new(), errors: Vec::new() }
    }

    /// A value that has a default. A value that cannot be read is a fault, and the default stands in for it.
    ///
    /// # Panics
    /// When the default itself cannot be read: a mistake in this program, which every test would meet.
    pub fn value<T>(&mut self, key: &'static str, default: &str, meaning: &'static str) -> T
    where
        T: FromStr<Err: Display> + 'static,
    {
        let fallback = || match default.parse() {
            Ok(value) => value,
            Err(error) => panic!("the default of {key} cannot be read: {error}"),
        };
        match self.find(key, default, meaning) {
            Some(text) => self.parsed(key, &text).unwrap_or_else(fallback),
            None => fallback(),
        }
    }

    /// A value that may be missing. The empty string counts as missing.
    pub fn optional<T>(&mut self, key: &'static str, meaning: &'static str) -> Option<T>
    where
        T: FromStr<Err: Display> + 'static,
    {
        let text = self.find(key, "", meaning)?;
        self.parsed(key, &text)
    }

    /// A list, separated by commas (a list in the file).
    pub fn list<T>(&mut self, key: &'static str, default: &str, meaning: &'static str) -> Vec<T>
    where
        T: FromStr<Err: Display> + 'static,
    {
        let text = self.find(key, default, meaning).unwrap_or_else(|| default.to_owned());
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        items.filter_map(|item| self.parsed(key, item)).collect()
    }

    /// A length of time: a whole number and `ms`, `s`, `m`, `h` or `d`.
    pub fn duration(&mut self, key: &'static str, default: &str, meaning: &'static str) -> Duration {
        self.value::<Span>(key, default, meaning).0
    }

    /// A secret. It may also stand in a file that the variable with `_FILE` behind its name points to.
    pub fn secret(&mut self, key: &'static str, meaning: &'static str) -> Option<SecretString> {
        let pointer = format!("{}_FILE", variable(key));
        self.secrets.insert(key);
        if let Some(path) = self.source.environment.get(&pointer).cloned() {
            if self.source.environment.contains_key(&variable(key)) {
                self.error(key, &format!("{} and {pointer} are both set", variable(key)));
            }
            self.asked.push(Setting { key, default: String::new(), meaning });
            return match std::fs::read_to_string(Path::new(&path)) {
                Ok(text) => Some(SecretString::from(text.trim_end_matches(['\r', '\n']))),
                Err(error) => {
                    self.error(key, &format!("{pointer}: {error}"));
                    None
                }
            };
        }
        self.find(key, "", meaning).map(SecretString::from)
    }

    /// Notes that a value cannot stand, in words for the operator. The value itself is not repeated: it may be secret.
    pub fn error(&mut self, key: &str, message: &str) {
        self.errors.push(format!("{key} ({}): {message}", variable(key)));
    }

    /// Whether a value was given, good or bad.
    #[must_use]
    pub fn is_set(&self, key: &str) -> bool {
        let given = self.source.environment.get(&variable(key)).or_else(|| self.source.file.get(key));
        given.is_some_and(|text| !text.is_empty())
    }

    /// Every setting that was asked for, and every fault, settings that nobody asked for among them.
    #[must_use]
    pub fn finish(mut self) -> (Vec<Setting>, Vec<String>) {
        let keys: BTreeSet<&str> = self.asked.iter().map(|setting| setting.key).collect();
        let mut variables: BTreeSet<String> = keys.iter().map(|key| variable(key)).collect();
        variables.extend(self.secrets.iter().map(|key| format!("{}_FILE", variable(key))));
        variables.insert(CONFIG_VARIABLE.to_owned());
        for key in self.source.file.keys().filter(|key| !keys.contains(key.as_str())) {
            self.errors.push(format!("{key}: there is no such setting"));
        }
        for name in self.source.environment.keys().filter(|name| !variables.contains(*name)) {
            self.errors.push(format!("{name}: there is no such setting"));
        }
        (self.asked, self.errors)
    }

    fn find(&mut self, key: &'static str, default: &str, meaning: &'static str) -> Option<String> {
        self.asked.push(Setting { key, default: default.to_owned(), meaning });
        let found = self.source.environment.get(&variable(key)).or_else(|| self.source.file.get(key));
        found.filter(|text| !text.is_empty()).cloned()
    }

    fn parsed<T>(&mut self, key: &str, text: &str) -> Option<T>
    where
        T: FromStr<Err: Display> + 'static,
    {
        match text.trim().parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let message = expected::<T>().map_or_else(|| error.to_string(), str::to_owned);
                self.error(key, &message);
                None
            }
        }
    }
}

/// What to write for a type whose own error speaks to programmers.
fn expected<T: 'static>() -> Option<&'static str> {
    let wanted = TypeId::of::<T>();
    if wanted == TypeId::of::<SocketAddr>() {
        return Some("an IP address and a port are expected, such as 127.0.0.1:8000");
    }
    if wanted == TypeId::of::<bool>() {
        return Some("true or false is expected");
    }
    let whole = [
        TypeId::of::<u8>(),
        TypeId::of::<u16>(),
        TypeId::of::<u32>(),
        TypeId::of::<u64>(),
        TypeId::of::<usize>(),
    ];
    whole.contains(&wanted).then_some("a whole number is expected, not negative and not too large")
}

/// Points to the settings file; not a setting itself.
pub const CONFIG_VARIABLE: &str = "MENJIN_CONFIG";

/// Reads a length of time as settings have it: a whole number and `ms`, `s`, `m`, `h` or `d`.
///
/// # Errors
/// What is expected.
pub fn length_of_time(text: &str) -> Result<Duration, &'static str> {
    text.parse::<Span>().map(|span| span.0)
}

/// A length of time in the form `10m`.
struct Span(Duration);

impl FromStr for Span {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "a whole number and ms, s, m, h or d is expected, such as 10m";
        let at = text.find(|c: char| !c.is_ascii_digit()).ok_or(EXPECTED)?;
        let (number, unit) = text.split_at(at);
        let number: u64 = number.parse().map_err(|_| EXPECTED)?;
        let millis = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(EXPECTED),
        };
        number.checked_mul(millis).map(|millis| Self(Duration::from_millis(millis))).ok_or(EXPECTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(variables: &[(&str, &str)]) -> Source {
        Source::from_variables(
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        )
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
        let source = source(&[("MENJIN_HTTP_LISTEN", "127.0.0.1:1")])
            .with_toml(
                "[http]\nlisten = \"127.0.0.1:2\"\norigins = [\"a\", \"b\"]\n[database]\npool_size = 3",
            )
            .unwrap();
        let mut reader = Reader::new(source);
        assert_eq!(reader.value::<String>("http.listen", "127.0.0.1:3", "").as_str(), "127.0.0.1:1");
        assert_eq!(reader.list::<String>("http.origins", "", ""), ["a", "b"]);
        assert_eq!(reader.value::<u32>("database.pool_size", "8", ""), 3);
        assert_eq!(reader.value::<u32>("redis.pool_size", "4", ""), 4);
        assert!(reader.finish().1.is_empty());
    }

    #[test]
    fn every_fault_is_told_at_once_and_no_value_with_it() {
        let source = source(&[("MENJIN_HTTP_LISTEN", "hunter2"), ("MENJIN_HTPT_LISTEN", "x"), ("HOME", "/")]);
        let mut reader = Reader::new(source.with_toml("a.b = 1").unwrap());
        let _: SocketAddr = reader.value("http.listen", "127.0.0.1:8000", "");
        let errors = reader.finish().1.join("\n");
        assert_eq!(errors.lines().count(), 3, "{errors}");
        assert!(
            errors.contains("MENJIN_HTTP_LISTEN")
                && errors.contains("MENJIN_HTPT_LISTEN")
                && errors.contains("a.b")
        );
        assert!(!errors.contains("hunter2"));
    }

    #[test]
    fn a_fault_says_what_to_write() {
        let mut reader = Reader::new(source(&[
            ("MENJIN_HTTP_LISTEN", "localhost:8000"),
            ("MENJIN_CODES_LENGTH", "six"),
            ("MENJIN_DATABASE_MIGRATE", "yes"),
        ]));
        let _: SocketAddr = reader.value("http.listen", "127.0.0.1:8000", "");
        let _: u32 = reader.value("codes.length", "6", "");
        let _: bool = reader.value("database.migrate", "true", "");
        let errors = reader.finish().1.join("\n");
        for part in ["such as 127.0.0.1:8000", "a whole number", "true or false"] {
            assert!(errors.contains(part), "{part}: {errors}");
        }
    }

    #[test]
    fn a_file_that_is_no_toml_is_told_by_its_line_and_not_by_its_text() {
        let error = source(&[]).with_toml("[smtp]\nport = 25\npassword = \"hunter2\n").err().unwrap();
        assert!(error.starts_with("line 3: ") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn lengths_of_time() {
        for (text, millis) in
            [("10ms", 10), ("3s", 3_000), ("10m", 600_000), ("2h", 7_200_000), ("1d", 86_400_000)]
        {
            assert_eq!(text.parse::<Span>().map(|span| span.0).ok(), Some(Duration::from_millis(millis)));
        }
        for text in ["", "10", "m", "-1s", "1.5h", "1 s", "99999999999999999d"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_secret_may_stand_in_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "s3cret\n").unwrap();
        let path = file.path().to_string_lossy().into_owned();
        let variables = [("MENJIN_SMTP_PASSWORD_FILE", path.as_str()), ("MENJIN_SMTP_HOST_FILE", &path)];
        let mut reader = Reader::new(source(&variables));
        let _: Option<String> = reader.optional("smtp.host", "");
        let secret = reader.secret("smtp.password", "").unwrap();
        assert_eq!(crate::core::secret::ExposeSecret::expose_secret(&secret), "s3cret");
        let errors = reader.finish().1;
        assert_eq!(errors, ["MENJIN_SMTP_HOST_FILE: there is no such setting"], "only secrets may");
    }
}
