//! The settings that clients may see.

use crate::captcha::Widget;
use crate::core::identifier::Region;
use crate::passwords::Policy;

/// The public settings when the gateway started.
#[derive(Clone)]
pub struct PublicSettings {
    pub policy: Policy,
    pub captcha: Option<Widget>,
    /// Empty if no carrier is configured.
    pub sms_regions: Vec<Region>,
    pub terms_version: Option<String>,
    /// The slugs and names of the configured providers.
    pub providers: Vec<(String, String)>,
}
