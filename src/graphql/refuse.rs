//! From a use case's refusal to the union of its mutation.

/// Maps [`Denied`](crate::verification::Denied), which nearly every mutation shares, into a mutation's union, or into
/// an error where it is a fault of ours. The variants are those of the union; `no captcha` for mutations that ask for none.
macro_rules! denied {
    ($union:ident, $denied:expr, $language:expr, no captcha) => {
        match $denied {
            $crate::verification::Denied::Invalid(faults) => {
                Ok($union::InvalidInput($crate::graphql::problem::InvalidInput::new(faults, $language)))
            }
            $crate::verification::Denied::Limited { retry_at } => {
                Ok($union::RateLimited($crate::graphql::problem::RateLimited::new(retry_at, $language)))
            }
            refusal => Err($crate::graphql::error::ApiError::from(refusal)),
        }
    };
    ($union:ident, $denied:expr, $language:expr) => {
        match $denied {
            $crate::verification::Denied::Invalid(faults) => {
                Ok($union::InvalidInput($crate::graphql::problem::InvalidInput::new(faults, $language)))
            }
            $crate::verification::Denied::Limited { retry_at } => {
                Ok($union::RateLimited($crate::graphql::problem::RateLimited::new(retry_at, $language)))
            }
            $crate::verification::Denied::Captcha { provider, site_key } => Ok($union::CaptchaRequired(
                $crate::graphql::problem::CaptchaRequired::new(provider, site_key, $language),
            )),
            refusal @ ($crate::verification::Denied::SignedOut
            | $crate::verification::Denied::Unavailable(_)
            | $crate::verification::Denied::Fault(_)) => Err($crate::graphql::error::ApiError::from(refusal)),
        }
    };
}
pub(super) use denied;
