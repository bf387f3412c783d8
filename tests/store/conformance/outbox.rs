//! What the outbox sends next, the attempts at it, and what processes were sending that are gone.

use cxme_admin::domain::message::MessageId;
use cxme_admin::domain::message::MessageState;
use cxme_admin::domain::user::User;
use cxme_admin::store::WriteTransaction;
use cxme_admin::store::attempts::AttemptResult;
use cxme_admin::store::outbox::Cursor;
use cxme_admin::store::outbox::Due;
use cxme_admin::store::outbox::NextTry;

use super::Engine;
use super::Fixture;
use super::SENDER;
use super::at;
use super::code_hash;
use super::jobs::job_for;
use super::start_of;
use super::tried;

/// Queues a reset for each of so many users, a second apart.
fn queue(fixture: &Fixture, count: i64) -> Vec<MessageId> {
    (0..count).map(|n| fixture.queue(fixture.add_user(&format!("mailed{n}")), n)).collect()
}

fn batch(fixture: &Fixture, fresh: bool, place: &Cursor, seconds: i64, most: usize) -> Vec<Due> {
    let found = fixture.read().due_batch(fresh, place, at(seconds), most).unwrap();
    found.into_iter().map(|found| found.unwrap()).collect()
}

fn ids(due: &[Due]) -> Vec<MessageId> {
    due.iter().map(|due| due.id).collect()
}

fn still_waiting(fixture: &Fixture, ids: &[MessageId]) -> Vec<MessageId> {
    let found = fixture.read().waiting_batch(ids.iter().copied()).unwrap();
    found.into_iter().map(|found| found.unwrap().id).collect()
}

fn untried(fixture: &Fixture, ids: &[MessageId]) -> Vec<MessageId> {
    fixture.read().still_untried(ids.iter().copied()).unwrap()
}

#[test]
fn a_due_message_has_all_that_its_mail_needs() {
    for fixture in Engine::each() {
        let user = fixture.add_user("alice");
        let id = fixture.queue(user, 5);
        let due = fixture.read().waiting(id).unwrap().unwrap().unwrap();
        assert_eq!((due.id, due.state, due.user, due.attempts), (id, MessageState::Queued, Some(user), 0));
        assert_eq!((due.created_at, due.due_at, due.lifetime), (at(5), at(5), Some(super::LIFETIME)));
        assert_eq!((due.address.as_str(), due.operator.as_str(), due.operator_uid), ("alice@example.com", "root", 0));
        assert!(
            due.nonce.is_none()
                && due.message_id.is_none()
                && due.first_try_at.is_none()
                && due.lifetime_from.is_none()
        );
        assert!(!due.has_later_link && !due.has_ended_link && !due.is_of_job && !due.given_back);
        let recipient = due.recipient.unwrap();
        assert_eq!((recipient.username.as_str(), recipient.email.as_str()), ("alice", "alice@example.com"));
        // The same mail at the next try, and the user as they are then.
        fixture.try_message(id, MessageState::Deferred, Some(60), 10);
        let later = fixture.queue(user, 11);
        let edited = User { name: "Alicia".to_owned(), ..fixture.user(user) };
        fixture.change(|writing| writing.update_user(&edited));
        let due = fixture.read().waiting(id).unwrap().unwrap().unwrap();
        let start = start_of(id);
        assert_eq!((due.nonce, due.message_id), (Some(start.nonce), Some(start.message_id)));
        assert_eq!((due.first_try_at, due.lifetime_from, due.attempts), (Some(at(10)), Some(at(10)), 1));
        assert!(due.recipient.unwrap().name == "Alicia" && due.has_later_link);
        assert!(fixture.change(|writing| writing.cancel_message(later, "", at(12))));
        assert!(fixture.read().waiting(later).unwrap().is_none());
        assert!(fixture.read().waiting(MessageId(i64::MAX)).unwrap().is_none());
    }
}

#[test]
fn attempts_are_started_and_recorded_in_batches() {
    for fixture in Engine::each() {
        let all = queue(&fixture, 5);
        // The oldest first, no more than asked for, and none twice.
        let mut place = Cursor::of(None);
        let first = batch(&fixture, true, &place, 10, 2);
        assert_eq!(ids(&first), all[..2]);
        first.iter().for_each(|due| place.pass(due));
        assert_eq!(ids(&batch(&fixture, true, &place, 10, 10)), all[2..]);
        assert!(batch(&fixture, false, &Cursor::of(None), 10, 10).is_empty());
        assert!(batch(&fixture, true, &place, 10, 0).is_empty());
        assert_eq!(still_waiting(&fixture, &[all[4], MessageId(i64::MAX), all[0]]), [all[4], all[0]]);
        let starts: Vec<_> = all[..3].iter().map(|id| start_of(*id)).collect();
        let begun = |writing: &WriteTransaction<'_>| {
            writing.note_time(at(10))?;
            writing.start_attempts(&starts, 7, at(10))
        };
        fixture.undone(begun);
        assert_eq!(still_waiting(&fixture, &all), all, "a transaction that is dropped starts nothing");
        assert_eq!(untried(&fixture, &all), all);
        fixture.change(|writing| writing.start_attempts(&[], 7, at(10)));
        fixture.change(begun);
        assert_eq!(still_waiting(&fixture, &all), all[3..]);
        assert_eq!(untried(&fixture, &all), all[3..]);
        let reading = fixture.read();
        assert!(reading.senders_in_flight().unwrap().into_iter().eq([7]));
        assert_eq!(reading.link_by_code(&code_hash(all[1])).unwrap().unwrap().message, all[1]);
        drop(reading);
        let reply = |state| tried(state, None);
        let released = AttemptResult::Released { reply: "gone".to_owned(), due_at: at(30), given_back: false };
        let results = [
            (all[0], reply(MessageState::Accepted)),
            (all[1], tried(MessageState::Deferred, Some(60))),
            (all[2], released),
            // It was not started.
            (all[4], reply(MessageState::Accepted)),
        ];
        fixture.undone(|writing| writing.record_attempts(&results, at(20)));
        assert_eq!(fixture.state(all[0]), MessageState::Sending);
        fixture.change(|writing| writing.record_attempts(&results, at(20)));
        let seen = |id| {
            let message = fixture.message(id);
            (message.state, message.attempts, message.reply.unwrap_or_default())
        };
        let words = |state: MessageState| format!("the relay's words: {state}");
        assert_eq!(seen(all[0]), (MessageState::Accepted, 1, words(MessageState::Accepted)));
        assert_eq!(seen(all[1]), (MessageState::Deferred, 1, words(MessageState::Deferred)));
        assert_eq!(seen(all[2]), (MessageState::Queued, 0, "gone".to_owned()));
        assert_eq!(seen(all[4]), (MessageState::Queued, 0, String::new()));
        assert!(fixture.read().senders_in_flight().unwrap().is_empty());
        let was_released = |id| fixture.read().was_released(id).unwrap();
        assert!(was_released(all[2]) && ![all[0], all[1], all[4], MessageId(i64::MAX)].into_iter().any(was_released));
        let behind = [all[3], all[4], all[2]];
        assert_eq!(ids(&batch(&fixture, true, &place, 20, 10)), behind, "what was released is due behind the others");
        assert!(batch(&fixture, false, &place, 59, 10).is_empty());
        assert_eq!(ids(&batch(&fixture, false, &place, 60, 10)), [all[1]]);
        assert_eq!(untried(&fixture, &all), all[3..], "what was released waits as before, and was tried");
    }
}

#[test]
fn each_queue_is_of_one_job_or_of_none() {
    for fixture in Engine::each() {
        let (job, of_job) = job_for(&fixture, &["u1", "u2"]);
        let of_none = queue(&fixture, 1);
        assert_eq!(ids(&batch(&fixture, true, &Cursor::of(Some(job)), 10, 9)), of_job);
        assert_eq!(ids(&batch(&fixture, true, &Cursor::of(None), 10, 9)), of_none);
        let mut place = Cursor::of(None);
        let anything = |place: &Cursor, seconds| fixture.read().anything_due(place, at(seconds)).unwrap();
        assert!(anything(&place, 10));
        place.pass(&batch(&fixture, true, &place, 10, 1)[0]);
        assert!(!anything(&place, 10) && anything(&Cursor::of(Some(job)), 10));
        fixture.try_message(of_none[0], MessageState::Deferred, Some(60), 11);
        assert!(!anything(&place, 59) && anything(&place, 60));
        place.pass(&batch(&fixture, false, &place, 60, 1)[0]);
        assert!(!anything(&place, 1_000));
    }
}

#[test]
fn how_long_messages_wait_is_told_of_no_job_and_of_jobs_that_run() {
    for fixture in Engine::each() {
        let has_waited = |since| fixture.read().has_waited_since(at(since)).unwrap();
        let next = |seconds| fixture.read().next_try(at(seconds)).unwrap();
        assert!(!has_waited(1_000) && next(0).is_none());
        let (job, of_job) = job_for(&fixture, &["u1"]);
        assert!(has_waited(0) && !has_waited(-1));
        assert!(fixture.change(|writing| writing.pause_job(job, "", at(1))));
        assert!(!has_waited(1_000));
        let of_none = fixture.queue(fixture.add_user("u2"), 5);
        assert!(has_waited(5) && !has_waited(4));
        fixture.try_message(of_job[0], MessageState::Deferred, Some(50), 10);
        fixture.try_message(of_none, MessageState::InDoubt, Some(60), 10);
        assert!(has_waited(5) && !has_waited(4));
        let words = |state: MessageState| format!("the relay's words: {state}");
        let of_none = NextTry { count: 1, due_at: at(60), reply: words(MessageState::InDoubt) };
        assert_eq!((next(10), next(60)), (Some(of_none), None));
        assert!(fixture.change(|writing| writing.resume_job(job, at(20))));
        let both = NextTry { count: 2, due_at: at(50), reply: words(MessageState::Deferred) };
        assert_eq!(next(20), Some(both));
    }
}

#[test]
fn what_a_process_was_sending_that_is_gone_is_in_doubt() {
    for fixture in Engine::each() {
        let all = queue(&fixture, 3);
        fixture.start(&all[..1], 20, 10);
        fixture.start(&all[1..2], 21, 10);
        assert!(fixture.read().senders_in_flight().unwrap().into_iter().eq([20, 21]));
        fixture.undone(|writing| writing.doubt_sender(20, at(99)).map(drop));
        assert_eq!(fixture.state(all[0]), MessageState::Sending);
        for sender in [20, 22] {
            assert!(fixture.change(|writing| writing.doubt_sender(sender, at(99))).is_empty());
        }
        let message = fixture.message(all[0]);
        assert_eq!((message.state, message.due_at, message.times_in_doubt), (MessageState::InDoubt, at(99), 1));
        // It may have arrived when it was tried, and counts as delivered then.
        assert_eq!(message.link.unwrap().delivered_at, Some(at(10)));
        let minute = cxme_admin::domain::rate::DeliveredInMinute::minute_of(at(10));
        let delivered = fixture.read().delivered_since(minute, None).unwrap();
        assert_eq!((delivered.len(), delivered[0].minute, delivered[0].count), (1, minute, 1));
        assert_eq!(fixture.state(all[1]), MessageState::Sending);
        assert!(fixture.read().senders_in_flight().unwrap().into_iter().eq([21]));
    }
}

#[test]
fn no_message_is_stuck_that_the_facade_has_written() {
    for fixture in Engine::each() {
        let (job, of_job) = job_for(&fixture, &["u1", "u2"]);
        let all = queue(&fixture, 3);
        fixture.try_message(of_job[0], MessageState::Deferred, Some(60), 10);
        fixture.try_message(all[0], MessageState::InDoubt, Some(60), 10);
        fixture.start(&all[1..2], SENDER, 10);
        let reading = fixture.read();
        assert!(reading.stuck_messages().unwrap().is_empty());
        assert!([None, Some(job)].into_iter().all(|job| reading.messages_in_unknown_state(job).unwrap().is_empty()));
    }
}
