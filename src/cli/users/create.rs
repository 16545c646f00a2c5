//! `menjin users create`

use std::io::BufRead as _;

use clap::Args;
use serde_json::json;
use zeroize::Zeroizing;

use super::super::desk::{Desk, Failure};
use super::super::out::say;
use crate::accounts::create_user::{CreateFault, CreateUser, NewAccount};
use crate::core::language::Language;
use crate::core::random::Random;
use crate::core::roles::Roles;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::passwords::{Hasher, Policy};

#[derive(Args)]
pub struct Arguments {
    /// The name to sign in with; drawn when missing. One of name, mobile number and e-mail address is needed.
    #[arg(long)]
    username: Option<String>,
    /// The name that others see; the user name when missing.
    #[arg(long)]
    nickname: Option<String>,
    /// A mobile number. It counts as proven.
    #[arg(long)]
    mobile: Option<String>,
    /// An e-mail address. It counts as proven.
    #[arg(long)]
    email: Option<String>,
    /// Roles, separated by commas.
    #[arg(long, default_value = "")]
    roles: String,
    /// Take the password from the first line of standard input. Without it one is drawn and printed once.
    #[arg(long)]
    password_stdin: bool,
    /// One JSON object instead of lines.
    #[arg(long)]
    json: bool,
}

pub async fn run(desk: &Desk, arguments: &Arguments) -> Result<(), Failure> {
    let (roles, bad_roles) = match Roles::parse_list(&arguments.roles) {
        Ok(roles) => (roles, None),
        Err(fault) => (Roles::default(), Some(format!("--roles: {fault}"))),
    };
    let password = if arguments.password_stdin { typed()? } else { drawn(&desk.random) };
    let service = CreateUser {
        db: desk.hands.db.clone(),
        hasher: Hasher::new(&desk.config.passwords, desk.random.clone()),
        policy: Policy::from(&desk.config.passwords),
        audit: desk.audit.clone(),
        settings: desk.config.accounts.clone(),
        clock: desk.clock.clone(),
        random: desk.random.clone(),
    };
    let input = NewAccount {
        username: arguments.username.clone(),
        nickname: arguments.nickname.clone(),
        mobile: arguments.mobile.clone(),
        email: arguments.email.clone(),
        password: password.clone(),
        roles,
    };
    if let Some(bad_roles) = bad_roles {
        let others = service.check(input).err().map(|fault| format!("; {}", told(&fault)));
        return Err(bad_roles + &others.unwrap_or_default());
    }
    let (id, username) = service.run(input).await.map_err(|fault| told(&fault))?;
    let shown = (!arguments.password_stdin).then(|| password.expose_secret());
    if arguments.json {
        let mut out = json!({ "id": id, "username": username });
        if let Some(password) = shown {
            out["password"] = password.into();
        }
        say(&out.to_string());
    } else {
        say(&format!("id        {id}\nusername  {username}"));
        if let Some(password) = shown {
            say(&format!("password  {password}"));
        }
    }
    Ok(())
}

fn told(fault: &CreateFault) -> Failure {
    match fault {
        CreateFault::Invalid(faults) => {
            let one = |fault: &crate::outcome::FieldError| {
                let flag = if fault.path == "password" { "password-stdin" } else { &fault.path };
                format!("--{flag}: {}", fault.reason.message(Language::English))
            };
            faults.iter().map(one).collect::<Vec<_>>().join("; ")
        }
        CreateFault::Taken(field) => format!("--{field}: another account has it"),
        CreateFault::Nameless => "one of --username, --mobile and --email is needed".into(),
        CreateFault::Db(_) | CreateFault::Shared(_) => fault.to_string(),
    }
}

/// The first line of standard input, as it stands.
fn typed() -> Result<SecretString, Failure> {
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().lock().read_line(&mut line).map_err(|error| format!("standard input: {error}"))?;
    Ok(SecretString::from(line.trim_end_matches(['\r', '\n'])))
}

/// Twenty letters and digits that cannot be taken for one another: 99 bits.
fn drawn(random: &Random) -> SecretString {
    const ALPHABET: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let group = |_| -> String { (0..5).map(|_| char::from(ALPHABET[random.below(31) as usize])).collect() };
    SecretString::from((0..4).map(group).collect::<Vec<_>>().join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_passwords_are_long_and_differ() {
        let random = Random::seeded(1);
        let (one, other) = (drawn(&random), drawn(&random));
        assert_eq!(one.expose_secret().len(), 23);
        assert_ne!(one.expose_secret(), other.expose_secret());
    }
}
