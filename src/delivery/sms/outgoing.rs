//! An SMS to send.

use crate::core::ids::MessageId;
use crate::core::language::Language;
use crate::delivery::content::Content;

/// An SMS to send. It has no `Debug` because it contains a number and a code.
pub struct Outgoing<'a> {
    pub id: MessageId,
    /// The mobile number in E.164 format.
    pub to: &'a str,
    pub content: &'a Content,
    pub language: Language,
    /// The rendered text.
    pub text: &'a str,
}
