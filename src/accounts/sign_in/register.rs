//! `register`: creates an account for the owner of a mobile number or an e-mail address, and signs them in.

use super::super::account;
use super::super::contact_claim::{ContactClaim, ContactInput, method};
use super::super::credentials::new_password::PasswordInput;
use super::super::naming;
use super::super::service::Accounts;
use crate::audit::Kind;
use crate::captcha::{CaptchaAnswer, CaptchaClaim, CaptchaRefusal, Subject};
use crate::config::captcha::CaptchaAction;
use crate::core::client::Client;
use crate::core::identifier::{Nickname, Username};
use crate::core::invalid_value::InvalidValue;
use crate::db::{Taken, WriteError};
use crate::outcome::{FieldErrors, Refusal};
use crate::passwords::NewPassword;
use crate::sessions::SignedIn;
use crate::verification::{CodeRefusal, Purpose};

/// The input of `register`.
pub struct Registration {
    pub contact: ContactInput,
    pub password: PasswordInput,
    pub username: Option<String>,
    pub nickname: Option<String>,
    pub accept_terms: bool,
    pub captcha: Option<CaptchaAnswer>,
}

/// Why no account was created.
#[derive(Debug, thiserror::Error)]
pub enum RegisterRefusal {
    /// The path of the input field whose value is already in use.
    #[error("{0} is already in use")]
    IdentifierTaken(&'static str),
    #[error(transparent)]
    Code(#[from] CodeRefusal),
    #[error(transparent)]
    Captcha(#[from] CaptchaRefusal),
    #[error(transparent)]
    Shared(#[from] Refusal),
}

/// The input after parsing.
struct Parsed {
    claim: ContactClaim,
    password: NewPassword,
    username: Option<Username>,
    nickname: Option<Nickname>,
}

/// How many generated names are tried. With 31^8 names, a second attempt is already rare.
const NAME_ATTEMPTS: usize = 5;

impl Accounts {
    /// Parses the input, charges the limits, redeems the code and writes the account, in this order, so that a stranger
    /// learns nothing about accounts and invalid input costs nothing.
    #[tracing::instrument(skip_all)]
    pub async fn register(&self, input: Registration, client: &Client) -> Result<SignedIn, RegisterRefusal> {
        let captcha = input.captcha.clone();
        let parsed = self.parse_registration(input)?;
        self.kit.limits.register(&client.network()).await?;
        let answer = CaptchaClaim { action: CaptchaAction::Register, answer: captcha.as_ref() };
        self.captcha.check(answer, Subject::Network, client).await?;
        let claim = &parsed.claim;
        let code = self.verification.redeem(Purpose::Register, &claim.contact, &claim.code, client).await?;
        code.keep_if_ok(self.create_registered(parsed, client)).await
    }

    fn parse_registration(&self, input: Registration) -> Result<Parsed, Refusal> {
        let reserved = &self.settings.reserved_names;
        let mut errors = FieldErrors::new();
        let claim = self.parse_claim(input.contact, "contact.", &mut errors);
        let username = input.username.map(|name| Username::parse(&name, reserved));
        let username = errors.note_optional("username", username);
        let nickname = input.nickname.map(|name| Nickname::parse(&name, reserved));
        let nickname = errors.note_optional("nickname", nickname);
        let mut own_words: Vec<String> = Vec::new();
        own_words.extend(username.as_ref().map(|name| name.as_str().to_owned()));
        own_words.extend(nickname.as_ref().map(|name| name.as_str().to_owned()));
        own_words.extend(claim.as_ref().map(|claim| claim.contact.personal_part().to_owned()));
        let password = input.password.parse(&self.policy, &own_words, &mut errors);
        if !input.accept_terms {
            errors.add("acceptTerms", InvalidValue::TermsNotAccepted);
        }
        let (claim, password) = errors.finish(claim.zip(password))?;
        Ok(Parsed { claim, password, username, nickname })
    }

    async fn create_registered(&self, parsed: Parsed, client: &Client) -> Result<SignedIn, RegisterRefusal> {
        let (clock, random) = (&self.kit.clock, &self.kit.random);
        let hash = self.hasher.hash(parsed.password.as_password()).await?;
        let contact = parsed.claim.contact;
        let method = method(&contact);
        let mut generated_nickname: Option<Nickname> = None;
        for _ in 0..NAME_ATTEMPTS {
            let username = parsed.username.clone().unwrap_or_else(|| naming::username(random));
            let nickname = match (&parsed.nickname, &generated_nickname) {
                (Some(chosen), _) => chosen.clone(),
                (None, Some(generated)) => generated.clone(),
                (None, None) => Nickname::parse(username.as_str(), &[])
                    .unwrap_or_else(|_| naming::nickname(username.as_str(), random)),
            };
            let row = account::row(
                account::Names { username: &username, nickname: &nickname, avatar_url: None },
                &contact,
                Some(&hash),
                self.settings.terms_version.clone(),
                (clock, random),
            );
            let draft = self.sessions.draft(&row, method.clone(), false, client).await?;
            let session = Some(draft.session.id);
            let event =
                self.kit.audit.event(Kind::Registered, Some(row.id), session, method.audit_name(), client);
            match self.kit.db.create_user(&row, &draft.session, &event).await {
                Ok(user) => return Ok(draft.finish(user, true)),
                Err(WriteError::Taken(Taken::Username)) if parsed.username.is_none() => {}
                Err(WriteError::Taken(Taken::Nickname)) if parsed.nickname.is_none() => {
                    generated_nickname = Some(naming::nickname(username.as_str(), random));
                }
                Err(error) => return Err(refusal(error)),
            }
        }
        Err(Refusal::Internal("no unused name was generated".into()).into())
    }
}

/// Names the input field whose value is already in use.
fn refusal(error: WriteError) -> RegisterRefusal {
    match error {
        WriteError::Taken(Taken::Username) => RegisterRefusal::IdentifierTaken("username"),
        WriteError::Taken(Taken::Nickname) => RegisterRefusal::IdentifierTaken("nickname"),
        WriteError::Taken(Taken::Mobile) => RegisterRefusal::IdentifierTaken("contact.mobile.mobile"),
        WriteError::Taken(Taken::Email) => RegisterRefusal::IdentifierTaken("contact.email.email"),
        WriteError::Taken(Taken::IdentityLinked | Taken::ProviderLinked | Taken::Other)
        | WriteError::Stale(_)
        | WriteError::Failed(_) => Refusal::from(error).into(),
    }
}
