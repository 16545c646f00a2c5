//! A row of the file, before it is parsed.

/// The columns that a file can have.
pub const COLUMNS: [&str; 8] =
    ["username", "nickname", "mobile", "email", "password_hash", "roles", "status", "created_at"];

/// An error in a file, and its position. It never contains a value of the file, which may be a hash or a mobile number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadField {
    /// The line where the row starts; the first line is 1.
    pub line: u64,
    /// One of [`COLUMNS`], or `row`.
    pub field: &'static str,
    pub reason: String,
}

impl BadField {
    pub(super) fn new(line: u64, field: &'static str, reason: impl Into<String>) -> Self {
        Self { line, field, reason: reason.into() }
    }
}

/// A row whose fields are not parsed yet. No `Debug`: it contains a password hash.
#[derive(Default)]
pub struct Record {
    pub line: u64,
    pub username: Option<String>,
    pub nickname: Option<String>,
    pub mobile: Option<String>,
    pub email: Option<String>,
    pub password_hash: Option<String>,
    pub roles: Vec<String>,
    pub status: Option<String>,
    pub created_at: Option<String>,
}

impl Record {
    pub(super) fn at(line: u64) -> Self {
        Self { line, ..Self::default() }
    }

    /// Sets a column by its name. Surrounding blanks are dropped, and an empty value is a missing one.
    pub(super) fn set(&mut self, column: &str, value: &str) {
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        let value = Some(value.to_owned());
        match column {
            "username" => self.username = value,
            "nickname" => self.nickname = value,
            "mobile" => self.mobile = value,
            "email" => self.email = value,
            "password_hash" => self.password_hash = value,
            "status" => self.status = value,
            "created_at" => self.created_at = value,
            "roles" => {
                let separator = |c: char| matches!(c, ',' | ';') || c.is_whitespace();
                let words = value.iter().flat_map(|text| text.split(separator));
                self.roles = words.filter(|word| !word.is_empty()).map(str::to_owned).collect();
            }
            _ => {}
        }
    }
}

/// Returns the column of this name.
pub(super) fn column(name: &str) -> Option<&'static str> {
    COLUMNS.into_iter().find(|column| *column == name)
}
