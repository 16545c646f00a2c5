//! The test users of the sandbox. Each is the same after every restart and has a different id at every provider.

use std::fmt::Write as _;

use axum::Router;
use axum::extract::Path;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::answer::answer;
use crate::config::http::Origin;
use crate::core::language::Language;
use crate::core::secret::sha256;

/// A test user.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Person {
    /// The name in forms and tests.
    pub(super) key: &'static str,
    pub(super) nickname: &'static str,
    /// The login name at GitHub and Weibo.
    pub(super) login: &'static str,
    /// The number for numeric ids: 1 to 5.
    pub(super) number: u32,
    /// The gender in QQ's format. QQ returns 男 if the gender is unknown.
    pub(super) gender: &'static str,
    pub(super) picture: Picture,
    /// The e-mail address, and whether the provider has verified it.
    pub(super) email: Option<(&'static str, bool)>,
    english: &'static str,
    chinese: &'static str,
}

/// Which pictures a user has.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Picture {
    Every,
    /// Only the small picture.
    Small,
    None,
}

/// All test users.
pub(super) const PEOPLE: &[Person] = &[
    Person {
        key: "han",
        nickname: "韩梅梅",
        login: "hanmeimei",
        number: 1,
        gender: "女",
        picture: Picture::Every,
        email: Some(("han@sandbox.example", true)),
        english: "Complete profile: picture and verified e-mail address.",
        chinese: "资料齐全：有头像，邮箱已验证。",
    },
    Person {
        key: "li",
        nickname: "李雷",
        login: "lilei",
        number: 2,
        gender: "男",
        picture: Picture::Every,
        email: Some(("li@sandbox.example", false)),
        english: "The e-mail address is not verified.",
        chinese: "邮箱未经验证。",
    },
    Person {
        key: "lucy",
        nickname: "Lucy",
        login: "lucy",
        number: 3,
        gender: "女",
        picture: Picture::Small,
        email: Some(("lucy@sandbox.example", true)),
        english: "Only a small picture; the e-mail address is verified.",
        chinese: "只有小头像；邮箱已验证。",
    },
    Person {
        key: "wang",
        nickname: "王林",
        login: "wanglin",
        number: 4,
        gender: "男",
        picture: Picture::None,
        email: None,
        english: "No picture and no e-mail address.",
        chinese: "没有头像，也没有邮箱。",
    },
    Person {
        key: "smile",
        nickname: "😀 这个昵称特别特别长，里面还有表情👩‍👩‍👧、<b>尖括号</b>和 \"引号\" & more 0123456789 0123456789 0123456789",
        login: "smile",
        number: 5,
        gender: "男",
        picture: Picture::Every,
        email: Some(("smile@sandbox.example", true)),
        english: "A very long nickname with emoji, angle brackets and quotation marks.",
        chinese: "超长昵称，带表情、尖括号和引号。",
    },
];

impl Person {
    pub(super) fn find(key: &str) -> Option<&'static Self> {
        PEOPLE.iter().find(|person| person.key == key)
    }

    /// Returns the description of the user.
    pub(super) fn about(&self, language: Language) -> &'static str {
        match language {
            Language::Chinese => self.chinese,
            Language::English => self.english,
        }
    }

    /// Returns 32 lower-case hexadecimal digits that identify this user in one realm.
    pub(super) fn name_in(&self, realm: &str) -> String {
        let digest = sha256(format!("{realm}/{}", self.key).as_bytes());
        digest[..16].iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").ok();
            text
        })
    }

    /// Returns a number of ten digits that identifies this user in one realm.
    pub(super) fn number_in(&self, realm: &str) -> u64 {
        let digest = sha256(format!("{realm}/{}", self.key).as_bytes());
        let number = digest[..4].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        1_000_000_000 + number
    }

    /// Returns the URL of the picture.
    pub(super) fn picture_at(&self, origin: &Origin, size: u32) -> String {
        format!("{}/sandbox/people/{}.svg?s={size}", origin.as_str(), self.key)
    }
}

/// Routes the pictures.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/sandbox/people/{file}", get(picture))
}

async fn picture(Path(file): Path<String>) -> Response {
    const COLOURS: [&str; 5] = ["#7b3fb5", "#1f5fd6", "#b3261e", "#5b6476", "#0b7285"];
    let Some(person) = file.strip_suffix(".svg").and_then(Person::find) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let letter: String = person.nickname.chars().take(1).collect();
    let colour = COLOURS[person.number as usize % COLOURS.len()];
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 100 100\"><rect width=\"100\" height=\"100\" \
         fill=\"{colour}\"/><text x=\"50\" y=\"66\" font-size=\"46\" font-family=\"sans-serif\" text-anchor=\"middle\" \
         fill=\"#fff\">{letter}</text></svg>"
    );
    let mut response = answer(StatusCode::OK, "image/svg+xml", svg);
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    // Web applications show them on another origin.
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    response
}
