//! `menjin send-test`: sends one message by the configured carrier or mail server.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{out, store};
use crate::app::{self, TestMessage};
use crate::config::Config;
use crate::core::language::Language;
use crate::delivery::Topic;

/// How long the operator waits for one query.
const DEADLINE: Duration = Duration::from_secs(30);

/// Send one message with the code 000000 by the configured carrier or mail server, and print the result.
#[derive(Args)]
pub struct Arguments {
    /// A mobile number such as +8613800138000, or an e-mail address.
    #[arg(long)]
    to: String,
    /// The SMS carrier: ronglian, aliyun, tencent, twilio or webhook. Default: the preferred one for the number.
    #[arg(long)]
    carrier: Option<String>,
    /// The purpose of the code, which chooses the template.
    #[arg(long, default_value = "login")]
    kind: Kind,
    /// The language of the message.
    #[arg(long, default_value = "zh-cn")]
    language: Tongue,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Register,
    Login,
    ResetPassword,
    Bind,
    ChangeContact,
}

#[derive(Clone, Copy, ValueEnum)]
enum Tongue {
    ZhCn,
    En,
}

pub async fn run(config: Config, arguments: &Arguments) -> ExitCode {
    match send(&config, arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("menjin: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn send(config: &Config, arguments: &Arguments) -> Result<(), String> {
    let topic = match arguments.kind {
        Kind::Register => Topic::Register,
        Kind::Login => Topic::Login,
        Kind::ResetPassword => Topic::ResetPassword,
        Kind::Bind => Topic::Bind,
        Kind::ChangeContact => Topic::ChangeContact,
    };
    let language = match arguments.language {
        Tongue::ZhCn => Language::Chinese,
        Tongue::En => Language::English,
    };
    let db = store::open(config, DEADLINE).await?;
    let test = TestMessage {
        to: arguments.to.trim().to_owned(),
        carrier: arguments.carrier.clone(),
        topic,
        language,
    };
    let (to, receipt) = app::send_test(config, &db, &test).await?;
    let reference = receipt.reference.map(|reference| format!(", reference {reference}")).unwrap_or_default();
    out::say(&format!("accepted by {} for {to}{reference}", receipt.provider));
    Ok(())
}
