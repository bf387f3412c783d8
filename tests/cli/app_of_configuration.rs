//! An app that is built from a configuration without the command line, as a server builds it: the same rules, the same mails,
//! on threads of its own.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use cxme_admin::actions::resets::redeem;
use cxme_admin::actions::users::send_reset;
use cxme_admin::actions::users::send_reset::LinkOptions;
use cxme_admin::actions::users::send_reset::SendResult;
use cxme_admin::app::App;
use cxme_admin::app::ChangeOptions;
use cxme_admin::app::Setup;
use cxme_admin::clock::ScriptedClock;
use cxme_admin::config::Config;
use cxme_admin::config::ConfigEnv;
use cxme_admin::config::ResetSection;
use cxme_admin::domain::message::MessageState;
use cxme_admin::domain::operator::Account;
use cxme_admin::domain::user::UserReference;
use cxme_admin::random::ScriptedRandom;
use cxme_admin::secrets::ResetCode;
use cxme_admin::secrets::password::Password;
use cxme_admin::store::open::ExpectedVersion;
use insta::assert_snapshot;

use crate::support::GOOD;
use crate::support::World;
use crate::support::me;

fn setup(world: &World) -> Arc<Setup> {
    let config = Arc::new(Config::load(&world.config(), ConfigEnv::default()).unwrap());
    let store = config.store.path.clone().unwrap();
    let (clock, random) = (Arc::new(ScriptedClock::new(world.now())), Arc::new(ScriptedRandom::new(1)));
    Arc::new(Setup::new(config, store, me(), "host", clock, random))
}

fn open(setup: &Arc<Setup>) -> App {
    let account = Account {
        uid: me(),
        name: "olga".to_owned(),
        is_name_known: true,
        login_uid: None,
        host: "host".to_owned(),
        elevation: None,
    };
    App::open(Arc::clone(setup), account, ExpectedVersion::Current).unwrap()
}

fn link_options() -> LinkOptions {
    let reset = ResetSection::default();
    LinkOptions {
        includes_bounced: false,
        lifetime: None,
        reset_life: reset.lifetime,
        invitation_lifetime: reset.invitation_lifetime,
        note: None,
        unless_sent_within: Duration::ZERO,
    }
}

#[test]
fn a_link_is_mailed_and_redeemed_on_threads_without_the_command_line() {
    let world = World::with_mail().with_users("alice");
    let setup = setup(&world);
    let sender = open(&setup);
    let sent = thread::spawn(move || {
        let mailer = sender.mailer().unwrap();
        let alice = [UserReference::new("alice")];
        let (wanted, options) = (link_options(), ChangeOptions::default());
        send_reset::send(&sender, &mailer, sender.send_options(), &alice, &wanted, &options).unwrap().0
    });
    let sent = sent.join().unwrap();
    assert!(
        matches!(&sent[0].what, SendResult::Mailed(message) if message.state == MessageState::Accepted),
        "{sent:?}"
    );
    let code = ResetCode::parse(&world.newest_code()).unwrap();
    let portal = open(&setup);
    let refused = thread::spawn(move || {
        let redeemable = redeem::look(&portal, Some(&code)).unwrap();
        let short = Password::new("short".to_owned().into()).unwrap();
        let refused = redeem::redeem(&portal, &redeemable, &short, false, &ChangeOptions::default()).unwrap_err();
        let good = Password::new(GOOD.to_owned().into()).unwrap();
        redeem::redeem(&portal, &redeemable, &good, false, &ChangeOptions::default()).unwrap();
        refused.to_string()
    });
    assert_snapshot!(refused.join().unwrap(), @"the password does not meet the organization's requirements");
    assert!(world.accepts("alice", GOOD));
}

#[test]
fn a_setup_that_was_read_for_a_login_knows_no_password_requirements() {
    let world = World::new().with_users("alice");
    let config = Arc::new(Config::load_for_login(&world.config(), ConfigEnv::default()).unwrap());
    let (clock, random) = (Arc::new(ScriptedClock::new(world.now())), Arc::new(ScriptedRandom::new(1)));
    let setup = Setup::new(config, world.store(), me(), "host", clock, random).for_login();
    let error = open(&Arc::new(setup)).general_policy().unwrap_err();
    assert_snapshot!(error, @"this command reads no password requirements");
}
