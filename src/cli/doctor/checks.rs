//! Which checks there are, how long each may take, and what it needs.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use super::timer;
use crate::actions::doctor::disk;
use crate::actions::doctor::finding::CheckError;
use crate::actions::doctor::finding::CheckResult;
use crate::actions::doctor::finding::FaultClass;
use crate::actions::doctor::finding::Finding;
use crate::actions::doctor::hashing;
use crate::actions::doctor::head;
use crate::actions::doctor::jobs;
use crate::actions::doctor::link;
use crate::actions::doctor::lists;
use crate::actions::doctor::operators;
use crate::actions::doctor::relay;
use crate::actions::doctor::relay::LookUp;
use crate::actions::doctor::role_policies;
use crate::actions::doctor::side_by_side::Check;
use crate::actions::doctor::side_by_side::Reporter;
use crate::actions::doctor::store;
use crate::actions::doctor::texts;
use crate::actions::doctor::users;
use crate::actions::doctor::waiting;
use crate::actions::mail::test;
use crate::actions::store::check::CheckExpectations;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::Setup;
use crate::cli::context::Context;
use crate::cli::store::check;
use crate::domain::email_address::EmailAddress;
use crate::domain::message::MessageState;
use crate::domain::operator::Account;
use crate::domain::rate::Rates;
use crate::outbox::SendOptions;
use crate::store::open::ExpectedVersion;

/// How long each check may take. All end within `super::WHOLE`.
const STORE: Duration = Duration::from_secs(14);
const DISK: Duration = Duration::from_secs(5);
const HASHING: Duration = Duration::from_secs(8);
const LISTS: Duration = Duration::from_secs(10);
const TEXTS: Duration = Duration::from_secs(8);
const LINK: Duration = Duration::from_secs(8);
/// The password command, the look-up and the dialogue have limits of their own.
const RELAY: Duration = Duration::from_secs(14);
const TIMER: Duration = Duration::from_secs(5);
/// What is read of the store in one statement each.
const READING: Duration = Duration::from_secs(10);
/// A directory server may be asked for each account.
const ACCOUNTS: Duration = Duration::from_secs(8);
const TEST_MAIL: Duration = Duration::from_secs(14);

/// How checks get at the store: each opens it for itself, because an app serves one thread at a time.
#[derive(Clone)]
pub(super) struct StoreAccess {
    setup: Arc<Setup>,
    account: Option<Account>,
}

impl StoreAccess {
    /// Without an account, the store cannot be used.
    pub(super) fn new(setup: Arc<Setup>, account: Option<Account>) -> Self {
        Self { setup, account }
    }

    pub(super) fn is_usable(&self) -> bool {
        self.account.is_some()
    }

    /// A check of the store with one line.
    fn check(
        &self,
        name: &'static str,
        limit: Duration,
        run: impl FnOnce(&App, &Reporter) -> CheckResult + Send + 'static,
    ) -> Check {
        self.check_of_lines(name, limit, move |app, reporter| reporter.line(name, run(app, reporter)))
    }

    /// A check of the store that reports its lines.
    fn check_of_lines(
        &self,
        name: &'static str,
        limit: Duration,
        run: impl FnOnce(&App, &Reporter) + Send + 'static,
    ) -> Check {
        let Self { setup, account } = self.clone();
        let run = move |reporter: &Reporter| {
            let Some(account) = account else {
                return reporter.line(name, Ok(Finding::not_checked("see: store")));
            };
            match App::open(setup, account, ExpectedVersion::Current) {
                Ok(app) => run(&app, reporter),
                Err(error) => reporter.line(name, Err(error.into())),
            }
        };
        Check { name, limit, if_late: "run it again when the machine is less busy", run: Box::new(run) }
    }
}

/// A check of the configuration, with one line.
fn of_setup(
    setup: &Arc<Setup>,
    name: &'static str,
    limit: Duration,
    if_late: &'static str,
    run: impl FnOnce(&Setup, &Reporter) -> CheckResult + Send + 'static,
) -> Check {
    let setup = Arc::clone(setup);
    Check { name, limit, if_late, run: Box::new(move |reporter| reporter.line(name, run(&setup, reporter))) }
}

/// All checks that can be run side by side.
///
/// # Errors
/// When the process may not have what it needs.
pub(super) fn all(
    context: &mut Context,
    store: &StoreAccess,
    head: Option<Vec<u8>>,
    test_mail: Option<(EmailAddress, ChangeOptions)>,
) -> anyhow::Result<Vec<Check>> {
    let setup = &store.setup;
    let has_head = head.is_some();
    let expected = CheckExpectations { head, ..check::expectations(setup)? };
    let resolver = context.process.resolver.clone();
    let look_up: LookUp = Arc::new(move |host| resolver.look_up(host));
    let complain_after = setup.config().jobs.complain_after;
    let accounts = context.process.accounts.clone();
    let systemd = context.process.systemd.clone();
    let (of_link, of_relay) = (Arc::clone(&look_up), Arc::clone(setup));
    let machine = "run it again when the machine is less busy";
    let mut checks = vec![
        store.check_of_lines("integrity", STORE, move |app, reporter| {
            store::check_store(app, "integrity", &expected, reporter);
        }),
        store.check("disk", DISK, |app, _| disk::check_disk(app)),
        of_setup(setup, "password hashing", HASHING, machine, |setup, _| hashing::check_hashing(setup)),
        of_setup(setup, "lists", LISTS, machine, |setup, _| lists::check_lists(setup)),
        store.check("role policies", READING, |app, _| role_policies::check_role_policies(app)),
        of_setup(setup, "texts", TEXTS, machine, |setup, _| texts::check_texts(setup)),
        of_setup(
            setup,
            "link",
            LINK,
            "check [reset] link, and the name servers of this machine (/etc/resolv.conf)",
            move |setup, reporter| link::check_link(setup, "link", |host| of_link(host), reporter),
        ),
        Check {
            name: relay::MAIL,
            limit: RELAY,
            if_late: "check [mail.smtp] host and port, and the way through the network",
            run: Box::new(move |reporter| relay::check_relay(&of_relay, &look_up, reporter)),
        },
        of_setup(setup, "timer", TIMER, "systemctl does not answer: look at the machine", move |_, _| {
            Ok(timer::finding_of(systemd.jobs_timer()))
        }),
        store.check("waiting mail", READING, move |app, _| waiting::check_waiting(app, complain_after)),
        store.check("jobs", READING, |app, _| jobs::check_jobs(app)),
        store.check("operator accounts", ACCOUNTS, move |app, reporter| {
            reporter.begins("operator accounts", "the directory of accounts");
            operators::check_operators(app, |uid| accounts.look_up(uid))
        }),
        store.check("SAML domains", READING, |app, _| users::check_sign_in(app)),
        store.check("password hashes", READING, |app, _| users::check_hashes(app)),
    ];
    if !has_head {
        checks.insert(1, store.check("audit head", READING, |app, _| head::check_head(app)));
    }
    if let Some((address, options)) = test_mail {
        let run = move |app: &App, _: &Reporter| send_test(app, &address, &options);
        checks.push(store.check("test mail", TEST_MAIL, run));
    }
    Ok(checks)
}

/// Sends a test mail, as `mail test` does.
fn send_test(app: &App, address: &EmailAddress, options: &ChangeOptions) -> CheckResult {
    let mailer = app.mailer_without_links(None)?;
    // A little less than the check may take, so that the message is settled.
    let deadline = Some(Instant::now() + TEST_MAIL - Duration::from_secs(2));
    let send_options = SendOptions { deadline, rates: Rates::default(), ..app.send_options() };
    let Some((message, report)) = test::test(app, &mailer, send_options, address, options)? else {
        return Ok(Finding::not_checked("a dry run"));
    };
    let reply = message.reply.unwrap_or_default();
    let class = match (message.state, report.transport_error) {
        (MessageState::Accepted, _) => {
            let accepted = mailer.transport.accepted(&format!("the test mail for {address}"));
            return Ok(Finding::ok(format!("{accepted}: {reply}")));
        }
        (_, Some(error)) => return Err(CheckError::Relay(error)),
        (MessageState::Failed, None) => FaultClass::Relay,
        (_, None) => FaultClass::Later,
    };
    let words = format!("the test mail for {address} was not accepted ({}): {reply}", message.state);
    Ok(Finding::failed(class, words, "the dialogue: cxme-admin mail test ADDRESS -v"))
}
