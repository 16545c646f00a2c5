//! A text message on its way out.

use crate::core::ids::MessageId;
use crate::core::language::Language;
use crate::delivery::content::Content;

/// A text message on its way out. No `Debug`: it holds a number and a code.
pub struct Outgoing<'a> {
    pub id: MessageId,
    /// E.164.
    pub to: &'a str,
    pub content: &'a Content,
    pub language: Language,
    /// The finished text.
    pub text: &'a str,
}
