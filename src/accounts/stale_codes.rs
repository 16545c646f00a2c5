//! Codes that were sent before the credentials of an account changed are worth nothing after it, as reset links are:
//! who caught one does not come in by it when the owner has just shut the door.

use crate::core::identifier::{EmailAddress, Mobile, Region};
use crate::db::models::User;
use crate::verification::{Codes, Contact, Purpose};

/// What opens an account. A code for a change of address is bought by a session, and one to register opens none.
const OPENING: [Purpose; 3] = [Purpose::Login, Purpose::ResetPassword, Purpose::Bind];

/// Withdraws the codes to the addresses of `user`, as it was read before the change. To be called after it is written:
/// it cannot be undone, and what a store that is away keeps expires within minutes.
pub(super) async fn withdraw(codes: &Codes, user: &User) {
    let mobile = user.mobile.as_deref().and_then(|mobile| Mobile::parse(mobile, &Region::ALL).ok());
    let email = user.email.as_deref().and_then(|email| EmailAddress::parse(email).ok());
    let contacts = mobile.map(Contact::Mobile).into_iter().chain(email.map(Contact::Email));
    for contact in contacts {
        codes.withdraw_all(&OPENING, &contact.key()).await;
    }
}
