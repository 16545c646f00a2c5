//! A mail on its way out.

use crate::core::ids::MessageId;
use crate::delivery::content::Content;
use crate::delivery::render::Mail;

/// A mail on its way out. No `Debug`: it holds an address and a code.
pub struct Outgoing<'a> {
    pub id: MessageId,
    /// The address.
    pub to: &'a str,
    pub content: &'a Content,
    /// The finished texts.
    pub mail: &'a Mail,
}
