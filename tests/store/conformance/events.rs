//! The audit: events in a chain, and the lists of them.

use cxme_admin::domain::event::Event;
use cxme_admin::domain::event::NewEvent;
use cxme_admin::domain::event_chain::ChainBreak;
use cxme_admin::domain::event_chain::ChainReport;
use cxme_admin::domain::event_chain::ChainVerifier;
use cxme_admin::domain::user::UserId;
use cxme_admin::store::StoreError;
use cxme_admin::store::events::EventQuery;

use super::BEGIN;
use super::Engine;
use super::Fixture;
use super::new_event;

/// What a check of the chain can end with.
#[derive(Debug)]
pub(super) struct ChainOrStore;

impl From<StoreError> for ChainOrStore {
    fn from(_: StoreError) -> Self {
        Self
    }
}

impl From<ChainBreak> for ChainOrStore {
    fn from(_: ChainBreak) -> Self {
        Self
    }
}

pub(super) fn numbers(fixture: &Fixture, query: &EventQuery) -> Vec<i64> {
    let mut numbers = Vec::new();
    let visit = |event: Event| {
        numbers.push(event.number);
        Ok::<_, StoreError>(())
    };
    fixture.read().each_event(query, visit).unwrap();
    numbers
}

#[test]
fn an_event_is_read_back_and_counted_from_one() {
    for fixture in Engine::each() {
        assert_eq!(fixture.read().newest_event().unwrap(), None);
        assert_eq!(fixture.store.write().unwrap().next_event_number().unwrap(), 1);
        let new = NewEvent {
            reason: Some("ticket ä".to_owned()),
            details: Some("{}".to_owned()),
            user: Some(UserId(5)),
            ..new_event(7, None)
        };
        fixture.undone(|writing| writing.append_event(&new));
        assert_eq!(fixture.read().event(1).unwrap(), None);
        fixture.change(|writing| writing.append_event(&new));
        let event = fixture.read().event(1).unwrap().unwrap();
        assert_eq!((event.number, event.time, event.user_id), (1, BEGIN + 7, Some(5)));
        assert_eq!((event.reason.as_deref(), event.details.as_deref()), (Some("ticket ä"), Some("{}")));
        assert_eq!((event.operator.as_str(), event.operator_uid, event.host.as_str()), ("root", 0, "host"));
        assert_eq!((event.action.as_str(), event.outcome.as_str()), ("users lock", "done"));
        assert_eq!(fixture.read().newest_event().unwrap(), Some(event));
        assert_eq!(fixture.store.write().unwrap().next_event_number().unwrap(), 2);
        for number in [0, 2, i64::MIN, i64::MAX] {
            assert_eq!(fixture.read().event(number).unwrap(), None);
        }
    }
}

#[test]
fn events_form_a_chain() {
    for fixture in Engine::each() {
        for seconds in 1..=3 {
            fixture.change(|writing| writing.append_event(&new_event(seconds, None)));
        }
        let reading = fixture.read();
        let newest = reading.newest_event().unwrap().unwrap();
        let mut seen = Vec::new();
        let chain = ChainVerifier::new(Some(newest.hash));
        let verified = reading.follow_chain::<ChainOrStore>(chain, |event| seen.push(event.number)).unwrap();
        assert_eq!((verified, seen), (ChainReport { events: 3, archived: 0, erased: 0 }, vec![1, 2, 3]));
        let other = ChainVerifier::new(Some(vec![9; 32]));
        assert!(reading.follow_chain::<ChainOrStore>(other, |_| ()).is_err(), "the head is another one");
        let mut events = Vec::new();
        let visit = |event: Event| {
            events.push(event);
            Ok::<_, StoreError>(())
        };
        reading.each_event_of_the_chain(visit).unwrap();
        assert_eq!(events.iter().map(|event| event.number).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(events.pop(), reading.newest_event().unwrap());
    }
}

#[test]
fn events_are_listed_by_each_condition_newest_first() {
    for fixture in Engine::each() {
        let user = fixture.add_user("alice");
        let event = |seconds, action: &str, outcome, user| NewEvent {
            action: action.to_owned(),
            outcome,
            ..new_event(seconds, user)
        };
        let mut other = event(4, "users", "done", None);
        other.account.uid = 7;
        let first = fixture.store.write().unwrap().next_event_number().unwrap();
        for new in [
            event(1, "users lock", "done", Some(user)),
            event(2, "users lock many", "refused", None),
            event(3, "users locked", "done", None),
            other,
        ] {
            fixture.change(|writing| writing.append_event(&new));
        }
        let none = EventQuery::default;
        let queries: [(EventQuery, &[i64]); 10] = [
            (none(), &[3, 2, 1, 0]),
            (EventQuery { user: Some(user), ..none() }, &[0]),
            (EventQuery { user: Some(UserId(i64::MAX)), ..none() }, &[]),
            (EventQuery { action: Some("users lock"), ..none() }, &[1, 0]),
            (EventQuery { action: Some("users"), ..none() }, &[3, 2, 1, 0]),
            (EventQuery { action: Some("users l"), ..none() }, &[]),
            (EventQuery { operator_uid: Some(7), ..none() }, &[3]),
            (EventQuery { outcome: Some("refused"), ..none() }, &[1]),
            (EventQuery { since: Some(BEGIN + 2), until: Some(BEGIN + 3), ..none() }, &[2, 1]),
            (EventQuery { since: Some(BEGIN + 5), ..none() }, &[]),
        ];
        for (query, expected) in queries {
            let expected: Vec<i64> = expected.iter().map(|number| first + number).collect();
            let listed: Vec<i64> = numbers(&fixture, &query).into_iter().filter(|number| *number >= first).collect();
            assert_eq!(listed, expected, "{query:?}");
            let count = fixture.read().count_events(&query).unwrap();
            assert_eq!(count, numbers(&fixture, &query).len() as u64);
            let limited = EventQuery { limit: Some(2), ..query };
            assert_eq!(numbers(&fixture, &limited).len(), listed.len().min(2));
            assert_eq!(fixture.read().count_events(&limited).unwrap(), count, "the limit does not count");
        }
        assert!(numbers(&fixture, &EventQuery { limit: Some(0), ..none() }).is_empty());
    }
}

#[test]
fn a_visitor_that_fails_ends_the_events() {
    for fixture in Engine::each() {
        for seconds in 1..=2 {
            fixture.change(|writing| writing.append_event(&new_event(seconds, None)));
        }
        let mut seen = 0;
        let failed = fixture.read().each_event(&EventQuery::default(), |_| {
            seen += 1;
            Err(StoreError::BeingRestored)
        });
        assert!(matches!(failed, Err(StoreError::BeingRestored)) && seen == 1);
    }
}
