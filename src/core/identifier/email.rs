//! E-mail addresses: the part of RFC 5321 that personal mailboxes use.

use std::fmt;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use unicode_normalization::UnicodeNormalization as _;

use crate::core::invalid_value::InvalidValue;

/// RFC 5321, section 4.5.3.1.3: a path has at most 256 octets, two of them angle brackets.
const LONGEST: u32 = 254;
/// RFC 5321, section 4.5.3.1.1.
const LONGEST_LOCAL: usize = 64;

/// An e-mail address that can receive mail. `Debug` shows it masked.
///
/// The local part is ASCII without quotes, as typed, because many mail services refuse anything else. The domain is
/// lower-case ASCII.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    address: String,
    key: String,
    /// The position of the `@` in both.
    at: usize,
}

impl EmailAddress {
    /// Parses an address. Surrounding white space is ignored.
    ///
    /// # Errors
    /// [`InvalidValue::Empty`], [`InvalidValue::TooLong`] beyond 254 bytes, [`InvalidValue::NotAnEmail`].
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        if text.is_empty() {
            return Err(InvalidValue::Empty);
        }
        if text.len() > LONGEST as usize {
            return Err(InvalidValue::TooLong(LONGEST));
        }
        let text: String = text.nfc().collect();
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidValue::NotAnEmail)?;
        if !is_local_part(local) {
            return Err(InvalidValue::NotAnEmail);
        }
        let domain = ascii_domain(domain).ok_or(InvalidValue::NotAnEmail)?;
        let address = format!("{local}@{domain}");
        if address.len() > LONGEST as usize {
            return Err(InvalidValue::TooLong(LONGEST));
        }
        Ok(Self { key: address.to_ascii_lowercase(), at: local.len(), address })
    }

    /// Returns the address for sending: local part as typed, domain in ASCII.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// Returns the lower-case form by which addresses are compared. Dots and `+` tags are kept, because their meaning
    /// depends on the mail service.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the key without a `+` tag, for limits on messages. Most mail services deliver all tags to one mailbox,
    /// so each tag would allow one more message to its owner.
    #[must_use]
    pub fn mailbox_key(&self) -> String {
        let (local, domain) = self.key.split_at(self.at);
        let bare = local.split('+').next().filter(|bare| !bare.is_empty()).unwrap_or(local);
        format!("{bare}{domain}")
    }

    /// Returns the part before the `@`.
    #[must_use]
    pub fn local_part(&self) -> &str {
        &self.address[..self.at]
    }

    /// Returns a masked form that the owner recognizes: `zh***@example.com`. It shows at most half of the local part.
    #[must_use]
    pub fn masked(&self) -> String {
        let shown = (self.at / 2).min(2);
        format!("{}***{}", &self.address[..shown], &self.address[self.at..])
    }
}

/// Checks for a `Dot-string` of RFC 5321: atoms joined by single dots.
fn is_local_part(local: &str) -> bool {
    let in_atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    local.len() <= LONGEST_LOCAL && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(in_atom))
}

/// Returns the domain in ASCII. It needs at least two labels and must not be an IP address (no top-level domain is a
/// number).
fn ascii_domain(domain: &str) -> Option<String> {
    let ascii = Uts46::new()
        .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify)
        .ok()?
        .into_owned();
    let (_, top) = ascii.rsplit_once('.')?;
    let named = top.len() >= 2 && top.starts_with(|c: char| c.is_ascii_alphabetic());
    named.then_some(ascii)
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_do_not_change_the_mailbox_key() {
        for (text, mailbox) in [
            ("Mei+1@Example.com", "mei@example.com"),
            ("mei+a+b@example.com", "mei@example.com"),
            ("mei@example.com", "mei@example.com"),
            ("+1@example.com", "+1@example.com"),
        ] {
            let email = EmailAddress::parse(text).unwrap();
            assert_eq!(email.mailbox_key(), mailbox, "{text}");
        }
        assert_eq!(EmailAddress::parse("Mei+1@Example.com").unwrap().key(), "mei+1@example.com");
    }

    #[test]
    fn the_local_part_is_kept_and_the_key_is_lower_case() {
        let email = EmailAddress::parse("  Zhang.San+menjin@Example.COM ").unwrap();
        assert_eq!(email.as_str(), "Zhang.San+menjin@example.com");
        assert_eq!(email.key(), "zhang.san+menjin@example.com");
        assert_eq!(email.local_part(), "Zhang.San+menjin");
        let email = EmailAddress::parse("info@Bücher.example").unwrap();
        assert_eq!(email.as_str(), "info@xn--bcher-kva.example");
        assert_eq!(EmailAddress::parse("info@Bu\u{308}cher.example").unwrap(), email);
        assert_eq!(EmailAddress::parse("a@例子.中国").unwrap().as_str(), "a@xn--fsqu00a.xn--fiqs8s");
    }

    #[test]
    fn invalid_addresses_are_refused() {
        for text in [
            "zhangsan",
            "@example.com",
            "a@",
            "a@b@example.com",
            "a@localhost",
            "a@example.com.",
            "a@.example.com",
            "a@example..com",
            "a@-example.com",
            "a@exa_mple.com",
            "a@127.0.0.1",
            "a@[127.0.0.1]",
            "a@[IPv6:::1]",
            "a@1.2",
            ".a@example.com",
            "a.@example.com",
            "a..b@example.com",
            "\"a b\"@example.com",
            "a b@example.com",
            "a@exa mple.com",
            "a\r\nBcc: b@example.com",
            "a@example.com\r\nBcc: b@example.com",
            "a@example\0.com",
            "a@exam\u{202e}ple.com",
            "张三@example.com",
            "a,b@example.com",
            "<a@example.com>",
            "A <a@example.com>",
        ] {
            assert_eq!(EmailAddress::parse(text), Err(InvalidValue::NotAnEmail), "{text:?}");
        }
        assert_eq!(EmailAddress::parse(" \n"), Err(InvalidValue::Empty));
    }

    #[test]
    fn long_addresses_are_refused() {
        let local = "a".repeat(64);
        assert!(EmailAddress::parse(&format!("{local}@example.com")).is_ok());
        assert_eq!(EmailAddress::parse(&format!("{local}a@example.com")), Err(InvalidValue::NotAnEmail));
        let domain = format!("{0}.{0}.{0}", "b".repeat(61));
        assert_eq!(format!("{local}@{domain}.co").len(), 253);
        assert!(EmailAddress::parse(&format!("{local}@{domain}.com")).is_ok());
        assert_eq!(EmailAddress::parse(&format!("{local}@{domain}.info")), Err(InvalidValue::TooLong(254)));
        // Short as typed, too long in ASCII.
        let wide = "ü.".repeat(30);
        assert_eq!(EmailAddress::parse(&format!("{local}@{wide}com")), Err(InvalidValue::TooLong(254)));
    }

    #[test]
    fn masked_and_debug_forms_hide_the_address() {
        for (text, masked) in [
            ("zhangsan@example.com", "zh***@example.com"),
            ("bob@example.com", "b***@example.com"),
            ("a@example.com", "***@example.com"),
        ] {
            let email = EmailAddress::parse(text).unwrap();
            assert_eq!(email.masked(), masked);
            assert_eq!(format!("{email:?}"), format!("EmailAddress({masked})"));
        }
    }

    proptest! {
        #[test]
        fn parsing_any_text_does_not_panic(text in any::<String>()) {
            let _ = EmailAddress::parse(&text);
        }

        #[test]
        fn a_parsed_address_parses_to_itself(text in "[a-zA-Z0-9.+_-]{1,12}@[a-zA-Z0-9.ü中-]{1,16}\\.(com|中国)") {
            if let Ok(email) = EmailAddress::parse(&text) {
                prop_assert!(email.as_str().is_ascii());
                prop_assert_eq!(EmailAddress::parse(email.as_str()), Ok(email.clone()));
                let key = EmailAddress::parse(email.key()).unwrap();
                prop_assert_eq!(key.key(), email.key());
            }
        }
    }
}
