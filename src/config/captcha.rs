//! Which captcha service tells people from programs.

use std::str::FromStr;

use super::reader::Reader;

/// The captcha.
#[derive(Clone, Copy, Debug)]
pub struct CaptchaSettings {
    pub provider: CaptchaProvider,
}

/// A captcha service, by its slug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptchaProvider {
    /// Nobody is asked.
    None,
}

impl FromStr for CaptchaProvider {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self::None),
            _ => Err("there is no such captcha service; known: none"),
        }
    }
}

impl CaptchaSettings {
    /// Reads the section.
    pub fn read(reader: &mut Reader) -> Self {
        Self { provider: reader.value("captcha.provider", "none", "The captcha service: none.") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_services_are_taken() {
        assert_eq!("none".parse(), Ok(CaptchaProvider::None));
        assert!("None".parse::<CaptchaProvider>().is_err());
        assert!("geetest".parse::<CaptchaProvider>().is_err());
    }
}
