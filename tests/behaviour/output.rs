//! Standard output that is closed early, and standard output that cannot be written.

use rstest_reuse::apply;
use std::fs::File;
use std::process::{Command, Output, Stdio};

use crate::support::{Backend, World, both_backends};

fn menjin(world: &World, arguments: &[&str], out: impl Into<Stdio>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_menjin"));
    command.args(arguments).env_clear().envs(world.variables().iter().cloned());
    command.stdin(Stdio::null()).stdout(out).stderr(Stdio::piped()).output().expect("the binary starts")
}

#[apply(both_backends)]
async fn closing_standard_output_early_is_not_an_error(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person("+8613800138000", "lilei").await;
    for arguments in [
        &["schema"][..],
        &["version"],
        &["doctor"],
        &["migrate"],
        &["keys", "list"],
        &["audit"],
        &["users", "list"],
        &["users", "show", "lilei"],
        &["users", "roles", "lilei", "--set", "admin"],
        &["users", "disable", "lilei"],
        &["users", "enable", "lilei"],
        &["users", "revoke-sessions", "lilei"],
        &["users", "create", "--username", "hanmei"],
        &["users", "delete", "hanmei", "--yes"],
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let ended = menjin(&world, arguments, writer);
        assert!(ended.status.success() && ended.stderr.is_empty(), "{arguments:?} {ended:?}");
    }
    assert_eq!(world.sql().await.count("audit_events WHERE kind = 'user_deleted'").await, 1, "it was done");
    // A failed write is reported: a new password, for example, is printed only once.
    let full = File::options().write(true).open("/dev/full").expect("Linux has it");
    let ended = menjin(&world, &["users", "create", "--username", "meimei"], full);
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.code() == Some(1) && said.starts_with("menjin: standard output: "), "{ended:?}");
}
