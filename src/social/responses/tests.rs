//! Tests of all formats, complete and truncated after each byte.

use proptest::prelude::*;

use super::*;
use crate::core::secret::ExposeSecret as _;

fn parse(text: &str) -> Option<Fields> {
    Fields::parse(&Response { status: 200, text: text.to_owned() }).ok()
}

/// The documented formats, and variants of them that providers have been seen to send.
const OPENIDS: [&str; 7] = [
    "callback( {\"client_id\":\"101000001\",\"openid\":\"1A37\"} );\n",
    "callback({\"client_id\":101000001,\"openid\":\"1A37\"})",
    "_cb.qq$1 (\r\n{\"client_id\":\"101000001\",\"openid\":\"1A37\"}\r\n) ; \n",
    "{\"client_id\":\"101000001\",\"openid\":\"1A37\"}",
    "\u{feff} \n{ \"openid\" : \"1A37\", \"client_id\" : 101000001 }\n",
    "client_id=101000001&openid=1A37&x=",
    "openid=1%4137&client_id=101000001&x\n",
];

#[test]
fn every_format_has_the_same_fields() {
    for text in OPENIDS {
        let fields = parse(text).expect(text);
        assert_eq!(fields.text("openid").as_deref(), Some("1A37"), "{text}");
        assert_eq!(fields.text("client_id").as_deref(), Some("101000001"), "{text}");
        assert_eq!(fields.error("error"), None, "{text}");
    }
}

#[test]
fn a_truncated_response_never_has_a_truncated_field() {
    for text in OPENIDS {
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            let Some(fields) = parse(&text[..end]) else { continue };
            for (name, whole) in [("openid", "1A37"), ("client_id", "101000001")] {
                assert!(fields.text(name).is_none_or(|value| value == whole), "{}", &text[..end]);
            }
        }
    }
    let fields = parse("a=1&b=2").unwrap();
    assert_eq!((fields.text("b"), fields.last("b"), fields.last("a")), (None, Some("2"), None));
    assert!(fields.is_truncated(&["a", "b", "c"]) && !fields.is_truncated(&["a", "b"]));
    assert!(!parse("{}").unwrap().is_truncated(&["a"]));
}

#[test]
fn an_unreadable_response_is_an_error_without_its_content() {
    for text in [
        "",
        " \n",
        "\u{feff}",
        "hunter2",
        "<html>hunter2=1</html>",
        "[{\"hunter2\":1}]",
        "\"hunter2\"",
        "{\"hunter2\":",
        "{\"hunter2\":1}}",
        "callback( [\"hunter2\"] );",
        "callback( {\"hunter2\":1} ",
        "call back({\"hunter2\":1})",
        "(\"hunter2\")",
        "HTTP Error hunter2 = 1",
        "=hunter2",
        "a=1&hunter2/=3",
    ] {
        let error = Fields::parse(&Response { status: 200, text: text.to_owned() }).err().expect(text);
        assert!(matches!(error, ProviderError::Unavailable(_)), "{text}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{text}");
    }
}

#[test]
fn an_error_code_may_have_any_type() {
    for (value, code) in [
        ("100019", Some("100019")),
        ("\"100019\"", Some("100019")),
        ("-1", Some("-1")),
        ("\"invalid_grant\"", Some("invalid_grant")),
        ("0", None),
        ("\"0\"", None),
        ("\"\"", None),
        ("null", None),
        ("false", None),
        ("true", Some("unknown")),
        ("1.5", Some("unknown")),
        ("{\"code\":1}", Some("unknown")),
        ("[]", Some("unknown")),
        ("\"<b>\"", Some("unknown")),
    ] {
        let fields = parse(&format!("{{\"error\":{value}}}")).unwrap();
        assert_eq!(fields.error("error").as_deref(), code, "{value}");
    }
    assert_eq!(parse("error=100019&x=").unwrap().error("error").as_deref(), Some("100019"));
    assert_eq!(parse("{}").unwrap().error("error"), None);
}

#[test]
fn numbers_are_accepted_as_numbers_and_as_strings() {
    for (value, text, seconds) in [
        ("7776000", Some("7776000"), Some(7_776_000)),
        ("\"5184000\"", Some("5184000"), Some(5_184_000)),
        ("\" 60 \"", Some(" 60 "), Some(60)),
        ("0", Some("0"), Some(0)),
        ("18446744073709551615", Some("18446744073709551615"), Some(315_360_000)),
        ("18446744073709551616", None, None),
        ("-1", Some("-1"), None),
        ("1.5", None, None),
        ("\"soon\"", Some("soon"), None),
        ("\"\"", None, None),
        ("null", None, None),
        ("[60]", None, None),
    ] {
        let fields = parse(&format!("{{\"a\":{value}}}")).unwrap();
        assert_eq!(fields.text("a").as_deref(), text, "{value}");
        assert_eq!(fields.lifetime("a"), seconds.map(Duration::from_secs), "{value}");
    }
}

#[test]
fn a_token_needs_valid_characters_and_a_success_status() {
    let fields = |status, value: &str| {
        let text = format!("{{\"t\":\"{value}\"}}");
        Fields::parse(&Response { status, text }).ok().unwrap()
    };
    assert_eq!(fields(200, "2.00~a").require_token("t").ok().unwrap().expose_secret(), "2.00~a");
    for invalid in ["", "hunter 2", "hunter2\\n", "hunter2\\u00e9", &"x".repeat(2049)] {
        assert!(fields(200, invalid).token("t").is_none(), "{invalid}");
        let error = fields(200, invalid).require_token("t").expect_err(invalid);
        assert!(!error.to_string().contains("hunter"), "{error}");
    }
    for status in [199, 302, 400, 500] {
        assert!(fields(status, "hunter2").require_token("t").is_err(), "{status}");
    }
}

proptest! {
    #[test]
    fn any_text_is_handled(text in any::<String>(), wrap in 0..5) {
        let text = match wrap {
            0 => text,
            1 => format!("{{{text}}}"),
            2 => format!("callback({text});"),
            3 => format!("error={text}"),
            _ => format!("{{\"error\":{text}}}"),
        };
        if let Some(fields) = parse(&text) {
            let code = fields.error("error");
            prop_assert!(code.is_none_or(|code| values::error_code(&code).is_some()));
            let _ = (fields.text("error"), fields.token("error"), fields.lifetime("error"));
        }
    }

    #[test]
    fn every_format_is_read_back(
        fields in prop::collection::btree_map("[a-z_]{1,9}", ".{1,20}", 1..6),
        name in "[A-Za-z_$][A-Za-z0-9_$.]{0,9}",
    ) {
        let json = serde_json::to_string(&fields).unwrap();
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        for text in [format!("{name}( {json} );\n"), json, format!("{form}&end=")] {
            let parsed = parse(&text).unwrap();
            for (name, value) in fields.iter().filter(|(name, _)| *name != "end") {
                prop_assert_eq!(parsed.text(name), Some(value.clone()));
            }
        }
    }
}
