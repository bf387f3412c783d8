//! A generated password is set only where standard output would take it.

use std::process::Command;

use crate::world::World;
use crate::world::finish;

/// The program under a shell that sets up its standard streams.
pub(crate) fn redirected(world: &World, words: &str, redirection: &str) -> Command {
    // In a session of its own there is no terminal to ask at.
    let script = format!("exec setsid {} {words} {redirection}", env!("CARGO_BIN_EXE_cxme-admin"));
    let mut command = world.command(&[]);
    let environment: Vec<_> =
        command.get_envs().map(|(name, value)| (name.to_owned(), value.map(Into::into))).collect();
    command = Command::new("sh");
    command.args(["-c", &script]).env_clear().stdin(std::process::Stdio::null());
    for (name, value) in environment {
        let value: std::ffi::OsString = value.unwrap_or_default();
        command.env(name, value);
    }
    command
}

#[test]
fn a_standard_output_that_loses_the_password_is_refused_before_anything_changes() {
    let world = World::new();
    let facts = || {
        let sql = "SELECT (SELECT count(*) FROM users), (SELECT count(password_hash) FROM users)";
        world.sqlite().query_row(sql, [], |row| Ok::<(i64, i64), _>((row.get(0)?, row.get(1)?))).unwrap()
    };
    let before = facts();
    for words in ["users set-password alice --generate", "users add carol@example.com --generate"] {
        for (redirection, reason) in [
            (">&-", "standard output is closed"),
            (">/dev/null", "standard output is /dev/null"),
            (">/dev/full", "standard output cannot be written: No space left on device"),
            ("1</dev/zero", "standard output is not open for writing"),
        ] {
            let ran = finish(redirected(&world, words, redirection), "");
            ran.refused(74, reason);
            assert!(ran.stderr.contains("the generated password would be lost; nothing was changed"), "{}", ran.stderr);
            assert_eq!(facts(), before, "{words} {redirection}");
        }
        // No password is printed by a dry run.
        finish(redirected(&world, words, "--dry-run >/dev/null"), "").done(&[words]);
    }
    let file = world.directory().join("password");
    let ran = finish(redirected(&world, "users set-password alice --generate", &format!(">{}", file.display())), "");
    ran.done(&[]);
    let password = std::fs::read_to_string(&file).unwrap();
    finish(world.command(&["users", "verify-password", "alice", "--stdin"]), &password).done(&[]);
}
