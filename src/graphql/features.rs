//! Everything that resolvers can call: one value in the schema's data.

use crate::accounts::Accounts;
use crate::verification::Verification;

/// The features of the gateway. A feature that is not wired does not compile.
#[derive(Clone)]
pub struct Features {
    pub verification: Verification,
    pub accounts: Accounts,
}
