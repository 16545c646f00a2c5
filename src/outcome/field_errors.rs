//! The collector of field errors.

use super::field_error::FieldError;
use super::refusal::Refusal;
use crate::core::invalid_value::InvalidValue;

/// Collects the errors of all fields of an input, so that a client learns them all at once.
///
/// Use [`FieldErrors::note`] for each parsed field and [`FieldErrors::finish`] at the end; the values are `Some` exactly where
/// nothing was noted.
#[derive(Default)]
pub struct FieldErrors {
    prefix: String,
    errors: Vec<FieldError>,
}

impl FieldErrors {
    /// Builds an empty collector for fields of the input object itself.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Builds an empty collector for fields of a nested object; `prefix` is its path with a trailing dot, or empty.
    #[must_use]
    pub fn under(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), errors: Vec::new() }
    }

    /// Returns the value of a parsed field, or notes its error and returns `None`.
    pub fn note<T>(&mut self, field: &str, parsed: Result<T, InvalidValue>) -> Option<T> {
        parsed.map_err(|reason| self.add(field, reason)).ok()
    }

    /// As [`FieldErrors::note`], for a field that may be left out.
    pub fn note_optional<T>(&mut self, field: &str, parsed: Option<Result<T, InvalidValue>>) -> Option<T> {
        parsed.and_then(|parsed| self.note(field, parsed))
    }

    /// Notes an error.
    pub fn add(&mut self, field: &str, reason: InvalidValue) {
        self.errors.push(FieldError::new(format!("{}{field}", self.prefix), reason));
    }

    /// Whether no error was noted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// Returns `value` if it is present and no error was noted.
    ///
    /// # Errors
    /// [`Refusal::InvalidInput`] with every noted error. A missing value without a noted error is a bug of the caller
    /// and reported as [`Refusal::Internal`].
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Refusal> {
        match value {
            Some(value) if self.errors.is_empty() => Ok(value),
            None if self.errors.is_empty() => {
                Err(Refusal::Internal("a field is missing although no error was noted".into()))
            }
            _ => Err(Refusal::InvalidInput(self.errors)),
        }
    }

    /// Returns `Ok` when nothing was noted.
    ///
    /// # Errors
    /// [`Refusal::InvalidInput`] with every noted error.
    pub fn check(self) -> Result<(), Refusal> {
        self.finish(Some(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_is_reported_under_its_path() {
        let mut errors = FieldErrors::under("contact.");
        assert_eq!(errors.note("code", Ok(1)), Some(1));
        assert_eq!(errors.note::<()>("mobile", Err(InvalidValue::NotAMobile)), None);
        assert_eq!(errors.note_optional::<()>("email", None), None);
        errors.add("code", InvalidValue::Empty);
        let Err(Refusal::InvalidInput(errors)) = errors.finish(Some(1)) else { panic!("errors were noted") };
        let paths: Vec<_> = errors.iter().map(|error| (error.path.as_str(), error.reason)).collect();
        assert_eq!(
            paths,
            [("contact.mobile", InvalidValue::NotAMobile), ("contact.code", InvalidValue::Empty)]
        );
    }

    #[test]
    fn a_value_passes_when_nothing_was_noted() {
        assert_eq!(FieldErrors::new().finish(Some(7)).ok(), Some(7));
        assert!(matches!(FieldErrors::new().finish::<()>(None), Err(Refusal::Internal(_))));
    }
}
