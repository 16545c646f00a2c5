//! Reads settings, records which settings exist, and collects all configuration errors instead of stopping at the
//! first.
//!
//! A setting has a key (`http.listen`), an environment variable (`MENJIN_HTTP_LISTEN`) and a default. The environment
//! overrides the file. A test compares `docs/configuration.md` with the settings that are read here.

use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::net::SocketAddr;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use crate::core::secret::SecretString;

/// A setting as the documentation shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub key: &'static str,
    pub default: String,
    pub meaning: &'static str,
}

impl Setting {
    /// Returns the environment variable.
    #[must_use]
    pub fn variable(&self) -> String {
        variable(self.key)
    }
}

/// Returns `MENJIN_HTTP_LISTEN` for `http.listen`. The two URLs that every platform sets keep their usual names.
fn variable(key: &str) -> String {
    match key {
        "database.url" => "DATABASE_URL".into(),
        "redis.url" => "REDIS_URL".into(),
        _ => format!("MENJIN_{}", key.to_ascii_uppercase().replace('.', "_")),
    }
}

/// The source of values: the file, flattened to dotted keys, and the environment.
#[derive(Clone, Default)]
pub struct Source {
    file: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
}

impl Source {
    /// Builds a source from environment variables, as [`std::env::vars`] returns them.
    #[must_use]
    pub fn from_variables(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let ours = |name: &str| name.starts_with("MENJIN_") || name == "DATABASE_URL" || name == "REDIS_URL";
        let environment = variables.into_iter().filter(|(name, _)| ours(name)).collect();
        Self { file: BTreeMap::new(), environment }
    }

    /// Adds the values of a TOML text.
    ///
    /// # Errors
    /// The position of a syntax error, or the key whose value is not a string, a number, a boolean or a list of them.
    pub fn with_toml(mut self, text: &str) -> Result<Self, String> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| place(text, &error))?;
        flatten("", &toml::Value::Table(table), &mut self.file)?;
        Ok(self)
    }
}

/// Returns the parser's message and the line. The parser's own text repeats the line, which may contain a secret.
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
            Err(format!("{key}: expected a string, a number, true or false, or a list of them"))
        }
    }
}

/// Reads values and collects errors.
pub struct Reader {
    source: Source,
    asked: Vec<Setting>,
    secrets: BTreeSet<&'static str>,
    errors: Vec<String>,
}

impl Reader {
    /// Builds a reader of `source`.
    #[must_use]
    pub fn new(source: Source) -> Self {
        Self { source, asked: Vec::new(), secrets: BTreeSet::new(), errors: Vec::new() }
    }

    /// Reads a value that has a default. If the value is invalid, an error is recorded and the default is returned.
    ///
    /// # Panics
    /// If the default is invalid. Every test would detect that.
    pub fn value<T>(&mut self, key: &'static str, default: &str, meaning: &'static str) -> T
    where
        T: FromStr<Err: Display> + 'static,
    {
        let fallback = || match default.parse() {
            Ok(value) => value,
            Err(error) => panic!("the default of {key} is invalid: {error}"),
        };
        match self.find(key, default, meaning) {
            Some(text) => self.parsed(key, &text).unwrap_or_else(fallback),
            None => fallback(),
        }
    }

    /// Reads an optional value. The empty string counts as missing.
    pub fn optional<T>(&mut self, key: &'static str, meaning: &'static str) -> Option<T>
    where
        T: FromStr<Err: Display> + 'static,
    {
        let text = self.find(key, "", meaning)?;
        self.parsed(key, &text)
    }

    /// Reads a list: separated by commas in the environment, a list in the file.
    pub fn list<T>(&mut self, key: &'static str, default: &str, meaning: &'static str) -> Vec<T>
    where
        T: FromStr<Err: Display> + 'static,
    {
        let text = self.find(key, default, meaning).unwrap_or_else(|| default.to_owned());
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        items.filter_map(|item| self.parsed(key, item)).collect()
    }

    /// Reads a duration: a whole number and `ms`, `s`, `m`, `h` or `d`.
    pub fn duration(&mut self, key: &'static str, default: &str, meaning: &'static str) -> Duration {
        self.value::<Span>(key, default, meaning).0
    }

    /// Reads a secret. The variable with the suffix `_FILE` can name a file that contains it.
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

    /// Records a configuration error. The value is not repeated, because it may be secret.
    pub fn error(&mut self, key: &str, message: &str) {
        self.errors.push(format!("{key} ({}): {message}", variable(key)));
    }

    /// Returns whether a value was set, even an invalid one.
    #[must_use]
    pub fn is_set(&self, key: &str) -> bool {
        let given = self.source.environment.get(&variable(key)).or_else(|| self.source.file.get(key));
        given.is_some_and(|text| !text.is_empty())
    }

    /// Returns all settings that were read and all errors. Settings that nobody read are errors.
    #[must_use]
    pub fn finish(mut self) -> (Vec<Setting>, Vec<String>) {
        let keys: BTreeSet<&str> = self.asked.iter().map(|setting| setting.key).collect();
        let mut variables: BTreeSet<String> = keys.iter().map(|key| variable(key)).collect();
        variables.extend(self.secrets.iter().map(|key| format!("{}_FILE", variable(key))));
        variables.insert(CONFIG_VARIABLE.to_owned());
        for key in self.source.file.keys().filter(|key| !keys.contains(key.as_str())) {
            self.errors.push(format!("{key}: unknown setting"));
        }
        for name in self.source.environment.keys().filter(|name| !variables.contains(*name)) {
            self.errors.push(format!("{name}: unknown setting"));
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

/// Returns the expected form for types whose own error messages are not meant for operators.
fn expected<T: 'static>() -> Option<&'static str> {
    let wanted = TypeId::of::<T>();
    if wanted == TypeId::of::<SocketAddr>() {
        return Some("expected an IP address and a port, such as 127.0.0.1:8000");
    }
    if wanted == TypeId::of::<bool>() {
        return Some("expected true or false");
    }
    let whole = [
        TypeId::of::<u8>(),
        TypeId::of::<u16>(),
        TypeId::of::<u32>(),
        TypeId::of::<u64>(),
        TypeId::of::<usize>(),
    ];
    whole.contains(&wanted).then_some("expected a whole number that is neither negative nor too large")
}

/// The variable that names the settings file. It is not a setting itself.
pub const CONFIG_VARIABLE: &str = "MENJIN_CONFIG";

/// Parses a duration as settings write it: a whole number and `ms`, `s`, `m`, `h` or `d`.
///
/// # Errors
/// The expected form.
pub fn length_of_time(text: &str) -> Result<Duration, &'static str> {
    text.parse::<Span>().map(|span| span.0)
}

/// A duration in the form `10m`.
struct Span(Duration);

impl FromStr for Span {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected a whole number and ms, s, m, h or d, such as 10m";
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
    fn the_environment_overrides_the_file_and_the_file_the_default() {
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
    fn all_errors_are_reported_at_once_without_values() {
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
    fn errors_describe_the_expected_form() {
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
    fn a_syntax_error_is_reported_by_line_without_the_text() {
        let error = source(&[]).with_toml("[smtp]\nport = 25\npassword = \"hunter2\n").err().unwrap();
        assert!(error.starts_with("line 3: ") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn durations_are_parsed() {
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
    fn a_secret_can_be_read_from_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "s3cret\n").unwrap();
        let path = file.path().to_string_lossy().into_owned();
        let variables = [("MENJIN_SMTP_PASSWORD_FILE", path.as_str()), ("MENJIN_SMTP_HOST_FILE", &path)];
        let mut reader = Reader::new(source(&variables));
        let _: Option<String> = reader.optional("smtp.host", "");
        let secret = reader.secret("smtp.password", "").unwrap();
        assert_eq!(crate::core::secret::ExposeSecret::expose_secret(&secret), "s3cret");
        let errors = reader.finish().1;
        assert_eq!(errors, ["MENJIN_SMTP_HOST_FILE: unknown setting"], "only secrets can be in files");
    }
}
