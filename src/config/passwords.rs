//! Settings of passwords and of their hashing.

use super::reader::Reader;

/// Settings of passwords and of their hashing.
#[derive(Clone, Debug)]
pub struct PasswordSettings {
    /// The minimum and maximum length in Unicode code points.
    pub min_length: u32,
    pub max_length: u32,
    /// Words of the product. A password must not consist of them.
    pub product_words: Vec<String>,
    /// The memory of one hash, in KiB.
    pub memory_kib: u32,
    pub iterations: u32,
    pub parallelism: u32,
    /// How many hashes are computed at once; 0 means one per core.
    pub workers: u32,
    /// How many more may wait.
    pub queue: u32,
}

/// Pairs of memory (KiB) and iterations of Argon2id that OWASP considers equally strong. Anything less is too weak.
const FLOORS: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];
/// Upper bounds against typing errors: with 4 GiB or a thousand iterations per password, the gateway would not respond.
const MOST_MEMORY: u32 = 4 * 1024 * 1024;
const MOST_ITERATIONS: u32 = 1_000;
const MOST_PARALLELISM: u32 = 64;

impl PasswordSettings {
    /// Reads the section.
    pub fn read(reader: &mut Reader) -> Self {
        let settings = Self {
            min_length: reader.value(
                "passwords.min_length",
                "8",
                "The minimum length of a password in characters.",
            ),
            max_length: reader.value(
                "passwords.max_length",
                "128",
                "The maximum length of a password in characters.",
            ),
            product_words: reader.list(
                "passwords.product_words",
                "menjin",
                "Names of the product and the company. A password must not consist of them.",
            ),
            memory_kib: reader.value(
                "passwords.memory_kib",
                "19456",
                "The memory of one Argon2id hash, in KiB.",
            ),
            iterations: reader.value("passwords.iterations", "2", "Iterations of Argon2id."),
            parallelism: reader.value("passwords.parallelism", "1", "Lanes of Argon2id."),
            workers: reader.value(
                "passwords.workers",
                "0",
                "How many passwords are hashed at once; 0 means one per core.",
            ),
            queue: reader.value(
                "passwords.queue",
                "64",
                "How many more may wait. Further requests fail with `UNAVAILABLE` at once.",
            ),
        };
        settings.check(reader);
        settings
    }

    fn check(&self, reader: &mut Reader) {
        if self.min_length < 8 {
            reader.error("passwords.min_length", "must be at least 8 (NIST SP 800-63B)");
        }
        if self.max_length < 64.max(self.min_length) || self.max_length > 1_024 {
            reader.error(
                "passwords.max_length",
                "must be at least 64 (NIST SP 800-63B) and the minimum length, and at most 1024",
            );
        }
        let strong = FLOORS
            .iter()
            .any(|&(memory, iterations)| self.memory_kib >= memory && self.iterations >= iterations);
        if !strong {
            reader.error(
                "passwords.memory_kib",
                "is too weak: use at least 47104 with 1 iteration, 19456 with 2, 12288 with 3, 9216 with 4, 7168 with 5 (OWASP)",
            );
        }
        if self.memory_kib > MOST_MEMORY {
            reader.error("passwords.memory_kib", "must be at most 4194304 (4 GiB)");
        }
        if self.iterations > MOST_ITERATIONS {
            reader.error("passwords.iterations", "must be at most 1000");
        }
        if !(1..=MOST_PARALLELISM).contains(&self.parallelism) {
            reader.error("passwords.parallelism", "must be 1 to 64");
        }
        if self.workers > 1_024 {
            reader.error("passwords.workers", "must be at most 1024");
        }
        if self.queue > 100_000 {
            reader.error("passwords.queue", "must be at most 100000");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::reader::Source;
    use super::*;

    fn read(variables: &[(&str, &str)]) -> (PasswordSettings, Vec<String>) {
        let variables =
            variables.iter().map(|(name, value)| (format!("MENJIN_PASSWORDS_{name}"), (*value).to_owned()));
        let mut reader = Reader::new(Source::from_variables(variables));
        let settings = PasswordSettings::read(&mut reader);
        (settings, reader.finish().1)
    }

    #[test]
    fn the_defaults_are_valid() {
        let (settings, errors) = read(&[]);
        assert_eq!(errors, Vec::<String>::new());
        assert_eq!((settings.min_length, settings.max_length), (8, 128));
        assert_eq!((settings.memory_kib, settings.iterations, settings.parallelism), (19_456, 2, 1));
        assert_eq!(settings.product_words, ["menjin"]);
    }

    #[test]
    fn weak_values_are_errors() {
        for (name, value) in [
            ("MIN_LENGTH", "7"),
            ("MAX_LENGTH", "63"),
            ("MEMORY_KIB", "19455"),
            ("ITERATIONS", "1"),
            ("ITERATIONS", "100000"),
            ("PARALLELISM", "0"),
        ] {
            let (_, errors) = read(&[(name, value)]);
            assert_eq!(errors.len(), 1, "{name}={value}: {errors:?}");
        }
        let (_, errors) = read(&[("MEMORY_KIB", "7168"), ("ITERATIONS", "5")]);
        assert_eq!(errors, Vec::<String>::new());
    }
}
