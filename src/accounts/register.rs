//! `register`: a new account, proven by a code to a mobile number or an e-mail address.

use super::account;
use super::naming;
use super::proof::{Claim, ContactInput};
use super::signed_in::{OpenFault, RefreshToken, SignedIn};
use crate::audit::{Audit, Kind};
use crate::captcha::{Captcha, CaptchaAnswer, CaptchaRefusal};
use crate::config::accounts::AccountSettings;
use crate::core::client::Client;
use crate::core::clock::Clock;
use crate::core::identifier::{Nickname, Username};
use crate::core::invalid_value::InvalidValue;
use crate::core::random::Random;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::db::{Db, DbError, Taken};
use crate::limits::Limiter;
use crate::outcome::FieldError;
use crate::outcome::Refusal;
use crate::passwords::{Hasher, NewPassword, Policy};
use crate::sessions::{Method, Sessions};
use crate::verification::{CodeRejection, Codes, Contact, Denied, Purpose, refusals};

/// What the person filled in.
pub struct Registration {
    pub contact: ContactInput,
    pub password: SecretString,
    pub password_confirm: Option<SecretString>,
    pub username: Option<String>,
    pub nickname: Option<String>,
    pub accept_terms: bool,
    pub captcha: Option<CaptchaAnswer>,
}

/// Why there is no account.
#[derive(Debug, thiserror::Error)]
pub enum RegisterRefusal {
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error("the code is not good")]
    Code { reason: CodeRejection, attempts_left: u32 },
    /// The path of the input field whose value belongs to another account.
    #[error("{0} is taken")]
    Taken(&'static str),
}

refusals!(codes RegisterRefusal: Refusal, CaptchaRefusal, Vec<FieldError>, OpenFault);

/// Registers people.
#[derive(Clone)]
pub struct Register {
    pub db: Db,
    pub codes: Codes,
    pub limits: Limiter,
    pub captcha: Captcha,
    pub hasher: Hasher,
    pub policy: Policy,
    pub sessions: Sessions,
    pub audit: Audit,
    pub settings: AccountSettings,
    pub clock: Clock,
    pub random: Random,
}

/// The input after parsing: every field can stand.
struct Parsed {
    claim: Claim,
    password: NewPassword,
    username: Option<Username>,
    nickname: Option<Nickname>,
}

/// How often a derived name is drawn again before we call it a fault: 31^8 names make the second draw rare.
const DRAWS: usize = 5;

impl Register {
    /// Parses, charges, proves, writes: in this order, so that a stranger learns nothing about accounts, and that
    /// nothing is used up by input that cannot stand.
    ///
    /// # Errors
    /// [`RegisterRefusal`].
    pub async fn run(&self, input: Registration, client: &Client) -> Result<SignedIn, RegisterRefusal> {
        let captcha = input.captcha.clone();
        let parsed = self.parse(input)?;
        self.limits.register(&client.network()).await?;
        self.captcha.check(captcha.as_ref(), client.address).await?;
        let key = parsed.claim.contact.key();
        let redemption = self.codes.redeem(Purpose::Register, &key, &parsed.claim.code).await?;
        let outcome = self.create(parsed, client).await;
        if outcome.is_err() {
            // The code was right and bought nothing: the person keeps it.
            self.codes.restore(redemption).await;
        }
        outcome
    }

    fn parse(&self, input: Registration) -> Result<Parsed, Vec<FieldError>> {
        let mut faults = Vec::new();
        let claim = input.contact.parse(&self.settings.regions, &self.codes, &mut faults);
        let username = input.username.map(|name| Username::parse(&name, &self.settings.reserved_names));
        let username = noted(username, "username", &mut faults);
        let nickname = input.nickname.map(|name| Nickname::parse(&name, &self.settings.reserved_names));
        let nickname = noted(nickname, "nickname", &mut faults);
        let mut own_words: Vec<&str> = Vec::new();
        own_words.extend(username.as_ref().map(Username::as_str));
        own_words.extend(nickname.as_ref().map(Nickname::as_str));
        match claim.as_ref().map(|claim| &claim.contact) {
            Some(Contact::Mobile(mobile)) => own_words.push(mobile.national()),
            Some(Contact::Email(email)) => own_words.push(email.local_part()),
            None => {}
        }
        let password = NewPassword::parse(input.password.expose_secret(), &self.policy, &own_words);
        let password = noted(Some(password), "password", &mut faults);
        if input.password_confirm.is_some_and(|again| again.expose_secret() != input.password.expose_secret())
        {
            faults.push(FieldError::new("passwordConfirm", InvalidValue::Mismatch));
        }
        if !input.accept_terms {
            faults.push(FieldError::new("acceptTerms", InvalidValue::TermsNotAccepted));
        }
        match (claim, password) {
            (Some(claim), Some(password)) if faults.is_empty() => {
                Ok(Parsed { claim, password, username, nickname })
            }
            _ => Err(faults),
        }
    }

    async fn create(&self, parsed: Parsed, client: &Client) -> Result<SignedIn, RegisterRefusal> {
        let hash = self.hasher.hash(parsed.password.as_password()).await?;
        let contact = parsed.claim.contact;
        let method = match contact {
            Contact::Mobile(_) => Method::SmsCode,
            Contact::Email(_) => Method::EmailCode,
        };
        let mut derived_nickname: Option<Nickname> = None;
        for _ in 0..DRAWS {
            let username = parsed.username.clone().unwrap_or_else(|| naming::username(&self.random));
            let nickname = match (&parsed.nickname, &derived_nickname) {
                (Some(chosen), _) => chosen.clone(),
                (None, Some(derived)) => derived.clone(),
                (None, None) => Nickname::parse(username.as_str(), &[])
                    .unwrap_or_else(|_| naming::nickname(username.as_str(), &self.random)),
            };
            let user = account::row(
                account::Names { username: &username, nickname: &nickname, avatar_url: None },
                &contact,
                Some(&hash),
                self.settings.terms_version.clone(),
                (&self.clock, &self.random),
            );
            let session = self.sessions.open(user.id, method, false, client);
            let event = self.audit.event(
                Kind::Registered,
                Some(user.id),
                Some(session.row.id),
                method.word(),
                client,
            );
            let access = self.sessions.access_token(&session.row, Vec::new()).map_err(OpenFault::from)?;
            match self.db.create_user(&user, &session.row, &event).await {
                Ok(()) => {
                    let user = account::shown(user);
                    let refresh = RefreshToken::of(&session.row, &self.sessions);
                    let new_device = session.new_device;
                    return Ok(SignedIn { user, access, refresh, new_account: true, new_device });
                }
                Err(DbError::Taken(Taken::Username)) if parsed.username.is_none() => {}
                Err(DbError::Taken(Taken::Nickname)) if parsed.nickname.is_none() => {
                    derived_nickname = Some(naming::nickname(username.as_str(), &self.random));
                }
                Err(error) => return Err(refusal(error)),
            }
        }
        Err(Denied::Fault("no free name was drawn".into()).into())
    }
}

fn noted<T>(parsed: Option<Result<T, InvalidValue>>, path: &str, faults: &mut Vec<FieldError>) -> Option<T> {
    parsed?.map_err(|fault| faults.push(FieldError::new(path, fault))).ok()
}

/// Names the input field whose value was taken.
fn refusal(error: DbError) -> RegisterRefusal {
    match error {
        DbError::Taken(Taken::Username) => RegisterRefusal::Taken("username"),
        DbError::Taken(Taken::Nickname) => RegisterRefusal::Taken("nickname"),
        DbError::Taken(Taken::Mobile) => RegisterRefusal::Taken("contact.mobile.mobile"),
        DbError::Taken(Taken::Email) => RegisterRefusal::Taken("contact.email.email"),
        DbError::Taken(Taken::Identity | Taken::Provider | Taken::Other)
        | DbError::Unavailable(_)
        | DbError::Fault(_) => Denied::from(error).into(),
    }
}
