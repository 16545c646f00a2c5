//! `registerWithSocial` and `registerWithQq`: whom a provider vouches for gets a new account, with a proven mobile number.

use super::bind_social::AlreadyLinked;
use super::tickets::{Tickets, Vouched};
use super::vault::Vault;
use crate::accounts::account::{self, Names};
use crate::accounts::naming;
use crate::accounts::new_password::PasswordInput;
use crate::accounts::profile::update_profile;
use crate::accounts::proof::{Claim, ContactInput};
use crate::accounts::signed_in::{OpenFault, SignIn, SignedIn};
use crate::audit::{Audit, Kind};
use crate::captcha::{Captcha, CaptchaAnswer, CaptchaRefusal};
use crate::config::accounts::AccountSettings;
use crate::core::client::Client;
use crate::core::clock::Clock;
use crate::core::identifier::Nickname;
use crate::core::invalid_value::InvalidValue;
use crate::core::random::Random;
use crate::core::secret::SecretString;
use crate::db::{Db, DbError, Taken};
use crate::ephemeral::EphemeralError;
use crate::limits::Limiter;
use crate::outcome::FieldError;
use crate::outcome::Refusal;
use crate::passwords::{Hasher, NewPassword, Policy};
use crate::sessions::Method;
use crate::verification::{CodeRejection, Codes, Contact, Denied, Purpose, refusals};

/// What the person filled in.
pub struct SocialRegistration {
    pub ticket: SecretString,
    pub mobile: String,
    pub code: SecretString,
    /// May be left out: the provider and the number are ways in.
    pub password: Option<PasswordInput>,
    pub nickname: Option<String>,
    pub accept_terms: bool,
    pub captcha: Option<CaptchaAnswer>,
}

/// Why there is no account.
#[derive(Debug, thiserror::Error)]
pub enum SocialRegisterRefusal {
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Unknown, used, expired, of another browser, or of another provider than was asked for.
    #[error("no such ticket")]
    Ticket,
    #[error("the code is not good")]
    Code { reason: CodeRejection, attempts_left: u32 },
    /// The path of the input field whose value belongs to another account.
    #[error("{0} is taken")]
    Taken(&'static str),
    #[error("{0:?}")]
    Linked(AlreadyLinked),
}

refusals!(
    codes SocialRegisterRefusal: Refusal, CaptchaRefusal, Vec<FieldError>, EphemeralError, DbError, OpenFault
);

/// Registers people of providers.
#[derive(Clone)]
pub struct RegisterWithSocial {
    pub tickets: Tickets,
    pub vault: Vault,
    pub db: Db,
    pub codes: Codes,
    pub limits: Limiter,
    pub captcha: Captcha,
    pub hasher: Hasher,
    pub policy: Policy,
    pub sign_in: SignIn,
    pub audit: Audit,
    pub settings: AccountSettings,
    pub clock: Clock,
    pub random: Random,
}

/// The input after parsing: every field can stand.
struct Parsed {
    claim: Claim,
    password: Option<NewPassword>,
    nickname: Option<Nickname>,
}

/// How often derived names are drawn again before we call it a fault.
const DRAWS: usize = 5;

impl RegisterWithSocial {
    /// Looks at the ticket, parses, charges, proves the number, takes the ticket, writes. What buys nothing is not used
    /// up: neither the ticket nor a code that was right, so that whoever finds that the number has an account can bind
    /// that one with the same code.
    ///
    /// `provider`: the only one that will do, or any.
    ///
    /// # Errors
    /// [`SocialRegisterRefusal`].
    pub async fn run(
        &self,
        input: SocialRegistration,
        provider: Option<&str>,
        client: &Client,
    ) -> Result<(SignedIn, String), SocialRegisterRefusal> {
        let (ticket, captcha) = (input.ticket.clone(), input.captcha.clone());
        let parsed = self.parse(input)?;
        let vouched = self.tickets.look(&ticket, client).await?;
        let fits = |vouched: &Vouched| provider.is_none_or(|provider| provider == vouched.provider);
        let vouched = vouched.filter(fits).ok_or(SocialRegisterRefusal::Ticket)?;
        self.limits.register(&client.network()).await?;
        self.captcha.check(captcha.as_ref(), client.address).await?;
        let key = parsed.claim.contact.key();
        let redemption = self.codes.redeem(Purpose::Bind, &key, &parsed.claim.code).await?;
        let outcome = match self.tickets.take(&ticket).await {
            Ok(true) => self.create(parsed, &vouched, client).await,
            Ok(false) => Err(SocialRegisterRefusal::Ticket),
            Err(error) => Err(error.into()),
        };
        if let Err(refusal) = &outcome {
            self.codes.restore(redemption).await;
            if !matches!(refusal, SocialRegisterRefusal::Ticket | SocialRegisterRefusal::Linked(_)) {
                self.tickets.restore(&ticket, &vouched).await;
            }
        }
        outcome.map(|signed_in| (signed_in, vouched.next))
    }

    fn parse(&self, input: SocialRegistration) -> Result<Parsed, Vec<FieldError>> {
        let mut faults = Vec::new();
        let contact = ContactInput::Mobile { mobile: input.mobile, code: input.code };
        let claim = contact.parse_at("", &self.settings.regions, &self.codes, &mut faults);
        let nickname = input.nickname.map(|name| Nickname::parse(&name, &self.settings.reserved_names));
        let nickname = nickname
            .transpose()
            .map_err(|fault| faults.push(FieldError::new("nickname", fault)))
            .unwrap_or_default();
        let mut own_words: Vec<String> = nickname.iter().map(|name| name.as_str().to_owned()).collect();
        if let Some(Contact::Mobile(mobile)) = claim.as_ref().map(|claim| &claim.contact) {
            own_words.push(mobile.national().to_owned());
        }
        let password =
            input.password.and_then(|password| password.parse(&self.policy, &own_words, &mut faults));
        if !input.accept_terms {
            faults.push(FieldError::new("acceptTerms", InvalidValue::TermsNotAccepted));
        }
        match claim {
            Some(claim) if faults.is_empty() => Ok(Parsed { claim, password, nickname }),
            _ => Err(faults),
        }
    }

    async fn create(
        &self,
        parsed: Parsed,
        vouched: &Vouched,
        client: &Client,
    ) -> Result<SignedIn, SocialRegisterRefusal> {
        let hash = match &parsed.password {
            Some(password) => Some(self.hasher.hash(password.as_password()).await?),
            None => None,
        };
        let avatar_url = vouched.avatar_url.as_deref().and_then(picture);
        let mut nickname = match (&parsed.nickname, &vouched.nickname) {
            (Some(chosen), _) => chosen.clone(),
            (None, Some(wish)) => Nickname::parse(wish, &self.settings.reserved_names)
                .unwrap_or_else(|_| naming::nickname(wish, &self.random)),
            (None, None) => naming::nickname("user", &self.random),
        };
        for _ in 0..DRAWS {
            let username = naming::username(&self.random);
            let names = Names { username: &username, nickname: &nickname, avatar_url: avatar_url.as_deref() };
            let row = account::row(
                names,
                &parsed.claim.contact,
                hash.as_deref(),
                self.settings.terms_version.clone(),
                (&self.clock, &self.random),
            );
            let user = account::shown(row.clone());
            let draft =
                self.sign_in.draft(&user, Method::SmsCode, &vouched.provider, vouched.remember, client)?;
            let session = Some(draft.session.id);
            let event = |kind| self.audit.event(kind, Some(user.id), session, &vouched.provider, client);
            let events = [event(Kind::Registered), event(Kind::IdentityLinked)];
            let identity = self.vault.bound(vouched, user.id);
            match self.db.create_user_with_identity(&row, &identity, &draft.session, &events).await {
                Ok(()) => return Ok(draft.finish(user, true)),
                Err(DbError::Taken(Taken::Username)) => {}
                Err(DbError::Taken(Taken::Nickname)) if parsed.nickname.is_none() => {
                    nickname = naming::nickname(nickname.as_str(), &self.random);
                }
                Err(error) => return Err(refusal(error)),
            }
        }
        Err(Denied::Fault("no free name was drawn".into()).into())
    }
}

/// A picture that others may show: QQ and WeChat name theirs by http, and serve them by https as well.
fn picture(address: &str) -> Option<String> {
    let mut url = url::Url::parse(address).ok()?;
    if url.scheme() == "http" && url.port().is_none() {
        url.set_scheme("https").ok()?;
    }
    update_profile::picture(url.as_str()).ok()
}

/// Names the input field whose value was taken.
fn refusal(error: DbError) -> SocialRegisterRefusal {
    match error {
        DbError::Taken(Taken::Nickname) => SocialRegisterRefusal::Taken("nickname"),
        DbError::Taken(Taken::Mobile) => SocialRegisterRefusal::Taken("mobile.mobile"),
        DbError::Taken(_) | DbError::Unavailable(_) | DbError::Fault(_) => match AlreadyLinked::of(&error) {
            Some(linked) => SocialRegisterRefusal::Linked(linked),
            None => error.into(),
        },
    }
}
