use std::time::Duration;

use super::*;
use crate::config::delivery::SmtpSecurity;
use crate::core::language::Language;
use crate::core::random::Random;
use crate::delivery::render::Renderer;
use crate::delivery::testing::{MailServer, code};

async fn send(settings: &SmtpSettings, to: &str, language: Language) -> Result<Receipt, SendError> {
    let clock = Clock::manual(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
    let id = crate::core::ids::MessageId::new(&clock, &Random::seeded(1));
    let mail = Renderer::new("门禁").mail(&code(), language);
    let content = code();
    let outgoing = Outgoing { id, to, content: &content, mail: &mail };
    Smtp::new(settings, clock).unwrap().send(&outgoing).await
}

#[tokio::test]
async fn a_mail_has_plain_text_html_and_a_stable_message_id() {
    let server = MailServer::start(&[], Duration::ZERO).await;
    for language in [Language::Chinese, Language::English] {
        let first = send(&server.settings(), "ann@example.com", language).await.unwrap();
        let second = send(&server.settings(), "ann@example.com", language).await.unwrap();
        assert_eq!(first, second, "both attempts have the same Message-ID");
        let message_id = first.reference.unwrap();
        let mail = server.mails().pop().unwrap();
        for part in [
            &format!("Message-ID: <{message_id}>"),
            "Auto-Submitted: auto-generated",
            "To: ann@example.com",
            "multipart/alternative",
            "text/plain",
            "text/html",
            "Date: Fri, 15 Jan 2027",
        ] {
            assert!(mail.contains(part), "{part} in {mail}");
        }
    }
}

#[tokio::test]
async fn replies_are_classified_by_code_and_never_quoted() {
    let text = |code| format!("the mail server replied {code}");
    for (reply, expected) in [
        ("550 ann@example.com unknown", SendError::Permanent(text(550))),
        ("554 spam 004217", SendError::Permanent(text(554))),
        ("421 closing", SendError::Temporary(text(421))),
        ("452 full", SendError::Temporary(text(452))),
        ("535 who are you", SendError::Misconfigured(text(535))),
    ] {
        let server = MailServer::start(&[reply], Duration::ZERO).await;
        let error = send(&server.settings(), "ann@example.com", Language::English).await.unwrap_err();
        assert_eq!(error, expected, "{reply}");
    }
}

#[tokio::test]
async fn an_unreachable_server_is_temporary_and_a_lost_reply_to_the_mail_is_unknown() {
    let closed = MailServer::start(&[], Duration::ZERO).await.settings();
    let gone = {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let unreachable = SmtpSettings { port: gone, ..closed };
    let error = send(&unreachable, "ann@example.com", Language::English).await.unwrap_err();
    assert!(matches!(&error, SendError::Temporary(text) if text.contains("is unreachable")), "{error:?}");

    let slow = MailServer::start(&[], Duration::from_secs(60)).await.settings();
    let slow = SmtpSettings { timeout: Duration::from_millis(300), ..slow };
    let error = send(&slow, "ann@example.com", Language::English).await.unwrap_err();
    assert_eq!(error, SendError::Unknown("the mail server did not reply to the mail in time".into()));
}

#[tokio::test]
async fn a_mail_is_not_sent_unencrypted_when_the_server_lacks_starttls() {
    let server = MailServer::start(&[], Duration::ZERO).await;
    let settings = SmtpSettings { security: SmtpSecurity::StartTls, ..server.settings() };
    assert!(send(&settings, "ann@example.com", Language::English).await.is_err());
    assert!(server.mails().is_empty());
}

#[tokio::test]
async fn an_invalid_address_is_refused_and_not_quoted() {
    let server = MailServer::start(&[], Duration::ZERO).await;
    let error = send(&server.settings(), "ann at example", Language::English).await.unwrap_err();
    assert!(matches!(&error, SendError::Permanent(text) if !text.contains("ann")), "{error:?}");
}

#[tokio::test]
async fn connections_are_used_again_and_replaced_when_the_server_closed_them() {
    let server = MailServer::start(&[], Duration::ZERO).await;
    let clock = Clock::manual(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
    let client = Smtp::new(&server.settings(), clock.clone()).unwrap();
    let (content, random) = (code(), Random::seeded(1));
    let mail = Renderer::new("Menjin").mail(&content, Language::English);
    let send = async || {
        let id = crate::core::ids::MessageId::new(&clock, &random);
        client.send(&Outgoing { id, to: "ann@example.com", content: &content, mail: &mail }).await
    };
    for _ in 0..5 {
        send().await.unwrap();
    }
    assert_eq!((server.connections(), server.mails().len()), (1, 5));
    server.disconnect();
    send().await.unwrap();
    assert_eq!((server.connections(), server.mails().len()), (2, 6));
}

#[tokio::test]
async fn a_refused_recipient_does_not_cost_the_connection() {
    let server = MailServer::start(&["550 unknown"], Duration::ZERO).await;
    let clock = Clock::manual(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
    let client = Smtp::new(&server.settings(), clock.clone()).unwrap();
    let content = code();
    let mail = Renderer::new("Menjin").mail(&content, Language::English);
    let id = crate::core::ids::MessageId::new(&clock, &Random::seeded(1));
    let outgoing = Outgoing { id, to: "ann@example.com", content: &content, mail: &mail };
    assert!(client.send(&outgoing).await.is_err());
    client.send(&outgoing).await.unwrap();
    assert_eq!((server.connections(), server.mails().len()), (1, 1));
}

/// Prints the rate of mails; run it with `--ignored --nocapture`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn rate_of_mails() {
    let server = MailServer::start(&[], Duration::ZERO).await;
    let clock = Clock::manual(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
    let client = Smtp::new(&server.settings(), clock.clone()).unwrap();
    let start = tokio::time::Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for seed in 0..8 {
        let (client, clock) = (client.clone(), clock.clone());
        tasks.spawn(async move {
            let (content, random) = (code(), Random::seeded(seed));
            let mail = Renderer::new("Menjin").mail(&content, Language::English);
            for _ in 0..50 {
                let id = crate::core::ids::MessageId::new(&clock, &random);
                let outgoing = Outgoing { id, to: "ann@example.com", content: &content, mail: &mail };
                client.send(&outgoing).await.unwrap();
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let rate = 400.0 / start.elapsed().as_secs_f64();
    println!("{rate:.0} mails per second with 8 tasks");
}
