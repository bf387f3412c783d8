//! A clock that is set back revives no link, and a clock that was far ahead ends none permanently. What the store
//! records about the clock has the same effect as marking each link at each change.

use cxme_admin::domain::message::MessageId;
use cxme_admin::domain::message::MessageState;
use cxme_admin::domain::user::UserId;
use cxme_admin::mail::transport::MemoryTransport;
use cxme_admin::mail::transport::Transport;
use cxme_admin::outbox::SendOptions;
use cxme_admin::secrets::ResetCode;
use cxme_admin::secrets::reset_code::ResetCodeHash;
use cxme_admin::store::StoreError;
use cxme_admin::store::attempts::AttemptResult;
use cxme_admin::store::attempts::AttemptStart;
use cxme_admin::store::links::LinkQuery;
use cxme_admin::store::messages::LinkState;
use cxme_admin::store::outbox::Scope;
use proptest::prelude::*;

use crate::world::LIFETIME;
use crate::world::World;
use crate::world::code_in;
use crate::world::is_long;
use crate::world::value_at;

const HOUR: i64 = 3_600;

/// A link that was sent to a new user.
fn sent(world: &World, name: &str) -> (MessageId, ResetCode) {
    let id = world.queue(world.user(name));
    let mails = world.mails();
    (id, ResetCode::parse(&code_in(mails.last().unwrap())).unwrap())
}

/// A change that has nothing to do with links.
fn change(world: &World) {
    world.change(|store| store.note_time(world.now()));
}

fn is_usable(world: &World, code: &ResetCode) -> bool {
    let link = world.store.read().unwrap().link_by_code(&code.hash()).unwrap().unwrap();
    let uses = || {
        let writing = world.store.write().unwrap();
        writing.use_link(link.message, world.now()).unwrap()
    };
    let is_usable = link.metadata.is_usable(world.now());
    assert_eq!(uses(), is_usable, "the SQL says what the rule says");
    assert_eq!(link.metadata.state(world.now()) == LinkState::Open, is_usable);
    is_usable
}

#[test]
fn a_link_that_had_expired_at_a_change_remains_expired() {
    for back in [1, HOUR, 48 * HOUR] {
        let world = World::new();
        let (_, code) = sent(&world, "alice");
        world.wait(i64::try_from(LIFETIME.as_secs()).unwrap());
        change(&world);
        world.wait(-back);
        assert!(!is_usable(&world, &code), "{back} s back");
        change(&world);
        assert!(!is_usable(&world, &code), "{back} s back, and a change there");
        let (_, new) = sent(&world, "bob");
        assert!(is_usable(&world, &new), "{back} s back: a new link works");
        assert!(!is_usable(&world, &code));
        world.wait(back);
        assert!(!is_usable(&world, &code), "and on again");
    }
}

#[test]
fn without_a_change_after_its_end_a_link_depends_on_the_clock() {
    let world = World::new();
    let (_, code) = sent(&world, "alice");
    change(&world);
    world.wait(i64::try_from(LIFETIME.as_secs()).unwrap());
    assert!(!is_usable(&world, &code));
    world.wait(-1);
    assert!(is_usable(&world, &code), "nobody has seen it expire");
}

#[test]
fn a_change_in_the_year_2036_ends_no_link_that_is_sent_after_the_clock_was_corrected() {
    let world = World::new();
    let (_, old) = sent(&world, "alice");
    let years = 10 * 365 * 24 * HOUR;
    world.wait(years);
    change(&world);
    world.wait(-years);
    assert!(!is_usable(&world, &old), "it was seen to be over");
    let (id, new) = sent(&world, "bob");
    assert!(is_usable(&world, &new));
    world.wait(60);
    change(&world);
    assert!(is_usable(&world, &new));
    assert_eq!(world.message(id).link.unwrap().state(world.now()), LinkState::Open);
    world.wait(i64::try_from(LIFETIME.as_secs()).unwrap());
    assert!(!is_usable(&world, &new));
}

#[test]
fn sending_counts_as_a_change() {
    let world = World::new();
    let (_, code) = sent(&world, "alice");
    world.wait(i64::try_from(LIFETIME.as_secs()).unwrap());
    sent(&world, "bob");
    world.wait(-HOUR);
    assert!(!is_usable(&world, &code));
}

#[test]
fn a_link_of_a_repeated_mail_expires_by_its_own_time() {
    let world = World::new();
    let (id, code) = sent(&world, "alice");
    world.wait(i64::try_from(LIFETIME.as_secs()).unwrap());
    change(&world);
    world.sql(&format!("UPDATE messages SET state = 'in doubt', ended_at = NULL WHERE id = {}", id.0));
    world.wait(-48 * HOUR);
    world.sql(&format!("UPDATE messages SET due_at = 0 WHERE id = {}", id.0));
    let report = world.send_with(
        Transport::Memory(MemoryTransport::default()),
        &SendOptions { scope: Scope::These(vec![id]), ..SendOptions::default() },
    );
    assert_eq!(report.accepted, 1);
    assert!(is_usable(&world, &code), "it lives from its last delivery");
}

#[test]
fn one_row_is_kept_while_the_clock_is_right() {
    let world = World::new();
    let periods = || value_at(world.store.path(), "SELECT count(*) FROM clock_periods", []);
    for _ in 0..5 {
        world.wait(HOUR);
        change(&world);
    }
    assert_eq!(periods(), 1);
    for _ in 0..3 {
        world.wait(-1);
        change(&world);
    }
    assert_eq!(periods(), 4);
    world.wait(10);
    change(&world);
    assert_eq!(periods(), 1, "caught up with");
}

/// One step of a scenario.
#[derive(Debug, Clone)]
enum Step {
    /// The clock moves forward or back.
    Move(i64),
    /// A change.
    Change,
    /// The mail of this link is started, and its attempt ends with this state.
    Deliver(usize, MessageState),
    /// This link is used, if it can be.
    Use(usize),
}

/// A link in a simple model, in which each change marks each expired link.
#[derive(Debug, Clone, Copy, Default)]
struct Naive {
    expires_at: Option<i64>,
    /// The mail may have arrived.
    may_have_arrived: bool,
    is_marked: bool,
    is_used: bool,
}

const LINKS: usize = 4;

fn step() -> impl Strategy<Value = Step> {
    let lifetime = i64::try_from(LIFETIME.as_secs()).unwrap();
    let states = prop_oneof![Just(MessageState::Accepted), Just(MessageState::InDoubt), Just(MessageState::Deferred)];
    prop_oneof![
        4 => (-3 * lifetime..=3 * lifetime).prop_map(Step::Move),
        1 => prop_oneof![Just(-1_i64), Just(1), Just(lifetime), Just(-lifetime)].prop_map(Step::Move),
        3 => Just(Step::Change),
        3 => (0..LINKS, states).prop_map(|(link, state)| Step::Deliver(link, state)),
        1 => (0..LINKS).prop_map(Step::Use),
    ]
}

struct Story {
    world: World,
    ids: Vec<MessageId>,
    naive: [Naive; LINKS],
}

impl Story {
    fn new() -> Self {
        let world = World::new();
        let users: Vec<UserId> = (0..LINKS).map(|link| world.user(&format!("user{link}"))).collect();
        let ids = users.iter().map(|user| world.queue(*user)).collect();
        Self { world, ids, naive: [Naive::default(); LINKS] }
    }

    fn now(&self) -> i64 {
        self.world.now().as_second()
    }

    fn mark(&mut self) {
        let now = self.now();
        for link in &mut self.naive {
            link.is_marked |= link.expires_at.is_some_and(|end| end <= now);
        }
    }

    fn take(&mut self, step: &Step) {
        let (now, world) = (self.world.now(), &self.world);
        match step {
            Step::Move(seconds) => world.wait(*seconds),
            Step::Change => {
                change(world);
                self.mark();
            }
            Step::Deliver(link, state) => {
                let id = self.ids[*link];
                let start = AttemptStart {
                    id,
                    nonce: [7; 16],
                    message_id: "m@example.com".to_owned(),
                    code_hash: Some(ResetCodeHash([u8::try_from(*link).unwrap(); 32])),
                };
                world.change(|store| {
                    store.note_time(now)?;
                    store.start_attempts(&[start], 16, now)
                });
                self.mark();
                let expires_at = Some(self.now() + i64::try_from(LIFETIME.as_secs()).unwrap());
                self.naive[*link].expires_at = expires_at;
                self.naive[*link].is_marked = false;
                assert!(self.world.message(id).link.unwrap().is_usable(now) != self.naive[*link].is_used, "under way");
                self.naive[*link].may_have_arrived |= *state != MessageState::Deferred;
                let due_at = (*state != MessageState::Accepted).then_some(now);
                let result = AttemptResult::Tried { state: *state, reply: String::new(), due_at };
                self.world.change(|store| {
                    store.note_time(now)?;
                    store.record_attempts(&[(id, result)], now)
                });
            }
            Step::Use(link) => {
                let id = self.ids[*link];
                let is_used = world.change(|store| {
                    store.note_time(now)?;
                    store.use_link(id, now)
                });
                self.mark();
                assert_eq!(is_used, self.is_usable(*link), "link {link}");
                self.naive[*link].is_used |= is_used;
            }
        }
    }

    fn is_usable(&self, link: usize) -> bool {
        let Naive { expires_at, may_have_arrived, is_marked, is_used } = self.naive[link];
        !is_used && may_have_arrived && !is_marked && expires_at.is_some_and(|end| end > self.now())
    }

    fn check(&self) {
        let now = self.world.now();
        let mut open = Vec::new();
        let reading = self.world.store.read().unwrap();
        let query = LinkQuery { state: Some(LinkState::Open), ..LinkQuery::default() };
        reading
            .each_link::<StoreError>(&query, now, &mut |message| {
                open.push(message.id);
                Ok(())
            })
            .unwrap();
        drop(reading);
        for (link, id) in self.ids.iter().enumerate() {
            let metadata = self.world.message(*id).link.unwrap();
            assert_eq!(
                metadata.is_usable(now),
                self.is_usable(link),
                "link {link}: {metadata:?}, {:?}",
                self.naive[link]
            );
            assert_eq!(open.contains(id), metadata.is_usable(now), "link {link} in the list");
        }
    }
}

#[test]
fn the_periods_of_the_clock_are_the_same_as_marking_every_link_at_every_change() {
    let config = ProptestConfig {
        cases: if is_long() { 500 } else { 40 },
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(steps in proptest::collection::vec(step(), 1..40))| {
        let mut story = Story::new();
        for step in &steps {
            story.take(step);
            story.check();
        }
    });
}
