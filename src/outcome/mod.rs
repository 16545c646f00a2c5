//! How a use case can end other than by success: the refusals that all use cases share, the collector of field errors,
//! and every refusal's code and texts. Lower rooms return [`Refusal`] directly.

mod field_error;
mod field_errors;
mod problem;
mod refusal;

pub use field_error::FieldError;
pub use field_errors::FieldErrors;
pub use problem::{IdentifierKind, MINUTES, Problem, ProblemCode};
pub use refusal::Refusal;
