//! Prints the seconds that a run of the outbox takes, its seconds of processor time, and the average size of its
//! mails in bytes: with a new store of N users with a queued reset each, which are sent to a relay on this machine
//! over several connections, or to memory if the port is 0. `benches/bulk.py` compares it with Postfix's smtp-source:
//! `bulk DIRECTORY PORT CONNECTIONS COUNT`.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context as _;
use anyhow::ensure;
use cxme_admin::clock::Clock as _;
use cxme_admin::clock::SystemClock;
use cxme_admin::domain::operator::Account;
use cxme_admin::domain::organization::Organization;
use cxme_admin::domain::policy::RoleRequirements;
use cxme_admin::domain::relay::Security;
use cxme_admin::domain::role::RoleId;
use cxme_admin::domain::user::SignIn;
use cxme_admin::mail::compose::Composer;
use cxme_admin::mail::context::MailIdentity;
use cxme_admin::mail::smtp::Relay;
use cxme_admin::mail::texts::MailTexts;
use cxme_admin::mail::transport::MemoryTransport;
use cxme_admin::mail::transport::Transport;
use cxme_admin::outbox;
use cxme_admin::outbox::Mailer;
use cxme_admin::outbox::SendOptions;
use cxme_admin::private_file::Rule;
use cxme_admin::random::SystemRandom;
use cxme_admin::secrets::ResetKey;
use cxme_admin::store::Store;
use cxme_admin::store::messages::NewContent;
use cxme_admin::store::messages::NewMessage;
use cxme_admin::store::open::ExpectedVersion;
use cxme_admin::store::users::NewUser;
use nix::sys::resource::UsageWho;
use nix::sys::resource::getrusage;
use nix::sys::time::TimeVal;
use nix::sys::time::TimeValLike as _;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [directory, port, connections, count] = &words[..] else {
        anyhow::bail!("usage: bulk DIRECTORY PORT CONNECTIONS COUNT");
    };
    let (port, connections, count): (u16, usize, u64) = (port.parse()?, connections.parse()?, count.parse()?);
    let path = Path::new(directory).join("bulk.db");
    queue(&path, count)?;
    let store = Store::open(&path, &Rule::store(false), ExpectedVersion::Current)?;
    let memory = MemoryTransport::default();
    let mailer = mailer(match port {
        0 => Transport::Memory(memory.clone()),
        _ => Transport::Smtp(Box::new(Relay::new("127.0.0.1", port, Security::None, None)?)),
    })?;
    let order = SendOptions { connections, ..SendOptions::default() };
    let (start, processor_before) = (Instant::now(), processor_time()?);
    let report = outbox::run(&store, &mailer, &order, &SystemClock, &SystemRandom)?;
    let (seconds, processor) = (start.elapsed().as_secs_f64(), processor_time()? - processor_before);
    ensure!(report.accepted == count, "not all were accepted: {report:?}");
    let mails = memory.mails();
    let bytes: usize = mails.iter().map(|mail| mail.content.len()).sum();
    writeln!(std::io::stdout(), "{seconds:.4} {processor:.4} {}", bytes / mails.len().max(1))?;
    Ok(())
}

/// The seconds of processor time that this process has used so far, user and system.
fn processor_time() -> anyhow::Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let seconds = |time: TimeVal| Duration::from_micros(time.num_microseconds().unsigned_abs()).as_secs_f64();
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}

/// Creates a store with users, and a reset for each.
fn queue(path: &Path, count: u64) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let operator = Account {
        uid: 0,
        name: "root".to_owned(),
        is_name_known: true,
        login_uid: None,
        host: "host".to_owned(),
        elevation: None,
    };
    let mut fault = None;
    Store::create(path, 0o600, |store| {
        store.add_built_in_roles()?;
        let role = RoleId::ADMIN;
        for number in 0..count {
            let name = format!("user{number:07}");
            let (Ok(username), Ok(email)) = (name.parse(), format!("{name}@example.net").parse()) else {
                fault = Some(name);
                continue;
            };
            let sign_in = SignIn::Password;
            let new = NewUser { username, email, name, role, sign_in, locale: None, created_at: now };
            let user = store.add_user(&new)?;
            store.queue_message(&NewMessage {
                content: NewContent::Link { invitation: false, lifetime: Duration::from_secs(3_600), note: None },
                user: Some(user),
                address: &new.email,
                operator: &operator,
                created_at: now,
            })?;
        }
        Ok(())
    })?;
    ensure!(fault.is_none(), "not a user: {fault:?}");
    Ok(())
}

fn mailer(transport: Transport) -> anyhow::Result<Mailer> {
    let identity = MailIdentity {
        from: "no-reply@example.com".parse().context("from")?,
        reply_to: None,
        bounce_to: None,
        organization: &Organization::default(),
        link: Some("https://reset.example.com/#{code}".parse().context("link")?),
        policy: &RoleRequirements::default(),
        headers: &[],
        time_zone: jiff::tz::TimeZone::UTC,
        texts: MailTexts::built_in()?,
    };
    Ok(Mailer {
        composer: Arc::new(Composer::new(identity)?),
        transport: Arc::new(transport),
        key: Some(ResetKey::generate(&SystemRandom)),
        organization: Organization::default(),
        queue_lifetime: Duration::from_secs(86_400),
    })
}
