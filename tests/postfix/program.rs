//! The program with a configuration that names a server of these tests.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use cxme_admin::config::Config;
use cxme_admin::config::PasswordFrom;
use cxme_admin::config::Surroundings;
use cxme_admin::domain::relay::Security;
use cxme_admin::mail::smtp::Login;
use cxme_admin::mail::smtp::Relay;
use cxme_admin::mail::transport::Transport;
use cxme_admin::secrets::RelayPassword;
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::server::Options;
use crate::server::Postfix;
use crate::support::can_postfix;
use crate::support::command;
use crate::support::said;
use crate::world::World;

/// The program, its configuration and its store.
pub(crate) struct Program {
    folder: TempDir,
}

impl Program {
    /// A store that mails by this server, without users yet.
    pub(crate) fn new(postfix: &Postfix) -> Self {
        let program = Self { folder: tempfile::tempdir().unwrap() };
        let rest = "\n[store]\npath = \"store.db\"\n\n[reset]\nlink = \"https://reset.example.com/#{code}\"\n";
        fs::write(program.config(), postfix.config() + rest).unwrap();
        program.does(&["init", "--yes"]);
        program
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut program = command(env!("CARGO_BIN_EXE_cxme-admin"));
        program.arg("-c").arg(self.config()).args(arguments).output().unwrap()
    }

    /// Runs a command, which must succeed; gives its standard output.
    pub(crate) fn does(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }
}

#[test]
fn a_server_is_reached_as_the_configuration_says() {
    if !can_postfix() {
        return;
    }
    for (tls, login) in [(Security::StartTls, true), (Security::Implicit, true), (Security::None, false)] {
        let postfix = Postfix::start(Options { tls, login, ..Options::default() });
        let program = Program::new(&postfix);
        let config = Config::load(&program.config(), Surroundings::default()).unwrap();
        let smtp = config.mail.smtp;
        let mut relay = Relay::new(&smtp.host.unwrap(), smtp.port, smtp.tls, smtp.ca_file.as_deref()).unwrap();
        relay.login = smtp.login.map(|login| {
            let PasswordFrom::File(file) = login.password else { panic!("{:?}", login.password) };
            let password = RelayPassword::from_bytes(Zeroizing::new(fs::read(file).unwrap())).unwrap();
            Login { username: login.username, password: password.into_secret(), method: login.method }
        });
        assert_eq!(relay.login.is_some(), login);
        let world = World::new();
        world.queue(world.user("alice"));
        let report = world.send(Transport::Smtp(Box::new(relay)), 1);
        assert_eq!(report.accepted, 1, "{report:?}\n{}", postfix.log());
    }
}
