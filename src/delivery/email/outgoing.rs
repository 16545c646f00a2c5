//! A mail to send.

use crate::core::ids::MessageId;
use crate::delivery::content::Content;
use crate::delivery::render::Mail;

/// A mail to send. It has no `Debug` because it contains an address and a code.
pub struct Outgoing<'a> {
    pub id: MessageId,
    /// The e-mail address of the recipient.
    pub to: &'a str,
    pub content: &'a Content,
    /// The rendered texts.
    pub mail: &'a Mail,
}
