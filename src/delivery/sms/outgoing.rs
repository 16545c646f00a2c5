//! An SMS to send.

use crate::config::sms::Parameter;
use crate::core::ids::MessageId;
use crate::core::language::Language;
use crate::core::secret::ExposeSecret as _;
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

impl Outgoing<'_> {
    /// Returns the values for the placeholders of a template. Templates for anything but codes have none.
    pub(super) fn parameters(&self, parameters: &[Parameter]) -> Vec<String> {
        let Content::Code { code, minutes, .. } = self.content else { return Vec::new() };
        let value = |parameter: &Parameter| match parameter {
            Parameter::Code => code.expose_secret().to_owned(),
            Parameter::Minutes => minutes.to_string(),
        };
        parameters.iter().map(value).collect()
    }
}
