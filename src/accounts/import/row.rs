//! Parses rows. All errors of a row are reported.

use chrono::DateTime;

use super::record::{BadField, Record};
use crate::accounts::administration::unverified_account::UnverifiedAccount;
use crate::core::clock::Instant;
use crate::core::identifier::{EmailAddress, Mobile, MobileError, Nickname, Region, Username};
use crate::core::invalid_value::InvalidValue;
use crate::core::language::Language;
use crate::core::roles::Roles;
use crate::db::types::AccountStatus;
use crate::passwords::is_readable;

/// In bytes. No supported format has longer hashes.
const LONGEST_HASH: usize = 4_096;

/// Parses a row.
pub(super) fn account(
    record: &Record,
    regions: &[Region],
    now: Instant,
) -> Result<UnverifiedAccount, Vec<BadField>> {
    let mut errors = RowErrors { line: record.line, bad: Vec::new() };
    let text = record.username.as_deref();
    let username = errors.named("username", text.map(Username::parse_any));
    let text = record.nickname.as_deref();
    let nickname = errors.named("nickname", text.map(Nickname::parse_any));
    let mobile = record.mobile.as_deref().map(|text| {
        Mobile::parse(text, regions).map_err(|error| match error {
            MobileError::Invalid => InvalidValue::NotAMobile,
            MobileError::NotSupported => InvalidValue::RegionNotSupported,
        })
    });
    let mobile = errors.named("mobile", mobile);
    let email = errors.named("email", record.email.as_deref().map(EmailAddress::parse));
    // In Django, a hash that starts with `!` means that no password signs in.
    let hash = record.password_hash.as_deref().filter(|hash| !hash.starts_with('!'));
    if hash.is_some_and(|hash| !is_sound(hash)) {
        errors
            .note("password_hash", "is of no format that is known, is damaged, or costs too much to verify");
    }
    let roles = Roles::parse(record.roles.iter().map(String::as_str));
    let roles = roles.map_err(|error| errors.note("roles", error.to_string())).unwrap_or_default();
    let status = match record.status.as_deref().map(str::parse) {
        None => AccountStatus::Active,
        Some(Ok(status @ (AccountStatus::Active | AccountStatus::Disabled))) => status,
        Some(Ok(AccountStatus::Merged) | Err(_)) => {
            errors.note("status", "must be active or disabled");
            AccountStatus::Active
        }
    };
    let created_at = record.created_at.as_deref().map_or(Ok(now), |text| moment(text, now));
    let created_at = created_at.map_err(|reason| errors.note("created_at", reason)).unwrap_or(now);
    if record.username.is_none() && record.mobile.is_none() && record.email.is_none() {
        errors.note("row", "has no user name, mobile number or e-mail address");
    }
    if !errors.bad.is_empty() {
        return Err(errors.bad);
    }
    let password_hash = hash.map(str::to_owned);
    Ok(UnverifiedAccount { username, nickname, mobile, email, password_hash, roles, status, created_at })
}

struct RowErrors {
    line: u64,
    bad: Vec<BadField>,
}

impl RowErrors {
    fn note(&mut self, field: &'static str, reason: impl Into<String>) {
        self.bad.push(BadField::new(self.line, field, reason));
    }

    fn named<T>(&mut self, field: &'static str, parsed: Option<Result<T, InvalidValue>>) -> Option<T> {
        parsed?.map_err(|error| self.note(field, error.message(Language::English))).ok()
    }
}

fn is_sound(hash: &str) -> bool {
    hash.len() <= LONGEST_HASH && hash.bytes().all(|byte| byte.is_ascii_graphic()) && is_readable(hash)
}

/// Parses RFC 3339, also in the form of PostgreSQL (`2024-05-01 08:00:00+00`), truncated to microseconds as in both databases.
fn moment(text: &str, now: Instant) -> Result<Instant, &'static str> {
    const EXPECTED: &str = "must be a time such as 2024-05-01T08:00:00Z, after 1970 and not in the future";
    let postgres = |_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z");
    let at = DateTime::parse_from_rfc3339(text).or_else(postgres).map_err(|_| EXPECTED)?.to_utc();
    let at = DateTime::from_timestamp_micros(at.timestamp_micros()).ok_or(EXPECTED)?;
    if (DateTime::UNIX_EPOCH..=now).contains(&at) { Ok(at) } else { Err(EXPECTED) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "pbkdf2_sha256$1000$NaClSalt1234$ELZIORV8YaLAv1fO8dZtywqwlnjOtiV2v7s4WUPOIxA=";

    fn now() -> Instant {
        DateTime::parse_from_rfc3339("2026-03-01T08:00:00Z").unwrap().to_utc()
    }

    fn parse(values: &[(&str, &str)]) -> Result<UnverifiedAccount, Vec<BadField>> {
        let mut record = Record::at(7);
        for (column, value) in values {
            record.set(column, value);
        }
        account(&record, &[Region::China], now())
    }

    fn bad(values: &[(&str, &str)]) -> Vec<&'static str> {
        let bad = parse(values).err().unwrap_or_default();
        assert!(bad.iter().all(|bad| bad.line == 7));
        for (_, value) in values {
            assert!(bad.iter().all(|bad| !bad.reason.contains(value)), "{bad:?} contains a value");
        }
        bad.iter().map(|bad| bad.field).collect()
    }

    #[test]
    fn a_complete_row_is_parsed() {
        let account = parse(&[
            ("username", "admin"),
            ("nickname", "张三"),
            ("mobile", "138 0013 8000"),
            ("email", "Li@Example.com"),
            ("password_hash", HASH),
            ("roles", "editor admin"),
            ("status", "disabled"),
            ("created_at", "2024-05-01 16:00:00.123456789+08:00"),
        ]);
        let account = account.map_err(|bad| format!("{bad:?}")).ok().unwrap();
        assert_eq!(account.username.unwrap().as_str(), "admin", "imported accounts may have reserved names");
        assert_eq!(account.mobile.unwrap().e164(), "+8613800138000");
        assert_eq!(account.email.unwrap().key(), "li@example.com");
        assert_eq!(account.password_hash.as_deref(), Some(HASH));
        assert_eq!(account.roles.to_json(), r#"["editor","admin"]"#);
        assert_eq!(account.status, AccountStatus::Disabled);
        assert_eq!(account.created_at.to_rfc3339(), "2024-05-01T08:00:00.123456+00:00");
    }

    #[test]
    fn one_identifier_is_enough() {
        for values in [[("username", "lilei")], [("mobile", "13800138000")], [("email", "a@example.com")]] {
            let account = parse(&values).ok().unwrap();
            assert!(
                account.password_hash.is_none()
                    && account.status == AccountStatus::Active
                    && account.created_at == now()
            );
        }
        for (text, seconds) in
            [("2020-01-02 03:04:05+00", 1_577_934_245), ("2020-01-02 03:04:05.25+08", 1_577_905_445)]
        {
            let account = parse(&[("username", "lilei"), ("created_at", text)]).ok().unwrap();
            assert_eq!(account.created_at.timestamp(), seconds, "{text}");
        }
        let unusable = parse(&[("username", "lilei"), ("password_hash", "!UFGDFhrt2x4")]).ok().unwrap();
        assert_eq!(unusable.password_hash, None);
    }

    #[test]
    fn all_errors_of_a_row_are_reported() {
        let found = bad(&[
            ("username", "13800138000"),
            ("nickname", "zhang@san"),
            ("mobile", "1234567"),
            ("email", "zhang.example.com"),
            ("password_hash", "5f4dcc3b5aa765d61d8327deb882cf99"),
            ("roles", "Root"),
            ("status", "banned"),
            ("created_at", "yesterday"),
        ]);
        let all = super::super::record::COLUMNS;
        assert_eq!(found, all);
        assert_eq!(bad(&[("nickname", "nobody")]), ["row"]);
        assert_eq!(bad(&[("mobile", "+85251234567")]), ["mobile"]);
        for time in ["2026-03-01T08:00:01Z", "1969-12-31T23:59:59Z", "2023-05-01", "1714550400"] {
            assert_eq!(bad(&[("username", "lilei"), ("created_at", time)]), ["created_at"], "{time}");
        }
        for hash in
            ["pbkdf2_sha256$1000$sa\u{0}lt$ELZIORV8YaLAv1fO8dZtywqwlnjOtiV2v7s4WUPOIxA=", "secret", "md5$a$b"]
        {
            assert_eq!(bad(&[("username", "lilei"), ("password_hash", hash)]), ["password_hash"], "{hash}");
        }
    }
}
