//! PostgreSQL behind pgbouncer: what works, and what is refused at start.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures_util::future::join_all;
use menjin::app::Gateway;
use menjin::config::Config;
use menjin::config::reader::Source;
use menjin::core::random::Random;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::support::{Backend, PASSWORD, World};

/// A pgbouncer of the test, between the gateway and its database.
struct Pooler {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

impl Pooler {
    /// Starts pgbouncer with fewer server connections than two gateways open. `None` if it is not installed, which fails in CI.
    async fn start(database: &str, mode: &str) -> Option<Self> {
        let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"]
            .into_iter()
            .find(|path| fs::exists(path).unwrap_or(false));
        let Some(program) = program else {
            assert!(
                std::env::var("MENJIN_TEST_STRICT").is_err(),
                "pgbouncer is not installed, and no test may be skipped here"
            );
            eprintln!("skipped: pgbouncer is not installed");
            return None;
        };
        let url: Url = database.parse().expect("an address");
        let port =
            TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address").port();
        let folder = TempDir::new().expect("a temporary folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("permissions");
        let password = url.password().map(|password| format!(" password={password}")).unwrap_or_default();
        let settings = format!(
            "[databases]\n* = host={} port={} user={}{password}\n\n[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port={port}\n\
             auth_type=any\npool_mode={mode}\ndefault_pool_size=6\nmax_client_conn=200\nunix_socket_dir=\n",
            url.host_str().unwrap_or("127.0.0.1"),
            url.port().unwrap_or(5432),
            url.username(),
        );
        let file = folder.path().join("pgbouncer.ini");
        fs::write(&file, settings).expect("a file");
        // pgbouncer does not run as root.
        let process = Command::new(program)
            .args(["-q", "-u", "nobody"])
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("pgbouncer starts");
        let pooler = Self { process, port, _folder: folder };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return Some(pooler);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("pgbouncer does not listen");
    }

    /// Returns the address of `database` behind the pooler.
    fn address(&self, database: &str) -> String {
        let mut url: Url = database.parse().expect("an address");
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(self.port)).expect("a port");
        url.into()
    }
}

async fn behind(mode: &str) -> Option<(World, Pooler, String)> {
    let world = World::start(Backend::Servers).await?;
    let pooler = Pooler::start(&world.stores.database_url, mode).await?;
    let address = pooler.address(&world.stores.database_url);
    Some((world, pooler, address))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_gateways_behind_a_pooler_that_shares_sessions_give_right_answers() {
    let Some((world, _pooler, address)) = behind("transaction").await else { return };
    let settings = [("DATABASE_URL", address.as_str())];
    let gateways = [world.another_gateway_with(&settings).await, world.another_gateway_with(&settings).await];
    let mut people = Vec::new();
    for number in 0..6 {
        people.push(world.person(&format!("+861380013800{number}"), &format!("person{number}")).await);
    }
    let asked = (0..120_usize).map(|number| {
        let (person, gateway) = (&people[number % people.len()], &gateways[number % 2]);
        let world = &world;
        async move {
            let browser = world.browser().at_gateway(gateway.address());
            if number % 10 == 0 {
                let reply = browser
                    .login(person.outcome["user"]["username"].as_str().expect("a name"), PASSWORD)
                    .await;
                return reply["user"]["id"] == person.id.as_str();
            }
            let me = person.new_browser(world).at_gateway(gateway.address()).me().await;
            me["id"] == person.id.as_str()
        }
    });
    let right = join_all(asked).await.into_iter().filter(|right| *right).count();
    assert_eq!(right, 120, "each user received their own account");
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_work_behind_every_pooler_that_allows_transactions() {
    for mode in ["session", "transaction"] {
        let Some((world, pooler, _)) = behind(mode).await else { return };
        let fresh = format!(
            "{}_again",
            Url::parse(&world.stores.database_url).expect("an address").path().trim_start_matches('/')
        );
        let mut direct: Url = world.stores.database_url.parse().expect("an address");
        world.sql().await.run(&format!("CREATE DATABASE {fresh}")).await;
        direct.set_path(&fresh);
        let address = pooler.address(direct.as_str());
        let (first, second) = tokio::join!(menjin::db::migrate(&address), menjin::db::migrate(&address));
        let (first, second) = (first.expect("migrations"), second.expect("migrations"));
        assert!(
            first.is_empty() != second.is_empty(),
            "{mode}: one of them applied all: {first:?} {second:?}"
        );
        drop(pooler);
        tokio::time::sleep(Duration::from_millis(200)).await;
        world.sql().await.run(&format!("DROP DATABASE {fresh} WITH (FORCE)")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_without_transactions_is_refused_at_start() {
    let Some((world, _pooler, address)) = behind("statement").await else { return };
    let mut variables = world.variables().to_vec();
    variables.retain(|(name, _)| name != "DATABASE_URL");
    variables.push(("DATABASE_URL".into(), address.clone()));
    let config = Config::load(Source::from_variables(variables)).expect("a configuration");
    let refused = Gateway::start(config, world.clock.clone(), Random::system()).await;
    let text = refused.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(text.contains("pool_mode = transaction"), "{text}");
    let doctor = world.operator_with_settings(&[("DATABASE_URL", &address)], &["doctor"]).await;
    assert!(doctor.code == 1 && doctor.out.contains("pool_mode = transaction"), "{doctor:?}");
}
