//! Codes that prove an address.

use std::time::Duration;

use super::reader::Reader;

/// What codes look like and how long they are good.
#[derive(Clone, Debug)]
pub struct CodeSettings {
    /// Digits.
    pub length: u32,
    pub lifetime: Duration,
    /// Wrong codes taken for one address and purpose before all are refused.
    pub attempts: u32,
    /// How long after the last wrong code they are forgotten.
    pub attempt_window: Duration,
}

impl CodeSettings {
    /// Reads the section.
    pub fn read(reader: &mut Reader) -> Self {
        let settings = Self {
            length: reader.value("codes.length", "6", "Digits of a code."),
            lifetime: reader.duration("codes.lifetime", "10m", "How long a code is good."),
            attempts: reader.value(
                "codes.attempts",
                "5",
                "Wrong codes per address and purpose before all are refused.",
            ),
            attempt_window: reader.duration(
                "codes.attempt_window",
                "1h",
                "How long after the last wrong code the wrong ones are forgotten.",
            ),
        };
        if !(6..=8).contains(&settings.length) {
            reader.error("codes.length", "6 to 8: shorter ones are guessed too easily");
        }
        if settings.lifetime < Duration::from_secs(60) || settings.lifetime > Duration::from_secs(1_800) {
            reader.error("codes.lifetime", "1m to 30m");
        }
        if !(1..=10).contains(&settings.attempts) {
            reader.error("codes.attempts", "1 to 10");
        }
        if settings.attempt_window < settings.lifetime
            || settings.attempt_window > Duration::from_secs(86_400)
        {
            reader.error(
                "codes.attempt_window",
                "at least `codes.lifetime`, so that no code outlives the count, and at most 1d",
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
    fn the_defaults_stand_and_weak_values_do_not() {
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
