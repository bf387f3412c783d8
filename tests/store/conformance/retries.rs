//! Mails that are tried again: sooner than by themselves, or although they had failed.

use cxme_admin::domain::job::JobState;
use cxme_admin::domain::message::MessageState;
use cxme_admin::store::job_creation::AudiencePart;
use cxme_admin::store::job_creation::RecipientSelection;

use super::Engine;
use super::account;
use super::at;
use super::jobs::NOBODY;
use super::jobs::job_for;
use super::jobs::of;

#[test]
fn what_waits_is_due_at_once_when_asked() {
    for fixture in Engine::each() {
        let (running, of_running) = job_for(&fixture, &["u1"]);
        let (paused, of_paused) = job_for(&fixture, &["u2"]);
        let of_none = fixture.queue(fixture.add_user("u3"), 0);
        let ids = [of_running[0], of_paused[0], of_none];
        for id in ids {
            fixture.try_message(id, MessageState::Deferred, Some(1_000), 10);
        }
        assert!(fixture.change(|writing| writing.pause_job(paused, "", at(11))));
        let due = || ids.map(|id| fixture.message(id).due_at);
        let make_due = |job, seconds| fixture.change(|writing| writing.make_due(job, at(seconds)));
        assert_eq!(fixture.undone(|writing| writing.make_due(None, at(20))), 2);
        assert_eq!(due(), [at(1_000); 3]);
        assert_eq!(make_due(Some(NOBODY), 20), 0);
        assert_eq!(make_due(Some(paused), 20), 1);
        assert_eq!(due(), [at(1_000), at(20), at(1_000)]);
        assert_eq!(make_due(None, 30), 2, "of no job, and of jobs that run");
        assert_eq!(due(), [at(30), at(20), at(30)]);
        assert_eq!(make_due(Some(running), 40), 0, "it is due already");
    }
}

#[test]
fn failed_mails_are_queued_again_for_those_who_still_need_one() {
    for fixture in Engine::each() {
        let names = ["again", "doubtful", "set", "newer", "deleted", "accepted"];
        let (id, ids) = job_for(&fixture, &names);
        let users: Vec<_> = ids.iter().map(|id| fixture.message(*id).user.unwrap()).collect();
        fixture.try_message(ids[1], MessageState::InDoubt, Some(10), 5);
        for id in &ids[..5] {
            fixture.try_message(*id, MessageState::Failed, None, 10);
        }
        fixture.deliver(ids[5], 10);
        fixture.set_password(users[2], 20);
        fixture.deliver(fixture.queue(users[3], 20), 20);
        fixture.change(|writing| writing.delete_user(users[4]));
        fixture.store.settle_job(id, None, at(30)).unwrap();
        let recipients = of(AudiencePart::Failed(id), 40);
        let part = |skipped: Option<&str>, count, passwords| RecipientSelection {
            skipped: skipped.map(str::to_owned),
            count,
            resets: passwords,
            passwords,
        };
        let expected = [
            part(None, 2, 0),
            part(Some("a newer link"), 1, 0),
            part(Some("another password"), 1, 1),
            part(Some("user deleted"), 1, 0),
        ];
        assert_eq!(fixture.read().plan_retry(id, &recipients).unwrap(), expected);
        let operator = account();
        assert_eq!(fixture.undone(|writing| writing.retry_failed(id, &recipients, &operator)), 2);
        assert_eq!(fixture.state(ids[0]), MessageState::Failed);
        let retried = fixture.change(|writing| {
            let count = writing.retry_failed(id, &recipients, &operator)?;
            writing.reopen_job(id, at(40))?;
            Ok(count)
        });
        assert_eq!(retried, 2);
        let states = ids.iter().map(|id| fixture.state(*id)).collect::<Vec<_>>();
        let failed = MessageState::Failed;
        assert_eq!(
            states,
            [MessageState::Queued, MessageState::InDoubt, failed, failed, failed, MessageState::Accepted]
        );
        let message = fixture.message(ids[0]);
        assert_eq!((message.due_at, message.attempts, message.ended_at), (at(40), 0, None));
        let job = fixture.read().job(id).unwrap().unwrap();
        assert_eq!((job.state, job.ended_at, job.base), (JobState::Running, None, (1, 3)));
        let nobody = of(AudiencePart::Failed(NOBODY), 41);
        assert!(fixture.read().plan_retry(NOBODY, &nobody).unwrap().is_empty());
        assert_eq!(fixture.change(|writing| writing.retry_failed(NOBODY, &nobody, &operator)), 0);
    }
}

#[test]
fn a_job_is_reopened_unless_it_was_cancelled() {
    for fixture in Engine::each() {
        let (paused, ids) = job_for(&fixture, &["u1", "u2"]);
        fixture.deliver(ids[0], 10);
        assert!(fixture.change(|writing| writing.pause_job(paused, "", at(11))));
        fixture.change(|writing| writing.reopen_job(paused, at(12)));
        let job = |id| fixture.read().job(id).unwrap().unwrap();
        assert_eq!((job(paused).state, job(paused).base), (JobState::Running, (1, 0)));
        fixture.change(|writing| writing.cancel_job(paused, "", at(13)));
        fixture.change(|writing| writing.reopen_job(paused, at(14)));
        fixture.change(|writing| writing.reopen_job(NOBODY, at(14)));
        assert_eq!((job(paused).state, job(paused).ended_at), (JobState::Cancelled, Some(at(13))));
    }
}
