//! How a use case can end other than by success: the refusals that all use cases share, the collector of field errors,
//! and every refusal's code and texts. Lower rooms return [`Refusal`] directly.

mod faults;
mod field_error;
mod problem;
mod refusal;

pub use faults::Faults;
pub use field_error::FieldError;
pub use problem::{IdentifierKind, Problem, ProblemCode};
pub use refusal::Refusal;
