//! The carriers and the mail server of a configuration, and what does not work without them.

use super::error::StartError;
use crate::config::Config;
use crate::config::mode::Mode;
use crate::config::sms::CarrierSettings;
use crate::core::clock::Clock;
use crate::core::identifier::{EmailAddress, Mobile, Region};
use crate::core::ids::MessageId;
use crate::core::language::Language;
use crate::core::random::Random;
use crate::db::Db;
use crate::delivery::direct::DirectMessage;
use crate::delivery::email::inbox::EmailInbox;
use crate::delivery::email::smtp::Smtp;
use crate::delivery::sms::inbox::SmsInbox;
use crate::delivery::sms::{Carrier, CarrierHttp, CarrierParts};
use crate::delivery::{Content, Email, Receipt, SendError, Sms, Topic};

/// Builds the carriers of SMS messages; `None` if none is configured. With `inbox`, numbers without a carrier go to the inbox
/// page of development.
pub(super) fn sms(
    config: &Config,
    clock: &Clock,
    random: &Random,
    inbox: Option<&Db>,
) -> Result<Option<Sms>, StartError> {
    let settings = &config.sms;
    let origin = &config.http.public_url;
    let parts = CarrierParts {
        http: CarrierHttp::new(settings.timeout).map_err(StartError::Sms)?,
        clock: clock.clone(),
        random: random.clone(),
        public_origin: origin.is_https().then(|| origin.as_str().to_owned()),
        receipt_secret: settings.receipt_secret.clone(),
    };
    let build = |list: &[CarrierSettings]| -> Vec<Carrier> {
        match inbox {
            Some(db) if list.is_empty() => {
                vec![Carrier::Inbox(SmsInbox::new(db.clone(), clock.clone(), random.clone()))]
            }
            Some(_) | None => list.iter().map(|carrier| Carrier::new(carrier, &parts)).collect(),
        }
    };
    let (mainland, international) = (build(&settings.mainland), build(&settings.international));
    let any = !mainland.is_empty() || !international.is_empty();
    Ok(any.then(|| Sms::new(mainland, international)))
}

/// Builds what sends e-mails: the mail server, or the inbox page of development.
pub(super) fn email(config: &Config, clock: &Clock, random: &Random, db: &Db) -> Result<Email, StartError> {
    Ok(match &config.delivery.smtp {
        Some(smtp) => Email::Smtp(Smtp::new(smtp, clock.clone())?),
        None => Email::Inbox(EmailInbox::new(db.clone(), clock.clone(), random.clone())),
    })
}

/// Returns what does not work because no carrier is configured; `None` if nothing is missing. In development, all messages go to
/// the inbox page.
#[must_use]
pub fn missing_carriers(config: &Config) -> Option<String> {
    if config.mode == Mode::Development {
        return None;
    }
    let unserved: Vec<&str> = config
        .accounts
        .regions
        .iter()
        .filter(|region| !config.sms.serves(**region))
        .map(|region| region.calling_code())
        .collect();
    if unserved.is_empty() {
        return None;
    }
    let social = &config.social;
    let providers = social.qq.is_some()
        || social.wechat.is_some()
        || social.weibo.is_some()
        || social.github.is_some()
        || !social.oidc.is_empty();
    let accounts = if providers {
        ", and visitors with such a number cannot register with QQ or another provider"
    } else {
        ""
    };
    Some(format!(
        "no SMS carrier for numbers with {}: registration, sign-in by code and password reset by such a number do not \
         work{accounts}; set sms.carriers or sms.carriers_international",
        unserved.join(", ")
    ))
}

/// What an operator wants to send.
pub struct TestMessage {
    /// A mobile number or an e-mail address.
    pub to: String,
    /// The name of a carrier; by default the preferred one for the number.
    pub carrier: Option<String>,
    pub topic: Topic,
    pub language: Language,
}

/// Sends a message with the code 000000, without the outbox. Returns the masked recipient and the receipt.
///
/// # Errors
/// A message for the operator.
pub async fn send_test(config: &Config, db: &Db, test: &TestMessage) -> Result<(String, Receipt), String> {
    let (clock, random) = (Clock::system(), Random::system());
    let content = Content::Code { topic: test.topic, code: "000000".to_owned().into(), minutes: 10 };
    let message = DirectMessage {
        id: MessageId::new(&clock, &random),
        content: &content,
        language: test.language,
        product: &config.delivery.worker.product_name,
    };
    let said = |error: StartError| error.to_string();
    if test.to.contains('@') {
        let address = EmailAddress::parse(&test.to).map_err(|_| "--to is not an e-mail address")?;
        let email = email(config, &clock, &random, db).map_err(said)?;
        let receipt = message.send_mail(&email, address.as_str()).await.map_err(|error| explain(&error))?;
        return Ok((address.masked(), receipt));
    }
    let mobile = Mobile::parse(&test.to, &Region::ALL)
        .map_err(|_| "--to is neither an e-mail address nor a mobile number such as +8613800138000")?;
    let inbox = (config.mode == Mode::Development).then_some(db);
    let sms = sms(config, &clock, &random, inbox).map_err(said)?;
    let sms = sms.ok_or("no SMS carrier is configured: see sms.carriers")?;
    let carrier = match &test.carrier {
        Some(name) => sms.find(name).ok_or_else(|| format!("{name} is not configured"))?,
        None => {
            sms.carriers_for(mobile.e164()).first().ok_or("no SMS carrier is configured for this number")?
        }
    };
    let receipt = message.send_sms(carrier, mobile.e164()).await;
    let receipt = receipt.map_err(|error| format!("{}: {}", carrier.name(), explain(&error)))?;
    Ok((mobile.masked(), receipt))
}

/// Names the class of an error, which decides what the gateway does about it.
fn explain(error: &SendError) -> String {
    let class = match error {
        SendError::Permanent(_) => "this message will never be accepted",
        SendError::Temporary(_) => "not accepted; another attempt may succeed",
        SendError::Throttled { .. } => "the limit of the account is reached",
        SendError::NumberLimited(_) => "the limit of the number is reached",
        SendError::Misconfigured(_) => {
            "the gateway is refused: check credentials, signature names and templates"
        }
        SendError::Unknown(_) => "the response was lost; the message may have been sent",
    };
    format!("{class} ({error})")
}
