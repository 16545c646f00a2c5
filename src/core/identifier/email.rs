//! E-mail addresses: the part of RFC 5321 that mailboxes of people use, and nothing else.

use std::fmt;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use unicode_normalization::UnicodeNormalization as _;

use crate::core::invalid_value::InvalidValue;

/// RFC 5321, section 4.5.3.1.3: a path has at most 256 octets, two of them angle brackets.
const LONGEST: u32 = 254;
/// RFC 5321, section 4.5.3.1.1.
const LONGEST_LOCAL: usize = 64;

/// An address that can be written to. `Debug` shows it masked.
///
/// The local part is ASCII without quotes, as typed: many mail services still refuse any other. The domain is in its
/// ASCII form, lower-case.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    address: String,
    key: String,
    /// Where the `@` stands, in both.
    at: usize,
}

impl EmailAddress {
    /// Reads an address; white space around it does not count.
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

    /// The address to write to: local part as typed, domain in ASCII.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// The form by which addresses are compared: lower-case. Dots and `+` tags keep their meaning, for what they
    /// mean is up to each mail service.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The key without a `+` tag: what messages are counted by. With most mail services all tags lead to one
    /// mailbox, so each would bring its owner one more message.
    #[must_use]
    pub fn mailbox_key(&self) -> String {
        let (local, domain) = self.key.split_at(self.at);
        let bare = local.split('+').next().filter(|bare| !bare.is_empty()).unwrap_or(local);
        format!("{bare}{domain}")
    }

    /// What stands before the `@`.
    #[must_use]
    pub fn local_part(&self) -> &str {
        &self.address[..self.at]
    }

    /// A form that gives the owner a hint: `zh***@example.com`. At most half of the local part is shown.
    #[must_use]
    pub fn masked(&self) -> String {
        let shown = (self.at / 2).min(2);
        format!("{}***{}", &self.address[..shown], &self.address[self.at..])
    }
}

/// A `Dot-string` of RFC 5321: atoms joined by single dots.
fn is_local_part(local: &str) -> bool {
    let in_atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    local.len() <= LONGEST_LOCAL && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(in_atom))
}

/// The domain in ASCII: two labels or more, and no address in disguise (no top-level domain is a number).
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
    fn tags_lead_to_one_mailbox() {
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
    fn addresses_keep_their_local_part_and_compare_in_lower_case() {
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
    fn what_no_mailbox_has_is_refused() {
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
    fn lengths_have_an_end() {
        let local = "a".repeat(64);
        assert!(EmailAddress::parse(&format!("{local}@example.com")).is_ok());
        assert_eq!(EmailAddress::parse(&format!("{local}a@example.com")), Err(InvalidValue::NotAnEmail));
        let domain = format!("{0}.{0}.{0}", "b".repeat(61));
        assert_eq!(format!("{local}@{domain}.co").len(), 253);
        assert!(EmailAddress::parse(&format!("{local}@{domain}.com")).is_ok());
        assert_eq!(EmailAddress::parse(&format!("{local}@{domain}.info")), Err(InvalidValue::TooLong(254)));
        // Short as typed, long in ASCII.
        let wide = "ü.".repeat(30);
        assert_eq!(EmailAddress::parse(&format!("{local}@{wide}com")), Err(InvalidValue::TooLong(254)));
    }

    #[test]
    fn nothing_shows_a_whole_address_unasked() {
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
        fn any_text_is_read_without_panic(text in any::<String>()) {
            let _ = EmailAddress::parse(&text);
        }

        #[test]
        fn what_was_read_is_read_again(text in "[a-zA-Z0-9.+_-]{1,12}@[a-zA-Z0-9.ü中-]{1,16}\\.(com|中国)") {
            if let Ok(email) = EmailAddress::parse(&text) {
                prop_assert!(email.as_str().is_ascii());
                prop_assert_eq!(EmailAddress::parse(email.as_str()), Ok(email.clone()));
                let key = EmailAddress::parse(email.key()).unwrap();
                prop_assert_eq!(key.key(), email.key());
            }
        }
    }
}
