//! Regions of mobile numbers: calling code, trunk prefix, and the pattern of a mobile number.
//!
//! The patterns are slightly broader than today's allocations, so that a new block of numbers needs no release, and
//! narrow enough to exclude landlines and service numbers. In North America, mobile and landline numbers cannot be
//! distinguished.

use std::fmt;
use std::str::FromStr;

use super::area_codes;
use crate::core::language::Language;

/// A region by its ISO 3166 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Region {
    China,
    HongKong,
    Macao,
    Taiwan,
    Singapore,
    Malaysia,
    Thailand,
    Vietnam,
    Indonesia,
    Philippines,
    Japan,
    Korea,
    Australia,
    NewZealand,
    UnitedKingdom,
    Germany,
    France,
    UnitedStates,
    Canada,
}

/// The code is not in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown region; use a supported two-letter ISO 3166 code such as CN")]
pub struct UnknownRegion;

impl Region {
    /// All regions of the table.
    pub const ALL: [Self; 19] = [
        Self::China,
        Self::HongKong,
        Self::Macao,
        Self::Taiwan,
        Self::Singapore,
        Self::Malaysia,
        Self::Thailand,
        Self::Vietnam,
        Self::Indonesia,
        Self::Philippines,
        Self::Japan,
        Self::Korea,
        Self::Australia,
        Self::NewZealand,
        Self::UnitedKingdom,
        Self::Germany,
        Self::France,
        Self::UnitedStates,
        Self::Canada,
    ];

    /// ISO 3166-1 alpha-2 code, calling code, name in Chinese, name in English.
    fn row(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::China => ("CN", "+86", "中国大陆", "Chinese mainland"),
            Self::HongKong => ("HK", "+852", "中国香港", "Hong Kong, China"),
            Self::Macao => ("MO", "+853", "中国澳门", "Macao, China"),
            Self::Taiwan => ("TW", "+886", "中国台湾", "Taiwan, China"),
            Self::Singapore => ("SG", "+65", "新加坡", "Singapore"),
            Self::Malaysia => ("MY", "+60", "马来西亚", "Malaysia"),
            Self::Thailand => ("TH", "+66", "泰国", "Thailand"),
            Self::Vietnam => ("VN", "+84", "越南", "Vietnam"),
            Self::Indonesia => ("ID", "+62", "印度尼西亚", "Indonesia"),
            Self::Philippines => ("PH", "+63", "菲律宾", "Philippines"),
            Self::Japan => ("JP", "+81", "日本", "Japan"),
            Self::Korea => ("KR", "+82", "韩国", "South Korea"),
            Self::Australia => ("AU", "+61", "澳大利亚", "Australia"),
            Self::NewZealand => ("NZ", "+64", "新西兰", "New Zealand"),
            Self::UnitedKingdom => ("GB", "+44", "英国", "United Kingdom"),
            Self::Germany => ("DE", "+49", "德国", "Germany"),
            Self::France => ("FR", "+33", "法国", "France"),
            Self::UnitedStates => ("US", "+1", "美国", "United States"),
            Self::Canada => ("CA", "+1", "加拿大", "Canada"),
        }
    }

    /// Returns the ISO 3166-1 alpha-2 code: `CN`.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.row().0
    }

    /// Returns the calling code: `+86`.
    #[must_use]
    pub fn calling_code(self) -> &'static str {
        self.row().1
    }

    /// Returns the display name.
    #[must_use]
    pub fn name(self, language: Language) -> &'static str {
        match language {
            Language::Chinese => self.row().2,
            Language::English => self.row().3,
        }
    }

    /// Returns the digits of the calling code: `86`.
    pub(super) fn calling_digits(self) -> &'static str {
        self.calling_code().trim_start_matches('+')
    }

    /// Returns whether a `0` precedes the number in domestic calls.
    fn has_trunk_zero(self) -> bool {
        match self {
            Self::China
            | Self::HongKong
            | Self::Macao
            | Self::Singapore
            | Self::UnitedStates
            | Self::Canada => false,
            Self::Taiwan
            | Self::Malaysia
            | Self::Thailand
            | Self::Vietnam
            | Self::Indonesia
            | Self::Philippines
            | Self::Japan
            | Self::Korea
            | Self::Australia
            | Self::NewZealand
            | Self::UnitedKingdom
            | Self::Germany
            | Self::France => true,
        }
    }

    /// Returns the national number without its trunk `0` if `digits` is a mobile number of this region.
    pub(super) fn mobile(self, digits: &str) -> Option<&str> {
        let national = match digits.strip_prefix('0') {
            Some(rest) if self.has_trunk_zero() => rest,
            _ => digits,
        };
        self.is_mobile(national.as_bytes()).then_some(national)
    }

    /// Returns whether `n`, a national number in ASCII digits without trunk prefix, is a mobile number.
    fn is_mobile(self, n: &[u8]) -> bool {
        let length = n.len();
        match self {
            Self::China => length == 11 && matches!(n, [b'1', b'3'..=b'9', ..]),
            Self::HongKong => {
                length == 8
                    && matches!(
                        n,
                        [b'4', b'4' | b'6' | b'7', ..]
                            | [b'5', b'1'..=b'7' | b'9', ..]
                            | [b'6', ..]
                            | [b'7', b'0', ..]
                            | [b'8', b'4', ..]
                            | [b'9', b'0', b'1'..=b'9', ..]
                            | [b'9', b'1'..=b'8', ..]
                    )
            }
            Self::Macao => length == 8 && n[0] == b'6',
            Self::Taiwan => length == 9 && matches!(n, [b'9', b'0'..=b'8', ..]),
            Self::Singapore => length == 8 && matches!(n, [b'8', ..] | [b'9', b'0'..=b'8', ..]),
            Self::Malaysia => match n {
                [b'1', b'1', ..] => length == 10,
                [b'1', b'0' | b'2'..=b'4' | b'6'..=b'9', ..] => length == 9,
                _ => false,
            },
            // 60 is used for internet telephony.
            Self::Thailand => length == 9 && matches!(n, [b'6', b'1'..=b'7', ..] | [b'8' | b'9', ..]),
            Self::Vietnam => {
                length == 9 && matches!(n, [b'3' | b'5' | b'7' | b'9', ..] | [b'8', b'1'..=b'9', ..])
            }
            Self::Indonesia => {
                (9..=12).contains(&length) && matches!(n, [b'8', b'1'..=b'3' | b'5'..=b'9', ..])
            }
            Self::Philippines => length == 10 && n[0] == b'9',
            Self::Japan => length == 10 && matches!(n, [b'6'..=b'9', b'0', b'1'..=b'9', ..]),
            Self::Korea => length == 10 && matches!(n, [b'1', b'0', ..]),
            Self::Australia => length == 9 && n[0] == b'4',
            Self::NewZealand => {
                (8..=10).contains(&length) && matches!(n, [b'2', b'0'..=b'2' | b'6'..=b'9', ..])
            }
            // 70 is used for personal numbers, 76 for pagers.
            Self::UnitedKingdom => length == 10 && matches!(n, [b'7', b'1'..=b'5' | b'7'..=b'9', ..]),
            Self::Germany => match n {
                [b'1', b'5', ..] => length == 11,
                [b'1', b'6', b'0' | b'2' | b'3', ..] | [b'1', b'7', ..] => (10..=11).contains(&length),
                _ => false,
            },
            Self::France => length == 9 && matches!(n, [b'6', ..] | [b'7', b'3'..=b'9', ..]),
            Self::UnitedStates => north_american(n, &area_codes::UNITED_STATES),
            Self::Canada => north_american(n, &area_codes::CANADA),
        }
    }
}

/// Returns whether `n` has ten digits, an area code of the list, and an exchange that does not begin with 0 or 1.
fn north_american(n: &[u8], area_codes: &[u16]) -> bool {
    let &[a, b, c, b'2'..=b'9', _, _, _, _, _, _] = n else {
        return false;
    };
    let area = [a, b, c].iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    area_codes.binary_search(&area).is_ok()
}

impl FromStr for Region {
    type Err = UnknownRegion;

    fn from_str(text: &str) -> Result<Self, UnknownRegion> {
        Self::ALL.into_iter().find(|region| region.code().eq_ignore_ascii_case(text)).ok_or(UnknownRegion)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberType};

    use super::*;
    use crate::core::random::Random;

    /// Samples for each length and pair of first digits. The table was compared with a thousand.
    const DRAWS: usize = 8;

    /// Types of numbers, according to the reference library, that do not receive text messages.
    const OTHER: [PhoneNumberType; 9] = [
        PhoneNumberType::FixedLine,
        PhoneNumberType::TollFree,
        PhoneNumberType::PremiumRate,
        PhoneNumberType::SharedCost,
        PhoneNumberType::VoIP,
        PhoneNumberType::Pager,
        PhoneNumberType::UAN,
        PhoneNumberType::VoiceMail,
        PhoneNumberType::PersonalNumber,
    ];

    fn oracle(region: Region, national: &str) -> Option<(PhoneNumberType, bool)> {
        let number = PhoneNumber::parse(format!("{}{national}", region.calling_code()), None).ok()?;
        if number.get_national_significant_number() != national {
            return None;
        }
        let here = PHONE_NUMBER_UTIL
            .get_region_for_number(&number)
            .is_some_and(|found| found.to_string() == region.code());
        Some((number.get_type(), here))
    }

    /// Returns whether the table omits a mobile number of the reference library on purpose.
    fn left_out(region: Region, n: &str) -> bool {
        let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| n.starts_with(prefix));
        match region.code() {
            // Blocks of a few thousand numbers that are too new to be certain.
            "HK" => starts(&["40", "42", "71"]),
            "TW" => starts(&["4"]),
            // 15 is mostly used for internet telephony; ten digits after 19 are rare.
            "MY" => starts(&["15"]) || (n.len() == 10 && !n.starts_with("11")),
            "TH" | "VN" => starts(&["1"]),
            "PH" => starts(&["8"]),
            // Networks that were switched off, and machine-to-machine numbers.
            "KR" => !n.starts_with("10") || n.len() != 10,
            _ => false,
        }
    }

    #[test]
    fn the_table_agrees_with_the_reference_library() {
        let random = Random::seeded(7);
        let mut disagreements = BTreeSet::new();
        for region in Region::ALL {
            let mut mobiles = 0;
            for prefix in 10..100 {
                for length in 7..=12 {
                    for _ in 0..DRAWS {
                        let national = format!("{prefix}{}", random.digits(length - 2));
                        let ours = region.is_mobile(national.as_bytes());
                        let Some((kind, here)) = oracle(region, &national) else {
                            continue;
                        };
                        let mobile =
                            matches!(kind, PhoneNumberType::Mobile | PhoneNumberType::FixedLineOrMobile);
                        let expected = mobile && here && !left_out(region, &national);
                        mobiles += u32::from(expected && ours);
                        if (ours && OTHER.contains(&kind)) || (expected && !ours) {
                            let block = &national[..4];
                            disagreements.insert(format!("{region} {block} of {length} digits: {kind:?}"));
                        }
                    }
                }
            }
            assert!(mobiles > 0, "{region}: no mobile number was drawn");
        }
        assert_eq!(disagreements, BTreeSet::new());
    }

    #[test]
    fn codes_round_trip_and_are_distinct() {
        for region in Region::ALL {
            assert_eq!(region.code().parse(), Ok(region));
            assert_eq!(region.code().to_ascii_lowercase().parse(), Ok(region));
            assert!(region.calling_code().starts_with('+'));
        }
        let codes: BTreeSet<_> = Region::ALL.map(Region::code).into();
        assert_eq!(codes.len(), Region::ALL.len());
        assert_eq!("ZZ".parse::<Region>(), Err(UnknownRegion));
        assert_eq!("".parse::<Region>(), Err(UnknownRegion));
    }

    #[test]
    fn area_codes_are_sorted_and_belong_to_one_country() {
        assert!(area_codes::UNITED_STATES.is_sorted());
        assert!(area_codes::CANADA.is_sorted());
        assert!(area_codes::CANADA.iter().all(|area| area_codes::UNITED_STATES.binary_search(area).is_err()));
    }
}
