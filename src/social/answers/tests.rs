//! The dialects, whole and cut at every byte.

use proptest::prelude::*;

use super::*;
use crate::core::secret::ExposeSecret as _;

fn read(text: &str) -> Option<Fields> {
    Fields::read(&Answer { status: 200, text: text.to_owned() }).ok()
}

/// Each as `providers.md` has it, and the same with what others have been seen to add.
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
fn every_dialect_says_the_same() {
    for text in OPENIDS {
        let fields = read(text).expect(text);
        assert_eq!(fields.text("openid").as_deref(), Some("1A37"), "{text}");
        assert_eq!(fields.text("client_id").as_deref(), Some("101000001"), "{text}");
        assert_eq!(fields.refusal("error"), None, "{text}");
    }
}

#[test]
fn half_an_answer_is_no_other_answer() {
    for text in OPENIDS {
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            let Some(fields) = read(&text[..end]) else { continue };
            for (name, whole) in [("openid", "1A37"), ("client_id", "101000001")] {
                assert!(fields.text(name).is_none_or(|value| value == whole), "{}", &text[..end]);
            }
        }
    }
    let fields = read("a=1&b=2").unwrap();
    assert_eq!((fields.text("b"), fields.last("b"), fields.last("a")), (None, Some("2"), None));
    assert!(fields.is_half(&["a", "b", "c"]) && !fields.is_half(&["a", "b"]));
    assert!(!read("{}").unwrap().is_half(&["a"]));
}

#[test]
fn what_is_neither_is_unavailable_and_is_not_repeated() {
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
        let error = Fields::read(&Answer { status: 200, text: text.to_owned() }).err().expect(text);
        assert!(matches!(error, ProviderError::Unavailable(_)), "{text}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{text}");
    }
}

#[test]
fn an_error_is_one_whatever_its_type() {
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
        let fields = read(&format!("{{\"error\":{value}}}")).unwrap();
        assert_eq!(fields.refusal("error").as_deref(), code, "{value}");
    }
    assert_eq!(read("error=100019&x=").unwrap().refusal("error").as_deref(), Some("100019"));
    assert_eq!(read("{}").unwrap().refusal("error"), None);
}

#[test]
fn numbers_and_strings_are_both_taken_and_nonsense_is_not() {
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
        let fields = read(&format!("{{\"a\":{value}}}")).unwrap();
        assert_eq!(fields.text("a").as_deref(), text, "{value}");
        assert_eq!(fields.lifetime("a"), seconds.map(Duration::from_secs), "{value}");
    }
}

#[test]
fn a_token_is_one_word_and_comes_with_a_good_status_only() {
    let fields = |status, value: &str| {
        let text = format!("{{\"t\":\"{value}\"}}");
        Fields::read(&Answer { status, text }).ok().unwrap()
    };
    assert_eq!(fields(200, "2.00~a").need_token("t").ok().unwrap().expose_secret(), "2.00~a");
    for bad in ["", "hunter 2", "hunter2\\n", "hunter2\\u00e9", &"x".repeat(2049)] {
        assert!(fields(200, bad).token("t").is_none(), "{bad}");
        let error = fields(200, bad).need_token("t").expect_err(bad);
        assert!(!error.to_string().contains("hunter"), "{error}");
    }
    for status in [199, 302, 400, 500] {
        assert!(fields(status, "hunter2").need_token("t").is_err(), "{status}");
    }
}

proptest! {
    #[test]
    fn nothing_that_is_sent_breaks_it(text in any::<String>(), wrap in 0..5) {
        let text = match wrap {
            0 => text,
            1 => format!("{{{text}}}"),
            2 => format!("callback({text});"),
            3 => format!("error={text}"),
            _ => format!("{{\"error\":{text}}}"),
        };
        if let Some(fields) = read(&text) {
            let code = fields.refusal("error");
            prop_assert!(code.is_none_or(|code| values::error_code(&code).is_some()));
            let _ = (fields.text("error"), fields.token("error"), fields.lifetime("error"));
        }
    }

    #[test]
    fn what_is_sent_comes_back_in_each_dialect(
        sent in prop::collection::btree_map("[a-z_]{1,9}", ".{1,20}", 1..6),
        name in "[A-Za-z_$][A-Za-z0-9_$.]{0,9}",
    ) {
        let json = serde_json::to_string(&sent).unwrap();
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&sent).finish();
        for text in [format!("{name}( {json} );\n"), json, format!("{form}&end=")] {
            let fields = read(&text).unwrap();
            for (name, value) in sent.iter().filter(|(name, _)| *name != "end") {
                prop_assert_eq!(fields.text(name), Some(value.clone()));
            }
        }
    }
}
