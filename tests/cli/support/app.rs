//! The actions without a terminal, for what happens between a question and its answer.

use std::sync::Arc;

use cxme_admin::app::App;
use cxme_admin::app::Setup;
use cxme_admin::clock::ScriptedClock;
use cxme_admin::domain::operator::Account;
use cxme_admin::random::ScriptedRandom;
use cxme_admin::store::open::ExpectedVersion;

use super::World;

impl World {
    /// The app of an account, with the clock of this world.
    pub(crate) fn app(&self, uid: u32, name: &str) -> App {
        let account = Account {
            uid,
            name: name.to_owned(),
            is_name_known: true,
            login_uid: None,
            host: "host".to_owned(),
            elevation: None,
        };
        let (clock, random) = (Arc::new(ScriptedClock::new(self.now())), Arc::new(ScriptedRandom::new(1)));
        let setup = Setup::new(Arc::default(), self.store(), uid, &account.host, clock, random);
        App::open(Arc::new(setup), account, ExpectedVersion::Current).unwrap()
    }
}
