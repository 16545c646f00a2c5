//! Helpers for the tests of this module: isolated databases, a gateway with a manual clock, and a scripted mail server.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::content::{Content, Destination, NoticeTopic, Topic};
use super::email::Email;
use super::email::inbox::EmailInbox;
use super::email::smtp::Smtp;
use super::outbox::Outbox;
use super::sms::inbox::SmsInbox;
use super::sms::{Carrier, Sms};
use super::worker::Worker;
use crate::config::delivery::{SmtpSecurity, SmtpSettings, WorkerSettings};
use crate::core::clock::Clock;
use crate::core::ids::MessageId;
use crate::core::language::Language;
use crate::core::random::Random;
use crate::core::secret::MasterKey;
use crate::db::models::InboxMessage;
use crate::db::types::MessageStatus;
use crate::db::{Db, migrate};

/// A database that no other test uses.
pub(crate) struct Store {
    pub db: Db,
    pub url: String,
    _folder: Option<tempfile::TempDir>,
    admin: Option<String>,
}

impl Store {
    /// Creates a SQLite file without tables.
    pub async fn bare_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("menjin.db").display());
        let db = Db::open(&url, 4, Duration::from_secs(10)).await.unwrap();
        Self { db, url, _folder: Some(folder), admin: None }
    }

    /// Creates a SQLite file with the current schema.
    pub async fn sqlite() -> Self {
        let store = Self::bare_sqlite().await;
        migrate(&store.url).await.unwrap();
        store
    }

    /// Creates a PostgreSQL database; `None` where no server is configured.
    pub async fn postgres() -> Option<Self> {
        let Ok(admin) = std::env::var("TEST_DATABASE_URL") else {
            let set = |name, value| std::env::var(name).is_ok_and(|found| found == value);
            let strict = set("MENJIN_TEST_STRICT", "1") || set("CI", "true");
            assert!(!strict, "TEST_DATABASE_URL is not set");
            eprintln!("skipped: PostgreSQL (TEST_DATABASE_URL is not set)");
            return None;
        };
        let name = format!("menjin_delivery_{}", uuid::Uuid::from_bytes(Random::system().bytes()).simple());
        execute(&admin, &format!("CREATE DATABASE {name}")).await;
        let mut url = url::Url::parse(&admin).unwrap();
        url.set_path(&name);
        if url.query().is_none() {
            // Test servers rarely have a trusted certificate.
            url.set_query(Some("sslmode=disable"));
        }
        let url = String::from(url);
        migrate(&url).await.unwrap();
        let db = Db::open(&url, 8, Duration::from_secs(10)).await.unwrap();
        Some(Self { db, url, _folder: None, admin: Some(admin) })
    }

    /// Creates one store per configured database.
    pub async fn all() -> Vec<Self> {
        let mut stores = vec![Self::sqlite().await];
        stores.extend(Self::postgres().await);
        stores
    }

    /// Drops a PostgreSQL database.
    pub async fn remove(self) {
        if let Some(admin) = &self.admin {
            let url = url::Url::parse(&self.url).unwrap();
            let name = url.path().trim_start_matches('/');
            execute(admin, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }
}

async fn execute(url: &str, statement: &str) {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    for attempt in 0..20 {
        // The template database is locked while another test copies it.
        match client.batch_execute(statement).await {
            Ok(()) => break,
            Err(error) if attempt == 19 => panic!("{error:?}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(250)).await,
        }
    }
    connection.abort();
}

/// A gateway with a manual clock.
pub(crate) struct Gateway {
    pub outbox: Outbox,
    pub db: Db,
    pub clock: Clock,
    pub random: Random,
    pub settings: WorkerSettings,
}

impl Gateway {
    pub fn new(store: &Store) -> Self {
        let random = Random::system();
        let clock = Clock::manual(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let master = MasterKey::generate(&random);
        Self::with(store, &master, clock, random)
    }

    pub fn with(store: &Store, master: &MasterKey, clock: Clock, random: Random) -> Self {
        let db = store.db.clone();
        let outbox = Outbox::new(db.clone(), master, clock.clone(), random.clone());
        Self { outbox, db, clock, random, settings: WorkerSettings::default() }
    }

    pub fn sms(&self) -> Sms {
        let inbox = SmsInbox::new(self.db.clone(), self.clock.clone(), self.random.clone());
        Sms::everywhere(vec![Carrier::Inbox(inbox)])
    }

    pub fn email(&self) -> Email {
        Email::Inbox(EmailInbox::new(self.db.clone(), self.clock.clone(), self.random.clone()))
    }

    pub fn start(&self, sms: impl Into<Option<Sms>>, email: Email) -> Running {
        let cancel = CancellationToken::new();
        let worker = Worker::new(&self.outbox, sms.into(), email, self.settings.clone());
        let task = tokio::spawn(worker.run_until(cancel.clone()));
        Running { cancel, task }
    }

    /// Enqueues a code for a mobile number, valid for ten minutes.
    pub async fn queue_sms(&self) -> MessageId {
        let destination =
            Destination::Sms { e164: "+8613800138000".into(), masked: "+86 138****8000".into() };
        self.queue(destination).await
    }

    /// Enqueues a code for an e-mail address, valid for ten minutes.
    pub async fn queue_email(&self) -> MessageId {
        let destination =
            Destination::Email { address: "ann@example.com".into(), masked: "a**@example.com".into() };
        self.queue(destination).await
    }

    async fn queue(&self, destination: Destination) -> MessageId {
        let expires = self.clock.now() + TimeDelta::minutes(10);
        let message = self.outbox.compose(destination, &code(), Language::English, expires);
        let id = message.id;
        self.outbox.enqueue(message).await.unwrap();
        id
    }

    pub async fn status(&self, id: MessageId) -> MessageStatus {
        self.outbox.status(id).await.unwrap().unwrap().status
    }

    pub async fn last_error(&self, id: MessageId) -> Option<String> {
        self.db.message_progress(id).await.unwrap().unwrap().last_error
    }

    pub async fn inbox(&self) -> Vec<InboxMessage> {
        self.db.newest_in_inbox(None, 1_000).await.unwrap()
    }

    /// Waits until the message has this status.
    pub async fn reaches(&self, id: MessageId, status: MessageStatus) {
        eventually(async || self.status(id).await == status).await;
    }

    /// Waits until this number of attempts has been made and recorded.
    pub async fn attempted(&self, id: MessageId, attempts: i32) {
        eventually(async || {
            let progress = self.db.message_progress(id).await.unwrap().unwrap();
            progress.attempts >= attempts && progress.last_error.is_some()
        })
        .await;
    }
}

/// A running worker.
pub(crate) struct Running {
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    /// Stops the worker and waits until it has returned.
    pub async fn stop(self) {
        self.cancel.cancel();
        let stopped = tokio::time::timeout(Duration::from_secs(10), self.task).await;
        stopped.expect("a cancelled worker returns").unwrap();
    }
}

/// Waits up to twenty seconds for the condition to become true.
pub(crate) async fn eventually(mut condition: impl AsyncFnMut() -> bool) {
    for _ in 0..1_000 {
        if condition().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the condition did not become true");
}

/// Returns a notice of every topic.
pub(crate) fn notice_topics() -> Vec<NoticeTopic> {
    let provider = || Some("QQ".to_owned());
    vec![
        NoticeTopic::PasswordChanged,
        NoticeTopic::PasswordReset,
        NoticeTopic::UsernameChanged,
        NoticeTopic::MobileChanged,
        NoticeTopic::EmailChanged,
        NoticeTopic::AccountDeleted { purge_at: DateTime::from_timestamp(1_800_000_000, 0).unwrap() },
        NoticeTopic::ProviderLinked { provider: provider() },
        NoticeTopic::ProviderLinked { provider: None },
        NoticeTopic::ProviderUnlinked { provider: provider() },
        NoticeTopic::ProviderUnlinked { provider: None },
        NoticeTopic::AccountsMerged,
        NoticeTopic::AccountsUnmerged,
    ]
}

pub(crate) fn code() -> Content {
    Content::Code { topic: Topic::Login, code: "004217".into(), minutes: 10 }
}

/// A mail server with scripted replies to `RCPT TO`. It replies 250 after the last of them.
#[derive(Clone)]
pub(crate) struct MailServer {
    port: u16,
    mails: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
    cut: Arc<Notify>,
    recipients: Arc<Mutex<VecDeque<&'static str>>>,
}

impl MailServer {
    /// `recipients` are the first replies to `RCPT TO`; `delay` precedes each reply to `DATA`.
    pub async fn start(recipients: &[&'static str], delay: Duration) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            mails: Arc::default(),
            connections: Arc::default(),
            cut: Arc::default(),
            recipients: Arc::new(Mutex::new(recipients.iter().copied().collect())),
        };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                serving.connections.fetch_add(1, Ordering::Relaxed);
                let (serving, cut) = (serving.clone(), Arc::clone(&serving.cut));
                tokio::spawn(async move {
                    tokio::select! {
                        () = serving.serve(socket, delay) => {}
                        () = cut.notified() => {}
                    }
                });
            }
        });
        server
    }

    async fn serve(self, socket: TcpStream, delay: Duration) {
        let mut socket = BufReader::new(socket);
        let _ = socket.write_all(b"220 mail.example.com ESMTP\r\n").await;
        let mut line = String::new();
        loop {
            line.clear();
            if socket.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            let reply = match line.get(..4).unwrap_or_default() {
                "EHLO" => "250-mail.example.com\r\n250 8BITMIME",
                "RCPT" => self.recipients.lock().unwrap().pop_front().unwrap_or("250 ok"),
                "DATA" => {
                    let _ = socket.write_all(b"354 go on\r\n").await;
                    self.receive(&mut socket).await;
                    tokio::time::sleep(delay).await;
                    "250 queued"
                }
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            if socket.write_all(format!("{reply}\r\n").as_bytes()).await.is_err() {
                return;
            }
        }
    }

    async fn receive(&self, socket: &mut BufReader<TcpStream>) {
        let mut mail = String::new();
        while socket.read_line(&mut mail).await.unwrap_or(0) > 0 && !mail.ends_with("\r\n.\r\n") {}
        self.mails.lock().unwrap().push(mail);
    }

    /// Returns the number of connections that clients have opened.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Closes all connections.
    pub fn disconnect(&self) {
        self.cut.notify_waiters();
    }

    /// Returns the received mails with their headers.
    pub fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }

    pub fn settings(&self) -> SmtpSettings {
        SmtpSettings {
            host: "127.0.0.1".into(),
            port: self.port,
            security: SmtpSecurity::Plain,
            credentials: None,
            from: "门禁 <no-reply@example.com>".parse().unwrap(),
            timeout: Duration::from_secs(5),
            connections: 4,
            ca: None,
        }
    }

    pub fn client(&self, clock: &Clock) -> Email {
        Email::Smtp(Smtp::new(&self.settings(), clock.clone()).unwrap())
    }
}
