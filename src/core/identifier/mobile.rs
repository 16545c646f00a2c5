//! Mobile numbers in their canonical form (E.164), whatever the notation.

use std::fmt;

use super::region::Region;

/// A mobile number of an enabled region. `Debug` shows it masked.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Mobile {
    e164: String,
    region: Region,
}

/// Why a text is not accepted as a mobile number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MobileError {
    /// The text is not a mobile number. Landline numbers are not accepted.
    #[error("not a mobile number")]
    Invalid,
    /// The calling code belongs to a region that is not enabled.
    #[error("a number of a region that is not supported")]
    NotSupported,
}

/// Longer texts are refused: 15 digits and separators need less.
const LONGEST_BYTES: usize = 64;

impl Mobile {
    /// Parses a number of one of `regions`. Numbers without a calling code belong to the first region.
    ///
    /// White space, hyphens and parentheses may separate digits; full-width forms are equivalent to ASCII. The calling
    /// code follows `+` or `00`. If the digits are not a number of the first region, its calling code may also be
    /// written without either: `86-138-0013-8000`.
    pub fn parse(text: &str, regions: &[Region]) -> Result<Self, MobileError> {
        let (international, digits) = read(text).ok_or(MobileError::Invalid)?;
        if international {
            return Self::international(&digits, regions);
        }
        let first = *regions.first().ok_or(MobileError::NotSupported)?;
        if let Some(national) = first.mobile(&digits) {
            return Ok(Self::new(first, national));
        }
        digits
            .strip_prefix(first.calling_digits())
            .and_then(|rest| first.mobile(rest))
            .map(|national| Self::new(first, national))
            .ok_or(MobileError::Invalid)
    }

    /// Parses `digits` that begin with a calling code.
    fn international(digits: &str, regions: &[Region]) -> Result<Self, MobileError> {
        let find = |candidates: &[Region]| {
            candidates.iter().find_map(|&region| {
                let national = region.mobile(digits.strip_prefix(region.calling_digits())?)?;
                Some(Self::new(region, national))
            })
        };
        if let Some(mobile) = find(regions) {
            return Ok(mobile);
        }
        let ours = regions.iter().any(|region| digits.starts_with(region.calling_digits()));
        // Calling codes are prefix-free, so a number with an enabled calling code is invalid, unless another country
        // shares the code and the number is valid there.
        let elsewhere = if ours {
            find(&Region::ALL).is_some()
        } else {
            (7..=15).contains(&digits.len()) && !digits.starts_with('0')
        };
        Err(if elsewhere { MobileError::NotSupported } else { MobileError::Invalid })
    }

    fn new(region: Region, national: &str) -> Self {
        Self { e164: format!("{}{national}", region.calling_code()), region }
    }

    /// Returns the canonical form: `+8613800138000`.
    #[must_use]
    pub fn e164(&self) -> &str {
        &self.e164
    }

    /// Returns the region of the number.
    #[must_use]
    pub fn region(&self) -> Region {
        self.region
    }

    /// Returns the number without calling code or trunk prefix: `13800138000`.
    #[must_use]
    pub fn national(&self) -> &str {
        &self.e164[self.region.calling_code().len()..]
    }

    /// Returns a masked form that the owner recognizes: `+86 138****8000`.
    #[must_use]
    pub fn masked(&self) -> String {
        let national = self.national();
        let head = (national.len() - HIDDEN) / 2;
        let tail = head + HIDDEN;
        format!("{} {}****{}", self.region.calling_code(), &national[..head], &national[tail..])
    }
}

/// The number of digits that [`Mobile::masked`] hides. Every mobile number has at least eight digits.
const HIDDEN: usize = 4;

/// Returns whether `c` may separate digits. Address books put left-to-right marks around copied numbers.
fn is_separator(c: char) -> bool {
    let hyphen = matches!(c, '-' | '\u{ff0d}' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    let parenthesis = matches!(c, '(' | ')' | '\u{ff08}' | '\u{ff09}');
    let mark = matches!(c, '\u{200e}' | '\u{202a}' | '\u{202c}' | '\u{202d}' | '\u{2066}' | '\u{2069}');
    let blank = c == '\t' || (c.is_whitespace() && !c.is_control());
    hyphen || parenthesis || mark || blank
}

/// Returns the ASCII digits of `text`, and whether a calling code comes first. Returns `None` if the text contains
/// anything else.
fn read(text: &str) -> Option<(bool, String)> {
    if text.len() > LONGEST_BYTES {
        return None;
    }
    let mut digits = String::new();
    let mut plus = false;
    for c in text.trim().chars() {
        match c {
            '0'..='9' => digits.push(c),
            '\u{ff10}'..='\u{ff19}' => digits.push(char::from_digit(u32::from(c) - 0xff10, 10)?),
            '+' | '\u{ff0b}' if digits.is_empty() && !plus => plus = true,
            c if is_separator(c) => {}
            _ => return None,
        }
    }
    match digits.strip_prefix("00") {
        Some(rest) if !plus => Some((true, rest.to_owned())),
        _ => Some((plus, digits)),
    }
}

impl fmt::Debug for Mobile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mobile({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CN: &[Region] = &[Region::China];

    fn e164(text: &str, regions: &[Region]) -> Result<String, MobileError> {
        Mobile::parse(text, regions).map(|mobile| mobile.e164)
    }

    #[test]
    fn all_notations_of_a_mainland_number_are_equal() {
        for text in [
            "13800138000",
            " 138 0013 8000\t",
            "138-0013-8000",
            "+8613800138000",
            "+86 138 0013 8000",
            "+86-138-0013-8000",
            "(+86) 13800138000",
            "（+86）138 0013 8000",
            "008613800138000",
            "0086 138 0013 8000",
            "8613800138000",
            "86-138-0013-8000",
            "１３８００１３８０００",
            "＋８６　１３８　００１３　８０００",
            "\u{202d}138 0013 8000\u{202c}",
            "138\u{a0}0013\u{2011}8000",
        ] {
            assert_eq!(e164(text, CN).as_deref(), Ok("+8613800138000"), "{text}");
        }
    }

    #[test]
    fn other_texts_are_invalid() {
        for text in [
            "",
            " ",
            "+",
            "00",
            "+86",
            "1380013800",
            "138001380000",
            "12800138000",
            "10086",
            "013800138000",
            "+86 013800138000",
            "021 6123 4567",
            "+86 21 6123 4567",
            "1380013800a",
            "138.0013.8000",
            "13800138000+",
            "++8613800138000",
            "+8613800138000\n+8613900139000",
            "١٣٨٠٠١٣٨٠٠٠",
            "85251234567",
            "+0013800138000",
            "13800138000                                                      ",
        ] {
            assert_eq!(e164(text, CN), Err(MobileError::Invalid), "{text:?}");
        }
    }

    #[test]
    fn numbers_of_other_regions_are_not_supported() {
        for text in
            ["+852 5123 4567", "0085251234567", "+1 415 555 2671", "+7 912 345 67 89", "+852 2123 4567"]
        {
            assert_eq!(e164(text, CN), Err(MobileError::NotSupported), "{text}");
        }
        let both = [Region::China, Region::HongKong];
        assert_eq!(e164("+852 5123 4567", &both).as_deref(), Ok("+85251234567"));
        assert_eq!(e164("5123 4567", &both), Err(MobileError::Invalid), "the first region is meant");
        assert_eq!(e164("+852 2123 4567", &both), Err(MobileError::Invalid), "a landline");
        assert_eq!(e164("+86 13800138000", &[Region::HongKong]), Err(MobileError::NotSupported));
        assert_eq!(e164("13800138000", &[]), Err(MobileError::NotSupported));
    }

    #[test]
    fn a_shared_calling_code_is_resolved_by_area_code() {
        let america = [Region::UnitedStates];
        assert_eq!(e164("(415) 555-2671", &america).as_deref(), Ok("+14155552671"));
        assert_eq!(e164("1-415-555-2671", &america).as_deref(), Ok("+14155552671"));
        assert_eq!(e164("+1 416 555 2671", &america), Err(MobileError::NotSupported), "Toronto");
        assert_eq!(e164("+1 800 555 2671", &america), Err(MobileError::Invalid), "toll-free");
        let both = [Region::UnitedStates, Region::Canada];
        assert_eq!(Mobile::parse("+1 416 555 2671", &both).unwrap().region(), Region::Canada);
    }

    #[test]
    fn the_trunk_zero_is_dropped() {
        for (region, text, expected) in [
            (Region::Taiwan, "0912-345-678", "+886912345678"),
            (Region::Taiwan, "+886 (0)912 345 678", "+886912345678"),
            (Region::Japan, "090-1234-5678", "+819012345678"),
            (Region::UnitedKingdom, "07912 345678", "+447912345678"),
            (Region::Germany, "0151 12345678", "+4915112345678"),
            (Region::Korea, "010-2345-6789", "+821023456789"),
        ] {
            assert_eq!(e164(text, &[region]).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn masked_and_debug_forms_hide_the_number() {
        let mobile = Mobile::parse("13800138000", CN).unwrap();
        assert_eq!(mobile.masked(), "+86 138****8000");
        assert_eq!(format!("{mobile:?}"), "Mobile(+86 138****8000)");
        assert_eq!(mobile.national(), "13800138000");
        let short = Mobile::parse("+65 9123 4567", &[Region::Singapore]).unwrap();
        assert_eq!(short.masked(), "+65 91****67");
    }

    proptest! {
        #[test]
        fn parsing_any_text_does_not_panic(text in any::<String>()) {
            let _ = Mobile::parse(&text, &Region::ALL);
        }

        #[test]
        fn a_parsed_number_parses_to_itself(text in "[+0-9 ()-]{0,24}", first in 0..Region::ALL.len()) {
            let mut regions = Region::ALL;
            regions.swap(0, first);
            if let Ok(mobile) = Mobile::parse(&text, &regions) {
                prop_assert_eq!(Mobile::parse(mobile.e164(), &regions), Ok(mobile.clone()));
                prop_assert!(!mobile.masked().contains(mobile.national()));
                prop_assert!(mobile.e164().len() <= 16);
            }
        }

        #[test]
        fn every_mainland_number_has_one_canonical_form(
            national in "1[3-9][0-9]{9}",
            prefix in prop::sample::select(vec!["", "+86", "0086", "86", "+86 ", "(+86)", "＋86-"]),
            at in 0_usize..11,
            separator in prop::sample::select(vec!["", " ", "-", "  ", ")", "　"]),
        ) {
            let text = format!("{prefix}{}{separator}{}", &national[..at], &national[at..]);
            let expected = format!("+86{national}");
            prop_assert_eq!(e164(&text, CN), Ok(expected));
        }
    }
}
