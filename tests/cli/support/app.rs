//! The actions without a terminal, for what happens between a question and its answer.

use cxme_admin::actions::App;
use cxme_admin::actions::AppRules;
use cxme_admin::actions::PolicySource;
use cxme_admin::clock::ScriptedClock;
use cxme_admin::domain::operator::Account;
use cxme_admin::domain::policy::Policy;
use cxme_admin::private_file::Rule;
use cxme_admin::random::ScriptedRandom;
use cxme_admin::store::Store;
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
        let store = Store::open(&self.store(), &Rule::store(false), ExpectedVersion::Current).unwrap();
        let (clock, random) = (Box::new(ScriptedClock::new(self.now())), Box::new(ScriptedRandom::new(1)));
        let policy = PolicySource::new(|| Ok(Policy::default()));
        App::new(store, account, AppRules { policy, ..AppRules::default() }, clock, random)
    }
}
