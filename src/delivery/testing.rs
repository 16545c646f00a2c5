//! For tests: stores of their own, and a mail server that does as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::content::{Content, Destination, Status, Topic};
use super::email::Email;
use super::email::inbox::EmailInbox;
use super::email::smtp::Smtp;
use super::outbox::Outbox;
use super::sms::Sms;
use super::sms::inbox::SmsInbox;
use super::worker::Worker;
use crate::config::delivery::{SmtpSecurity, SmtpSettings, WorkerSettings};
use crate::core::clock::Clock;
use crate::core::ids::MessageId;
use crate::core::language::Language;
use crate::core::random::Random;
use crate::core::secret::MasterKey;
use crate::db::models::InboxMessage;
use crate::db::{Db, migrate};

/// A store that nobody else uses.
pub(crate) struct Store {
    pub db: Db,
    pub url: String,
    _folder: Option<tempfile::TempDir>,
    admin: Option<String>,
}

impl Store {
    /// A fresh SQLite file, without tables.
    pub async fn bare_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("menjin.db").display());
        let db = Db::open(&url, 4, Duration::from_secs(10)).await.unwrap();
        Self { db, url, _folder: Some(folder), admin: None }
    }

    /// A fresh SQLite file.
    pub async fn sqlite() -> Self {
        let store = Self::bare_sqlite().await;
        migrate(&store.url).await.unwrap();
        store
    }

    /// A fresh PostgreSQL database, or `None` where no server was given.
    pub async fn postgres() -> Option<Self> {
        let Ok(admin) = std::env::var("TEST_DATABASE_URL") else {
            let set = |name, value| std::env::var(name).is_ok_and(|found| found == value);
            let strict = set("MENJIN_TEST_STRICT", "1") || set("CI", "true");
            assert!(!strict, "TEST_DATABASE_URL is not set");
            eprintln!("left out: PostgreSQL (TEST_DATABASE_URL is not set)");
            return None;
        };
        let name = format!("menjin_delivery_{}", uuid::Uuid::from_bytes(Random::system().bytes()).simple());
        execute(&admin, &format!("CREATE DATABASE {name}")).await;
        let mut url = url::Url::parse(&admin).unwrap();
        url.set_path(&name);
        if url.query().is_none() {
            // The certificate of a server for tests is rarely one to be trusted.
            url.set_query(Some("sslmode=disable"));
        }
        let url = String::from(url);
        migrate(&url).await.unwrap();
        let db = Db::open(&url, 8, Duration::from_secs(10)).await.unwrap();
        Some(Self { db, url, _folder: None, admin: Some(admin) })
    }

    /// Every store there is, one after the other.
    pub async fn all() -> Vec<Self> {
        let mut stores = vec![Self::sqlite().await];
        stores.extend(Self::postgres().await);
        stores
    }

    /// Removes a PostgreSQL database again.
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

/// One gateway with a clock that is moved by hand.
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
        Sms::Inbox(inbox)
    }

    pub fn email(&self) -> Email {
        Email::Inbox(EmailInbox::new(self.db.clone(), self.clock.clone(), self.random.clone()))
    }

    pub fn start(&self, sms: impl Into<Option<Sms>>, email: Email) -> Running {
        let cancel = CancellationToken::new();
        let worker = Worker::new(&self.outbox, sms.into(), email, self.settings.clone());
        let task = tokio::spawn(worker.run(cancel.clone()));
        Running { cancel, task }
    }

    /// Puts a code for a mobile number into the outbox, good for ten minutes.
    pub async fn queue_sms(&self) -> MessageId {
        let destination =
            Destination::Sms { e164: "+8613800138000".into(), masked: "+86 138****8000".into() };
        self.queue(destination).await
    }

    /// Puts a code for an address into the outbox, good for ten minutes.
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

    pub async fn status(&self, id: MessageId) -> Status {
        self.outbox.status(id).await.unwrap().unwrap().status
    }

    pub async fn last_error(&self, id: MessageId) -> Option<String> {
        self.db.message_progress(id).await.unwrap().unwrap().last_error
    }

    pub async fn inbox(&self) -> Vec<InboxMessage> {
        self.db.newest_in_inbox(None, 1_000).await.unwrap()
    }

    /// Waits until the message has come this far.
    pub async fn reaches(&self, id: MessageId, status: Status) {
        eventually(async || self.status(id).await == status).await;
    }

    /// Waits until so many attempts have been made and noted.
    pub async fn attempted(&self, id: MessageId, attempts: i32) {
        eventually(async || {
            let progress = self.db.message_progress(id).await.unwrap().unwrap();
            progress.attempts >= attempts && progress.last_error.is_some()
        })
        .await;
    }
}

/// A worker at work.
pub(crate) struct Running {
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    /// Stops it and waits.
    pub async fn stop(self) {
        self.cancel.cancel();
        let stopped = tokio::time::timeout(Duration::from_secs(10), self.task).await;
        stopped.expect("a cancelled worker returns").unwrap();
    }
}

/// Asks again and again, for twenty seconds.
pub(crate) async fn eventually(mut condition: impl AsyncFnMut() -> bool) {
    for _ in 0..1_000 {
        if condition().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it did not come true");
}

pub(crate) fn code() -> Content {
    Content::Code { topic: Topic::Login, code: "004217".into(), minutes: 10 }
}

/// A mail server that answers what it was told to answer to `RCPT TO`, then 250.
#[derive(Clone)]
pub(crate) struct MailServer {
    port: u16,
    mails: Arc<Mutex<Vec<String>>>,
    recipients: Arc<Mutex<VecDeque<&'static str>>>,
}

impl MailServer {
    /// `recipients` are the first answers; `pause` comes before each answer to the text of a mail.
    pub async fn start(recipients: &[&'static str], pause: Duration) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            mails: Arc::default(),
            recipients: Arc::new(Mutex::new(recipients.iter().copied().collect())),
        };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(socket, pause));
            }
        });
        server
    }

    async fn serve(self, socket: TcpStream, pause: Duration) {
        let mut socket = BufReader::new(socket);
        let _ = socket.write_all(b"220 mail.example.com ESMTP\r\n").await;
        let mut line = String::new();
        loop {
            line.clear();
            if socket.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            let answer = match line.get(..4).unwrap_or_default() {
                "EHLO" => "250-mail.example.com\r\n250 8BITMIME",
                "RCPT" => self.recipients.lock().unwrap().pop_front().unwrap_or("250 ok"),
                "DATA" => {
                    let _ = socket.write_all(b"354 go on\r\n").await;
                    self.receive(&mut socket).await;
                    tokio::time::sleep(pause).await;
                    "250 queued"
                }
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            if socket.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                return;
            }
        }
    }

    async fn receive(&self, socket: &mut BufReader<TcpStream>) {
        let mut mail = String::new();
        while socket.read_line(&mut mail).await.unwrap_or(0) > 0 && !mail.ends_with("\r\n.\r\n") {}
        self.mails.lock().unwrap().push(mail);
    }

    /// What has come in, headers included.
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
        }
    }

    pub fn client(&self, clock: &Clock) -> Email {
        Email::Smtp(Smtp::new(&self.settings(), clock.clone()).unwrap())
    }
}
