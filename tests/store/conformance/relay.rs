//! A relay that refuses everything: for how long nothing is sent, and the messages whose tries do not count.

use std::time::Duration;

use cxme_admin::domain::message::MessageId;
use cxme_admin::domain::message::MessageState;
use cxme_admin::domain::retry;
use cxme_admin::store::attempts::AttemptResult;
use cxme_admin::store::outbox::Scope;
use cxme_admin::store::relay_refusals::RelayHold;
use cxme_admin::store::users::NewUser;

use super::Engine;
use super::SENDER;
use super::at;
use super::jobs::job_for;
use super::new_user;

#[test]
fn a_hold_lasts_longer_each_time_until_the_relay_accepts() {
    for fixture in Engine::each() {
        let hold = || fixture.read().relay_hold().unwrap();
        assert_eq!(hold(), None);
        fixture.change(|writing| writing.lift_relay_hold());
        fixture.change(|writing| writing.end_relay_hold());
        assert_eq!(hold(), None);
        fixture.undone(|writing| writing.hold_relay("no", at(0)));
        assert_eq!(hold(), None);
        for count in 1..=7 {
            let until = fixture.change(|writing| writing.hold_relay("554 nö", at(10)));
            assert_eq!(until, at(10) + retry::hold(count));
            let expected = RelayHold { until, count, reply: "554 nö".to_owned(), has_accepted: false };
            assert_eq!(hold(), Some(expected));
        }
        let present = hold().unwrap();
        assert!(present.is_in_force(at(10)) && !present.is_in_force(present.until));
        // Somebody asks to send: it is not in force, and counts on if the relay refuses again.
        fixture.change(|writing| writing.lift_relay_hold());
        let lifted = hold().unwrap();
        assert!(!lifted.is_in_force(at(10)) && lifted.count == 7 && !lifted.has_accepted);
        fixture.change(|writing| writing.end_relay_hold());
        let ended = hold().unwrap();
        assert_eq!((ended.count, ended.has_accepted, ended.is_in_force(at(10))), (0, true, false));
        assert_eq!(fixture.change(|writing| writing.hold_relay("no", at(20))), at(20) + Duration::from_secs(300));
        assert!(!hold().unwrap().has_accepted);
    }
}

#[test]
fn a_hold_says_whether_mail_was_refused_or_left_in_doubt() {
    for fixture in Engine::each() {
        let hold = || fixture.read().relay_hold().unwrap().unwrap();
        fixture.undone(|writing| writing.hold_relay_for_doubts("relay:25: closed", at(0)));
        let until = fixture.change(|writing| writing.hold_relay_for_doubts("relay:25: closed", at(0)));
        assert_eq!((until, hold().until, hold().count), (at(300), at(300), 1));
        assert_eq!((hold().reply.as_str(), hold().words()), ("in doubt: relay:25: closed", "relay:25: closed"));
        assert!(hold().is_for_doubts());
        // The two count on together: the relay could not be used.
        assert_eq!(fixture.change(|writing| writing.hold_relay("554 no", at(0))), at(600));
        assert!(!hold().is_for_doubts());
    }
}

#[test]
fn tries_that_do_not_count_are_given_back() {
    for fixture in Engine::each() {
        let (job, ids) = job_for(&fixture, &["u1", "u2", "u3", "u4"]);
        let of_none = fixture.queue(fixture.add_user("u5"), 0);
        let give_back =
            |id, from: Option<i64>| fixture.change(|writing| writing.give_back_message(id, from.map(at), at(40)));
        let given_back = |scope: &Scope| fixture.read().given_back(scope).unwrap();
        assert!(!give_back(ids[0], None) && !give_back(MessageId(i64::MAX), None), "it waits, and was not tried");
        fixture.try_message(ids[0], MessageState::Deferred, Some(60), 10);
        assert!(fixture.undone(|writing| writing.give_back_message(ids[0], None, at(40))));
        assert_eq!(fixture.state(ids[0]), MessageState::Deferred);
        assert!(give_back(ids[0], None) && !give_back(ids[0], None));
        let first = fixture.message(ids[0]);
        assert_eq!((first.state, first.attempts, first.due_at), (MessageState::Queued, 0, at(40)));
        assert_eq!(first.reply.as_deref(), Some("the relay's words: deferred"), "the words of the try stay");
        assert!(!fixture.read().was_released(ids[0]).unwrap());
        // Its second try, and one whose mail may have arrived before.
        for seconds in [10, 20] {
            fixture.try_message(ids[1], MessageState::Deferred, Some(60), seconds);
        }
        fixture.try_message(ids[2], MessageState::InDoubt, Some(15), 10);
        fixture.try_message(ids[2], MessageState::Deferred, Some(60), 20);
        assert!(give_back(ids[1], Some(10)) && give_back(ids[2], Some(10)));
        assert_eq!((fixture.state(ids[1]), fixture.state(ids[2])), (MessageState::Deferred, MessageState::InDoubt));
        let due = fixture.read().waiting(ids[1]).unwrap().unwrap().unwrap();
        assert_eq!((due.attempts, due.lifetime_from, due.given_back), (1, Some(at(10)), true));
        // One that was released because the relay refuses everything is one of them.
        fixture.start(&[of_none], SENDER, 30);
        let released = AttemptResult::Released { reply: "no".to_owned(), due_at: at(40), given_back: true };
        fixture.record(of_none, released, 30);
        assert_eq!(given_back(&Scope::Job(job)), ids[..3], "the oldest first");
        assert_eq!(given_back(&Scope::OfNoJob), [of_none]);
        assert!(given_back(&Scope::These(ids.clone())).is_empty());
        fixture.deliver(ids[0], 50);
        assert_eq!(given_back(&Scope::Job(job)), ids[1..3]);
    }
}

#[test]
fn a_deferred_message_fails_when_the_refusal_is_its_own() {
    for fixture in Engine::each() {
        let (_, ids) = job_for(&fixture, &["u1", "u2"]);
        let fail = |id| fixture.change(|writing| writing.fail_deferred(id, at(30)));
        fixture.try_message(ids[0], MessageState::Deferred, Some(60), 10);
        assert!(fixture.undone(|writing| writing.fail_deferred(ids[0], at(30))));
        assert!(fail(ids[0]) && !fail(ids[0]) && !fail(ids[1]) && !fail(MessageId(i64::MAX)));
        let message = fixture.message(ids[0]);
        assert_eq!((message.state, message.ended_at), (MessageState::Failed, Some(at(30))));
        assert_eq!(message.reply.as_deref(), Some("the relay's words: deferred"));
    }
}

#[test]
fn what_has_waited_too_long_for_a_relay_is_given_up() {
    for fixture in Engine::each() {
        let (job, ids) = job_for(&fixture, &["u1", "u2", "u3"]);
        let of_none = fixture.queue(fixture.add_user("u4"), 0);
        fixture.try_message(ids[0], MessageState::Deferred, Some(20), 10);
        fixture.try_message(ids[1], MessageState::Deferred, Some(50), 10);
        fixture.try_message(of_none, MessageState::InDoubt, Some(20), 12);
        let give_up =
            |scope: &Scope, before, now| fixture.change(|writing| writing.give_up_waiting(scope, at(before), at(now)));
        let scope = Scope::Job(job);
        assert_eq!((give_up(&scope, 10, 30), give_up(&Scope::These(ids.clone()), 100, 30)), (0, 0));
        assert_eq!(fixture.undone(|writing| writing.give_up_waiting(&scope, at(11), at(30))), 1);
        assert_eq!(give_up(&scope, 11, 30), 1, "the second one is not due, and the third was never tried");
        let message = fixture.message(ids[0]);
        assert_eq!((message.state, message.ended_at), (MessageState::Failed, Some(at(30))));
        assert_eq!(message.reply.as_deref(), Some("gave up: the relay's words: deferred"));
        assert_eq!((give_up(&Scope::OfNoJob, 12, 30), give_up(&Scope::OfNoJob, 13, 30)), (0, 1));
    }
}

#[test]
fn a_message_to_another_domain_is_found_among_those_that_are_due() {
    for fixture in Engine::each() {
        let find = |scope: &Scope, place, domains: &[&str], seconds| {
            let domains: Vec<String> = domains.iter().map(|domain| (*domain).to_owned()).collect();
            fixture.read().due_elsewhere(scope, place, &domains, at(seconds)).unwrap()
        };
        assert_eq!(find(&Scope::OfNoJob, (1, 5), &["example.com"], 10), None);
        let here: Vec<MessageId> = (0..10).map(|n| fixture.queue(fixture.add_user(&format!("here{n}")), 0)).collect();
        let new = NewUser { email: "e@elsewhere.example".parse().unwrap(), ..new_user("elsewhere") };
        let elsewhere = fixture.change(|writing| writing.add_user(&new));
        let elsewhere = fixture.queue(elsewhere, 0);
        for nth in 1..=5 {
            assert_eq!(find(&Scope::OfNoJob, (nth, 5), &["EXAMPLE.com"], 10), Some(elsewhere), "{nth}");
            let any = find(&Scope::OfNoJob, (nth, 5), &["example.com", "elsewhere.example"], 10).unwrap();
            assert!(here.contains(&any) || any == elsewhere);
        }
        let (job, ids) = job_for(&fixture, &["u1"]);
        assert_eq!(find(&Scope::Job(job), (1, 1), &[], 10), Some(ids[0]));
        assert_eq!(find(&Scope::These(ids.clone()), (1, 1), &[], 10), None);
        // One that is tried again, when it is due.
        fixture.try_message(ids[0], MessageState::Deferred, Some(60), 10);
        assert_eq!(
            (find(&Scope::Job(job), (1, 1), &[], 59), find(&Scope::Job(job), (1, 1), &[], 60)),
            (None, Some(ids[0]))
        );
    }
}
