//! `menjin users create`

use std::io::BufRead as _;

use clap::Args;
use serde_json::json;
use zeroize::Zeroizing;

use super::super::operator::{Failure, Operator};
use super::super::out::say;
use crate::accounts::administration::create_user::{CreateUserRefusal, NewAccount};
use crate::core::language::Language;
use crate::core::random::Random;
use crate::core::roles::Roles;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::outcome::{FieldError, Refusal};
use crate::passwords::{Hasher, Policy};

#[derive(Args)]
pub struct Arguments {
    /// The user name; generated if missing. One of user name, mobile number and e-mail address is required
    #[arg(long)]
    username: Option<String>,
    /// The nickname; the user name if missing
    #[arg(long)]
    nickname: Option<String>,
    /// A mobile number. It counts as verified
    #[arg(long)]
    mobile: Option<String>,
    /// An e-mail address. It counts as verified
    #[arg(long)]
    email: Option<String>,
    /// Roles, separated by commas
    #[arg(long, default_value = "")]
    roles: String,
    /// Read the password from the first line of standard input. Otherwise one is generated and printed once
    #[arg(long)]
    password_stdin: bool,
    /// Print a JSON object instead of lines
    #[arg(long)]
    json: bool,
}

pub async fn run(operator: &Operator, arguments: &Arguments) -> Result<(), Failure> {
    let (roles, bad_roles) = match Roles::parse_list(&arguments.roles) {
        Ok(roles) => (roles, None),
        Err(error) => (Roles::default(), Some(format!("--roles: {error}"))),
    };
    let password = if arguments.password_stdin { typed()? } else { drawn(&operator.administration.random) };
    let administration = &operator.administration;
    let policy = Policy::from(&operator.config.passwords);
    let input = NewAccount {
        username: arguments.username.clone(),
        nickname: arguments.nickname.clone(),
        mobile: arguments.mobile.clone(),
        email: arguments.email.clone(),
        password: password.clone(),
        roles,
    };
    if let Some(bad_roles) = bad_roles {
        let others = administration.check_new_account(input, &policy).err();
        let others = others.map(|refusal| format!("; {}", text(&refusal)));
        return Err(bad_roles + &others.unwrap_or_default());
    }
    let hasher = Hasher::new(&operator.config.passwords, administration.random.clone());
    let created = administration.create_user(input, &policy, &hasher).await;
    let (id, username) = created.map_err(|refusal| text(&refusal))?;
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

fn text(refusal: &CreateUserRefusal) -> Failure {
    match refusal {
        CreateUserRefusal::Shared(Refusal::InvalidInput(errors)) => {
            let one = |error: &FieldError| {
                let flag = if error.path == "password" { "password-stdin" } else { &error.path };
                format!("--{flag}: {}", error.reason.message(Language::English))
            };
            errors.iter().map(one).collect::<Vec<_>>().join("; ")
        }
        CreateUserRefusal::IdentifierTaken(field) => format!("--{field}: already in use by another account"),
        CreateUserRefusal::NoIdentifier => "one of --username, --mobile and --email is required".into(),
        CreateUserRefusal::Shared(
            Refusal::RateLimited { .. }
            | Refusal::SessionEnded
            | Refusal::Unavailable(_)
            | Refusal::Internal(_),
        ) => refusal.to_string(),
    }
}

/// Reads the first line of standard input as it is.
fn typed() -> Result<SecretString, Failure> {
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().lock().read_line(&mut line).map_err(|error| format!("standard input: {error}"))?;
    Ok(SecretString::from(line.trim_end_matches(['\r', '\n'])))
}

/// Generates twenty letters and digits that cannot be confused: 99 bits.
fn drawn(random: &Random) -> SecretString {
    const ALPHABET: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let group = |_| -> String { (0..5).map(|_| char::from(ALPHABET[random.below(31) as usize])).collect() };
    SecretString::from((0..4).map(group).collect::<Vec<_>>().join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_passwords_are_long_and_differ() {
        let random = Random::seeded(1);
        let (one, other) = (drawn(&random), drawn(&random));
        assert_eq!(one.expose_secret().len(), 23);
        assert_ne!(one.expose_secret(), other.expose_secret());
    }
}
