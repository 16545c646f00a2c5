//! Mobile numbers: many ways to write one, one canonical form (E.164).

use std::fmt;

use super::region::Region;

/// A mobile number of a region that is taken here. `Debug` shows it masked.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Mobile {
    e164: String,
    region: Region,
}

/// Why a text is no mobile number for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MobileError {
    /// No mobile number at all; landlines are none.
    #[error("not a mobile number")]
    Invalid,
    /// A number with the calling code of a region that is not taken here.
    #[error("a number of a region that is not supported")]
    NotSupported,
}

/// Longer texts are not looked at: 15 digits and their separators need less.
const LONGEST_BYTES: usize = 64;

impl Mobile {
    /// Reads a number of one of `regions`; the first one is meant when there is no calling code.
    ///
    /// White space, hyphens and parentheses may separate digits; full-width forms are as good as ASCII ones. The
    /// calling code follows `+` or `00`. Without either, the calling code of the first region may stand in front
    /// where the digits are no number of that region as they are: `86-138-0013-8000`.
    ///
    /// # Errors
    /// [`MobileError`].
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

    /// `digits` begin with a calling code.
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
        // Calling codes are prefix-free. One that is taken here leaves only a bad number, unless another country
        // shares the code and the number is good there.
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

    /// The canonical form: `+8613800138000`.
    #[must_use]
    pub fn e164(&self) -> &str {
        &self.e164
    }

    /// The region that the number belongs to.
    #[must_use]
    pub fn region(&self) -> Region {
        self.region
    }

    /// The number inside its region, without any prefix: `13800138000`.
    #[must_use]
    pub fn national(&self) -> &str {
        &self.e164[self.region.calling_code().len()..]
    }

    /// A form that gives the owner a hint and a stranger nothing to call: `+86 138****8000`.
    #[must_use]
    pub fn masked(&self) -> String {
        let national = self.national();
        let head = (national.len() - HIDDEN) / 2;
        let tail = head + HIDDEN;
        format!("{} {}****{}", self.region.calling_code(), &national[..head], &national[tail..])
    }
}

/// How many digits [`Mobile::masked`] hides. Every mobile number has at least eight.
const HIDDEN: usize = 4;

/// What may stand between digits. Address books put left-to-right marks around numbers that are copied from them.
fn is_separator(c: char) -> bool {
    let hyphen = matches!(c, '-' | '\u{ff0d}' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    let parenthesis = matches!(c, '(' | ')' | '\u{ff08}' | '\u{ff09}');
    let mark = matches!(c, '\u{200e}' | '\u{202a}' | '\u{202c}' | '\u{202d}' | '\u{2066}' | '\u{2069}');
    let blank = c == '\t' || (c.is_whitespace() && !c.is_control());
    hyphen || parenthesis || mark || blank
}

/// The ASCII digits of `text`, and whether a calling code comes first; `None` when anything else stands in it.
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
    fn every_spelling_of_a_mainland_number_is_one() {
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
    fn what_is_no_mobile_number_is_invalid() {
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
    fn a_number_from_elsewhere_is_never_taken_for_one_of_here() {
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
    fn a_shared_calling_code_is_told_apart_by_area() {
        let america = [Region::UnitedStates];
        assert_eq!(e164("(415) 555-2671", &america).as_deref(), Ok("+14155552671"));
        assert_eq!(e164("1-415-555-2671", &america).as_deref(), Ok("+14155552671"));
        assert_eq!(e164("+1 416 555 2671", &america), Err(MobileError::NotSupported), "Toronto");
        assert_eq!(e164("+1 800 555 2671", &america), Err(MobileError::Invalid), "toll-free");
        let both = [Region::UnitedStates, Region::Canada];
        assert_eq!(Mobile::parse("+1 416 555 2671", &both).unwrap().region(), Region::Canada);
    }

    #[test]
    fn a_trunk_zero_is_dropped_where_there_is_one() {
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
    fn nothing_shows_a_whole_number_unasked() {
        let mobile = Mobile::parse("13800138000", CN).unwrap();
        assert_eq!(mobile.masked(), "+86 138****8000");
        assert_eq!(format!("{mobile:?}"), "Mobile(+86 138****8000)");
        assert_eq!(mobile.national(), "13800138000");
        let short = Mobile::parse("+65 9123 4567", &[Region::Singapore]).unwrap();
        assert_eq!(short.masked(), "+65 91****67");
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in any::<String>()) {
            let _ = Mobile::parse(&text, &Region::ALL);
        }

        #[test]
        fn digits_and_signs_come_back_as_themselves(text in "[+0-9 ()-]{0,24}", first in 0..Region::ALL.len()) {
            let mut regions = Region::ALL;
            regions.swap(0, first);
            if let Ok(mobile) = Mobile::parse(&text, &regions) {
                prop_assert_eq!(Mobile::parse(mobile.e164(), &regions), Ok(mobile.clone()));
                prop_assert!(!mobile.masked().contains(mobile.national()));
                prop_assert!(mobile.e164().len() <= 16);
            }
        }

        #[test]
        fn every_mainland_number_has_one_form(
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
