//! An invalid field.

use crate::core::invalid_value::InvalidValue;

/// An invalid field of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Field names from the input object inwards, joined by dots: `contact.mobile.code`.
    pub path: String,
    pub reason: InvalidValue,
}

impl FieldError {
    /// Builds the error of the field at `path`.
    #[must_use]
    pub fn new(path: impl Into<String>, reason: InvalidValue) -> Self {
        Self { path: path.into(), reason }
    }
}
