//! Tests that docs/social.md is correct: the stub sends the response of each table row, and the client gets the documented
//! result.

use std::collections::BTreeSet;

use super::tests::{CODE, INFO, ME_RESPONSE, SECRETS, TOKENS, qq, reply_with_valid_responses};
use super::{ME, TOKEN, USER_INFO};
use crate::social::client::HttpClient;
use crate::social::provider::{Profile, ProviderError, SocialProvider as _};
use crate::social::testing::{BROKEN, Reply, Stub, callback, kind_and_code};

const PAGE: &str = include_str!("../../../../docs/social.md");
const NICKNAMELESS: &str = "continues without nickname and avatar";

struct Row {
    asked: &'static str,
    answer: &'static str,
    outcome: &'static str,
    code: Option<&'static str>,
}

/// Returns the rows of the table. A row that names several requests is returned once for each of them.
fn rows() -> Vec<Row> {
    let section = PAGE.split("## QQ responses and errors").nth(1).expect("the page has the section");
    let table = section.split("|---|---|---|---|\n").nth(1).expect("the section has the table");
    let lines = table.lines().take_while(|line| line.starts_with('|'));
    lines
        .flat_map(|line| {
            let cells: Vec<&'static str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [asked, answer, outcome, code] = cells[..] else { panic!("not four cells: {line}") };
            let code = Some(code.trim_matches('`')).filter(|code| !code.is_empty());
            asked.split(", ").map(move |asked| Row { asked, answer, outcome, code })
        })
        .collect()
}

/// Builds the replies that the row describes from the valid response to the same request, in each relevant format.
fn replies(row: &Row, valid: &str) -> Option<Vec<Reply>> {
    let open = valid.strip_prefix('{').expect("the valid responses are JSON");
    let error = if row.asked == "user_info" { "ret" } else { "error" };
    if let Some((number, _)) = row.answer.strip_prefix('`').and_then(|rest| rest.split_once('`')) {
        let body = format!("{{\"{error}\":{number},\"{error}_description\":\"x\"}}");
        return Some(vec![Reply::ok(&body), Reply::ok(&format!("callback( {body} );\n"))]);
    }
    let one = match row.answer {
        "truncated JSON" => return Some(prefixes(valid)),
        "truncated JSONP" => {
            let whole = format!("callback( {valid} )");
            return Some(prefixes(&whole));
        }
        "lists instead of strings" => Reply::ok(
            &valid
                .replace(":\"", ":[\"")
                .replace("\",", "\"],")
                .replace("\"}", "\"]}")
                .replace(":0,", ":[0],"),
        ),
        "an error code beside the expected data" => {
            let other = if error == "ret" {
                valid.replace("\"ret\":0", "\"ret\":100030")
            } else {
                format!("{{\"error\":100019,{open}")
            };
            Reply::ok(&other)
        }
        "an error code that is not a number" => {
            let other = if error == "ret" {
                valid.replace("\"ret\":0", "\"ret\":{}")
            } else {
                format!("{{\"error\":{{}},{open}")
            };
            Reply::ok(&other)
        }
        "HTTP 400 with an error code" => Reply::status(400, "{\"error\":100019}"),
        "a truncated form" => {
            let whole = "access_token=FE04A1B2&expires_in=7776000&refresh_token=88E4A1B2";
            return Some(prefixes(&whole[..whole.find("88E4").unwrap_or(0) - 1]));
        }
        "an access token that contains a blank" => Reply::ok(&valid.replacen("FE04", "FE 04", 1)),
        "the client_id of another app" => Reply::ok(&valid.replace("101000001", "101000002")),
        "an openid of 256 characters" => {
            Reply::ok(&valid.replace("1A376CE57476A73F2FCA3BE900000000", &"A".repeat(256)))
        }
        "JSON" => Reply::ok(valid),
        "JSONP" => Reply::ok(&format!("callback( {valid} );\n")),
        "JSONP with another name, no blanks and no semicolon" => Reply::ok(&format!("_Callback({valid})")),
        "JSON with error and ret 0" => Reply::ok(&format!("{{\"error\":0,{open}")),
        "numbers instead of strings" => Reply::ok(
            &valid.replace("\"101000001\"", "101000001").replace("\"year\":\"1990\"", "\"nickname\":1990"),
        ),
        "a form" => Reply::ok(
            "access_token=FE04A1B2C3D4E5F60718293A4B5CCCE2&expires_in=7776000&refresh_token=88E4A1B2C3D4E5F60718293A4B5CBE14",
        ),
        "expires_in as a number" => Reply::ok(&valid.replace("\"5184000\"", "5184000")),
        "expires_in that is not a number" => Reply::ok(&valid.replace("5184000", "soon")),
        "without expires_in" => Reply::ok(&valid.replace("\"expires_in\":\"5184000\",", "")),
        "the placeholder profile of an app that QQ has not reviewed" => Reply::ok(
            "{\"ret\":0,\"nickname\":\"qzuser\",\"figureurl_2\":\"http://qzapp.qlogo.cn/qzapp/111111/942FEA70050EEAFBD4DCE2C1FC775E56/100\",\"figureurl_qq_1\":\"http://qzapp.qlogo.cn/qzapp/111111/942F/40\"}",
        ),
        what => return Reply::broken(what, valid).map(|reply| vec![reply]),
    };
    Some(vec![one])
}

/// Returns three prefixes. The tests of `responses` truncate after every byte.
fn prefixes(whole: &str) -> Vec<Reply> {
    [1, whole.len() / 2, whole.len() - 1].iter().map(|end| Reply::ok(&whole[..*end])).collect()
}

fn code_of_callback(answer: &str) -> Option<String> {
    match answer {
        "a code of more than 512 characters; QQ is not called" => Some("A".repeat(513)),
        "a code with a line break; QQ is not called" => Some(format!("{CODE}\n")),
        _ => answer.strip_prefix('`').and_then(|rest| rest.split_once('`')).map(|(code, _)| code.to_owned()),
    }
}

/// Returns the documented result.
fn outcome(result: Result<Profile, ProviderError>) -> (&'static str, Option<String>) {
    match result {
        Ok(Profile { nickname: None, avatar_url: None, .. }) => (NICKNAMELESS, None),
        Ok(_) => ("continues", None),
        Err(error) => match kind_and_code(error, &SECRETS) {
            ("Rejected", code) => ("PROVIDER_REJECTED", code),
            (_, code) => ("PROVIDER_UNAVAILABLE", code),
        },
    }
}

async fn play(row: &Row, reply: Reply, client: HttpClient) -> (&'static str, Option<String>) {
    let stub = Stub::start().await;
    reply_with_valid_responses(&stub);
    match row.asked {
        "token" => stub.always(TOKEN, reply),
        "me" if row.answer.starts_with("`100048`") => stub.always(ME, reply).then(ME, Reply::ok(ME_RESPONSE)),
        "me" | "me again" => stub.always(ME, reply),
        "user_info" => stub.always(USER_INFO, reply),
        other => panic!("unknown request: {other}"),
    };
    outcome(qq(&stub, client).identify(&callback(CODE)).await)
}

#[tokio::test]
async fn every_row_of_the_table_is_correct() {
    let rows = rows();
    let (patient, impatient) = (Stub::client(), Stub::impatient_client());
    for row in &rows {
        let here = |format: usize| format!("| {} | {} | in format {format}", row.asked, row.answer);
        if row.asked == "callback" {
            let stub = Stub::start().await;
            let code = code_of_callback(row.answer).expect(row.answer);
            let got = outcome(qq(&stub, patient.clone()).identify(&callback(&code)).await);
            assert_eq!((got.0, got.1.as_deref()), (row.outcome, row.code), "{}", here(0));
            assert!(stub.requests().is_empty(), "{}", here(0));
            continue;
        }
        let valid = match row.asked {
            "token" => TOKENS,
            "user_info" => INFO,
            _ => ME_RESPONSE,
        };
        let replies = replies(row, valid).unwrap_or_else(|| panic!("no test for {}", here(0)));
        for (format, reply) in replies.into_iter().enumerate() {
            let client = if reply.is_silent() { &impatient } else { &patient };
            let got = play(row, reply, client.clone()).await;
            assert_eq!((got.0, got.1.as_deref()), (row.outcome, row.code), "{}", here(format));
        }
    }
}

/// The table may contain more codes than QQ's documentation, but not fewer.
#[test]
fn the_table_contains_every_documented_code_and_every_failure() {
    let rows = rows();
    let of = |asked: &str| -> BTreeSet<&str> {
        let rows = rows.iter().filter(|row| row.asked == asked);
        rows.map(|row| {
            row.answer.strip_prefix('`').and_then(|rest| rest.split('`').next()).unwrap_or(row.answer)
        })
        .collect()
    };
    let (token, me, info) = (of("token"), of("me"), of("user_info"));
    for code in (100_000..=100_031).chain([100_048, 100_050]) {
        let code = code.to_string();
        assert!(token.contains(code.as_str()) && me.contains(code.as_str()), "{code}");
    }
    for code in ["1002", "-1", "-23", "100030"] {
        assert!(info.contains(code), "{code}");
    }
    assert!(BROKEN.iter().all(|what| token.contains(what) && me.contains(what) && info.contains(what)));
    for failure in me.iter().filter(|answer| !answer.starts_with("100")) {
        let alone =
            ["the client_id of another app", "an openid of 256 characters", "HTTP 400 with an error code"];
        assert!(info.contains(failure) || alone.contains(failure), "{failure}");
    }
    let seen: BTreeSet<_> = rows.iter().map(|row| (row.asked, row.answer)).collect();
    assert_eq!(seen.len(), rows.len(), "duplicate row");
    assert!(rows.iter().all(|row| row.asked != "callback" || row.outcome == "PROVIDER_REJECTED"));
}
