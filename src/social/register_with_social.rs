//! `registerWithSocial` and `registerWithQq`: a user who signed in with a provider gets a new account with a verified
//! mobile number.

use super::bind_social::AlreadyLinked;
use super::service::Social;
use super::tickets::PendingIdentity;
use crate::accounts::account::{self, Names};
use crate::accounts::contact_claim::{ContactClaim, ContactInput};
use crate::accounts::credentials::new_password::PasswordInput;
use crate::accounts::naming;
use crate::accounts::profile::update_profile;
use crate::audit::Kind;
use crate::captcha::{CaptchaAnswer, CaptchaClaim, CaptchaRefusal, Subject};
use crate::config::captcha::CaptchaAction;
use crate::core::client::Client;
use crate::core::identifier::Nickname;
use crate::core::invalid_value::InvalidValue;
use crate::core::secret::SecretString;
use crate::db::{Taken, WriteError};
use crate::outcome::{FieldErrors, Refusal};
use crate::passwords::NewPassword;
use crate::sessions::{SessionMethod, SignedIn};
use crate::verification::{CodeRefusal, Purpose};

/// The input of `registerWithSocial`.
pub struct SocialRegistration {
    pub ticket: SecretString,
    pub mobile: String,
    pub code: SecretString,
    /// Optional: users can sign in with the provider and with codes.
    pub password: Option<PasswordInput>,
    pub nickname: Option<String>,
    pub accept_terms: bool,
    pub captcha: Option<CaptchaAnswer>,
}

/// Why no account was created.
#[derive(Debug, thiserror::Error)]
pub enum RegisterWithSocialRefusal {
    /// The ticket is unknown, used or expired, or belongs to another browser or provider.
    #[error("the ticket is not valid")]
    TicketExpired,
    /// The path of the input field whose value is already in use.
    #[error("{0} is already in use")]
    IdentifierTaken(&'static str),
    #[error("already linked: {reason:?}")]
    AlreadyLinked { provider: String, reason: AlreadyLinked },
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
    password: Option<NewPassword>,
    nickname: Option<Nickname>,
}

/// How many generated names are tried.
const NAME_ATTEMPTS: usize = 5;

impl Social {
    /// Parses the input, reads the ticket, charges the limits, redeems the code, takes the ticket and writes the account.
    /// Neither the ticket nor the code is consumed if no account was created, so that a user who learns that the number
    /// already has an account can bind it with the same code.
    ///
    /// `provider`: the only accepted provider, or any.
    #[tracing::instrument(skip_all)]
    pub async fn register(
        &self,
        input: SocialRegistration,
        provider: Option<&str>,
        client: &Client,
    ) -> Result<(SignedIn, String), RegisterWithSocialRefusal> {
        let (token, captcha) = (input.ticket.clone(), input.captcha.clone());
        let parsed = self.parse_registration(input)?;
        let identity = self.tickets.look(&token, client).await.map_err(Refusal::from)?;
        let accepted =
            |identity: &PendingIdentity| provider.is_none_or(|provider| provider == identity.provider);
        let identity = identity.filter(accepted).ok_or(RegisterWithSocialRefusal::TicketExpired)?;
        self.kit.limits.register(&client.network()).await?;
        let answer = CaptchaClaim { action: CaptchaAction::RegisterWithSocial, answer: captcha.as_ref() };
        self.captcha.check(answer, Subject::Network, client).await?;
        let claim = &parsed.claim;
        let code = self.verification.redeem(Purpose::Bind, &claim.contact, &claim.code, client).await?;
        let signed_in = code.keep_if_ok(self.register_with_ticket(&token, &identity, parsed, client)).await?;
        Ok((signed_in, identity.next))
    }

    async fn register_with_ticket(
        &self,
        token: &SecretString,
        identity: &PendingIdentity,
        parsed: Parsed,
        client: &Client,
    ) -> Result<SignedIn, RegisterWithSocialRefusal> {
        let ticket = match self.tickets.take(token, identity).await {
            Ok(Some(ticket)) => ticket,
            Ok(None) => return Err(RegisterWithSocialRefusal::TicketExpired),
            Err(error) => {
                self.tickets.restore(token, identity).await;
                return Err(Refusal::from(error).into());
            }
        };
        let created = self.create_account(parsed, identity, client).await;
        match &created {
            // An identity that is linked elsewhere cannot be registered by another attempt either.
            Ok(_) | Err(RegisterWithSocialRefusal::AlreadyLinked { .. }) => ticket.keep(),
            Err(_) => ticket.give_back().await,
        }
        created
    }

    fn parse_registration(&self, input: SocialRegistration) -> Result<Parsed, Refusal> {
        let mut errors = FieldErrors::new();
        let contact = ContactInput::Mobile { mobile: input.mobile, code: input.code };
        let claim = self.accounts.parse_claim(contact, "", &mut errors);
        let nickname = input.nickname.map(|name| Nickname::parse(&name, &self.settings.reserved_names));
        let nickname = errors.note_optional("nickname", nickname);
        let mut own_words: Vec<String> = nickname.iter().map(|name| name.as_str().to_owned()).collect();
        own_words.extend(claim.as_ref().map(|claim| claim.contact.personal_part().to_owned()));
        let password =
            input.password.and_then(|password| password.parse(&self.policy, &own_words, &mut errors));
        if !input.accept_terms {
            errors.add("acceptTerms", InvalidValue::TermsNotAccepted);
        }
        let claim = errors.finish(claim)?;
        Ok(Parsed { claim, password, nickname })
    }

    async fn create_account(
        &self,
        parsed: Parsed,
        identity: &PendingIdentity,
        client: &Client,
    ) -> Result<SignedIn, RegisterWithSocialRefusal> {
        let random = &self.kit.random;
        let hash = match &parsed.password {
            Some(password) => Some(self.hasher.hash(password.as_password()).await?),
            None => None,
        };
        let avatar_url = identity.avatar_url.as_deref().and_then(picture);
        let mut nickname = match (&parsed.nickname, &identity.nickname) {
            (Some(chosen), _) => chosen.clone(),
            (None, Some(name)) => Nickname::parse(name, &self.settings.reserved_names)
                .unwrap_or_else(|_| naming::nickname(name, random)),
            (None, None) => naming::nickname("user", random),
        };
        let slug = &identity.provider;
        for _ in 0..NAME_ATTEMPTS {
            let username = naming::username(random);
            let names = Names { username: &username, nickname: &nickname, avatar_url: avatar_url.as_deref() };
            let row = account::row(
                names,
                &parsed.claim.contact,
                hash.as_deref(),
                self.settings.terms_version.clone(),
                (&self.kit.clock, random),
            );
            let draft = self.sessions.draft(&row, SessionMethod::SmsCode, identity.remember, client).await?;
            let session = Some(draft.session.id);
            let event = |kind| self.kit.audit.event(kind, Some(row.id), session, slug, client);
            let events = [event(Kind::Registered), event(Kind::IdentityLinked)];
            let linked = self.vault.bound(identity, row.id);
            let written = self.kit.db.create_user_with_identity(&row, &linked, &draft.session, &events);
            match written.await {
                Ok(user) => return Ok(draft.finish(user, true)),
                Err(WriteError::Taken(Taken::Username)) => {}
                Err(WriteError::Taken(Taken::Nickname)) if parsed.nickname.is_none() => {
                    nickname = naming::nickname(nickname.as_str(), random);
                }
                Err(error) => return Err(refusal(error, slug)),
            }
        }
        Err(Refusal::Internal("no unused name was generated".into()).into())
    }
}

/// Returns the URL of a picture by https. QQ and WeChat send http URLs of servers that also serve https.
fn picture(address: &str) -> Option<String> {
    let mut url = url::Url::parse(address).ok()?;
    if url.scheme() == "http" && url.port().is_none() {
        url.set_scheme("https").ok()?;
    }
    update_profile::picture(url.as_str()).ok()
}

/// Names the input field whose value is already in use.
fn refusal(error: WriteError, provider: &str) -> RegisterWithSocialRefusal {
    match error {
        WriteError::Taken(Taken::Nickname) => RegisterWithSocialRefusal::IdentifierTaken("nickname"),
        WriteError::Taken(Taken::Mobile) => RegisterWithSocialRefusal::IdentifierTaken("mobile.mobile"),
        WriteError::Taken(
            Taken::Username | Taken::Email | Taken::IdentityLinked | Taken::ProviderLinked | Taken::Other,
        )
        | WriteError::Stale(_)
        | WriteError::Failed(_) => match AlreadyLinked::of(&error) {
            Some(reason) => {
                RegisterWithSocialRefusal::AlreadyLinked { provider: provider.to_owned(), reason }
            }
            None => Refusal::from(error).into(),
        },
    }
}
