//! Settings of verification codes.

use std::time::Duration;

use super::reader::Reader;

/// Settings of verification codes.
#[derive(Clone, Debug)]
pub struct CodeSettings {
    /// The number of digits.
    pub length: u32,
    pub lifetime: Duration,
    /// The number of wrong codes per address and purpose before all codes are refused.
    pub attempts: u32,
    /// How long after the last wrong code the count is reset.
    pub attempt_window: Duration,
}

impl CodeSettings {
    /// Reads the section.
    pub fn read(reader: &mut Reader) -> Self {
        let settings = Self {
            length: reader.value("codes.length", "6", "The number of digits of a code."),
            lifetime: reader.duration("codes.lifetime", "10m", "How long a code is valid."),
            attempts: reader.value(
                "codes.attempts",
                "5",
                "The number of wrong codes per address and purpose before all codes are refused.",
            ),
            attempt_window: reader.duration(
                "codes.attempt_window",
                "1h",
                "How long after the last wrong code the number of wrong codes is reset.",
            ),
        };
        if !(6..=8).contains(&settings.length) {
            reader.error("codes.length", "must be 6 to 8; shorter codes are too easy to guess");
        }
        if settings.lifetime < Duration::from_secs(60) || settings.lifetime > Duration::from_secs(1_800) {
            reader.error("codes.lifetime", "must be 1m to 30m");
        }
        if !(1..=10).contains(&settings.attempts) {
            reader.error("codes.attempts", "must be 1 to 10");
        }
        if settings.attempt_window < settings.lifetime
            || settings.attempt_window > Duration::from_secs(86_400)
        {
            reader.error(
                "codes.attempt_window",
                "must be at least `codes.lifetime`, so that no code outlives the count, and at most 1d",
            );
        }
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::reader::Source;

    fn errors(variables: &[(&str, &str)]) -> Vec<String> {
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut reader = Reader::new(Source::from_variables(owned));
        CodeSettings::read(&mut reader);
        reader.finish().1
    }

    #[test]
    fn the_defaults_are_valid_and_weak_values_are_refused() {
        assert_eq!(errors(&[]), Vec::<String>::new());
        for (name, value) in [
            ("MENJIN_CODES_LENGTH", "5"),
            ("MENJIN_CODES_LENGTH", "9"),
            ("MENJIN_CODES_LIFETIME", "31m"),
            ("MENJIN_CODES_LIFETIME", "30s"),
            ("MENJIN_CODES_ATTEMPTS", "0"),
            ("MENJIN_CODES_ATTEMPTS", "11"),
            ("MENJIN_CODES_ATTEMPT_WINDOW", "9m"),
        ] {
            assert_eq!(errors(&[(name, value)]).len(), 1, "{name}={value}");
        }
    }
}
