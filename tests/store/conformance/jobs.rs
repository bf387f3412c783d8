//! Jobs: planned, created with a message a user, counted, paused, resumed, cancelled, deleted.

use std::time::Duration;

use cxme_admin::domain::job::JobId;
use cxme_admin::domain::job::JobState;
use cxme_admin::domain::job::PAUSED_BY;
use cxme_admin::domain::management::ProtectedUsers;
use cxme_admin::domain::message::MailKind;
use cxme_admin::domain::message::MessageId;
use cxme_admin::domain::message::MessageState;
use cxme_admin::domain::operator::Account;
use cxme_admin::domain::role::RoleId;
use cxme_admin::domain::selection::Selection;
use cxme_admin::domain::user::Lock;
use cxme_admin::domain::user::SignIn;
use cxme_admin::domain::user::UserReference;
use cxme_admin::store::StoreError;
use cxme_admin::store::job_creation::AudiencePart;
use cxme_admin::store::job_creation::NewJob;
use cxme_admin::store::job_creation::RecipientSelection;
use cxme_admin::store::job_creation::Recipients;
use cxme_admin::store::jobs::Job;
use cxme_admin::store::jobs::JobSendOptions;
use cxme_admin::store::jobs::RecipientOutcome;
use cxme_admin::store::messages::LinkState;
use cxme_admin::store::messages::Message;
use cxme_admin::store::users::NewUser;

use super::Engine;
use super::Fixture;
use super::LIFETIME;
use super::SENDER;
use super::account;
use super::at;
use super::new_user;
use super::tried;
use super::with_roles;

pub(super) fn named(names: &[&str]) -> Selection {
    Selection { named: Some(names.iter().map(|name| UserReference::new(name)).collect()), ..Selection::default() }
}

/// On whom an operator may not act who may act on everybody.
static NOBODY_PROTECTED: ProtectedUsers =
    ProtectedUsers { outranking: Vec::new(), outside: Vec::new(), only_domains: Vec::new() };

pub(super) fn recipients(selection: &Selection, seconds: i64) -> Recipients<'_> {
    of(AudiencePart::Selected(selection), seconds)
}

pub(super) fn of(whom: AudiencePart<'_>, seconds: i64) -> Recipients<'_> {
    Recipients {
        whom,
        protected: &NOBODY_PROTECTED,
        email_domains: &[],
        sent_since: None,
        ends_passwords: false,
        includes_bounced: false,
        now: at(seconds),
    }
}

pub(super) fn new_job(operator: &Account) -> NewJob<'_> {
    NewJob {
        key: None,
        operator,
        reason: None,
        selection: "--all",
        note: None,
        reset_life: LIFETIME,
        invitation_lifetime: INVITATION,
        sending: JobSendOptions::default(),
        ends_passwords: false,
    }
}

/// Creates a job for these users, and gives its messages in the order in which the users were added.
pub(super) fn create(fixture: &Fixture, names: &[&str], seconds: i64) -> (JobId, Vec<MessageId>) {
    let (operator, selection) = (account(), named(names));
    let (job, count) =
        fixture.change(|writing| writing.create_job(&new_job(&operator), &recipients(&selection, seconds)));
    let ids: Vec<MessageId> = messages(fixture, job).iter().map(|message| message.id).collect();
    assert_eq!(ids.len() as u64, count);
    (job, ids)
}

/// Adds these users and creates a job for them.
pub(super) fn job_for(fixture: &Fixture, names: &[&str]) -> (JobId, Vec<MessageId>) {
    for name in names {
        fixture.add_user(name);
    }
    create(fixture, names, 0)
}

/// Creates a job that ends the password of a user.
pub(super) fn end_passwords_of(fixture: &Fixture, name: &str, seconds: i64) -> JobId {
    let (operator, selection) = (account(), named(&[name]));
    let new = NewJob { ends_passwords: true, ..new_job(&operator) };
    let recipients = Recipients { ends_passwords: true, ..recipients(&selection, seconds) };
    fixture.change(|writing| writing.create_job(&new, &recipients)).0
}

pub(super) fn messages(fixture: &Fixture, job: JobId) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut visit = |message: Message| {
        messages.push(message);
        Ok::<_, StoreError>(())
    };
    fixture.read().each_message_of_job(job, None, &mut visit).unwrap();
    messages
}

fn job(fixture: &Fixture, id: JobId) -> Job {
    fixture.read().job(id).unwrap().unwrap()
}

/// How long the links of invitations can be used.
const INVITATION: Duration = Duration::from_secs(7_200);

/// The number of no job.
pub(super) const NOBODY: JobId = JobId(i64::MAX);

#[test]
fn a_job_is_read_back_by_number_and_key() {
    for fixture in Engine::each() {
        let operator = Account { uid: 7, name: "dora".to_owned(), ..account() };
        let sending = JobSendOptions {
            connections: Some(3),
            rates: Some("600/min".to_owned()),
            max_failures: Some("5%".to_owned()),
            canary: Some(10),
        };
        let new = NewJob {
            key: Some("November"),
            reason: Some("breach"),
            selection: "--role Ä",
            sending: sending.clone(),
            ..new_job(&operator)
        };
        let everybody = Selection::default();
        fixture.undone(|writing| writing.create_job(&new, &recipients(&everybody, 5)));
        assert_eq!(fixture.read().count_jobs().unwrap(), 0);
        let (id, count) = fixture.change(|writing| writing.create_job(&new, &recipients(&everybody, 5)));
        let expected = Job {
            id,
            key: Some("November".to_owned()),
            state: JobState::Running,
            why: None,
            operator: "dora".to_owned(),
            operator_uid: 7,
            created_at: at(5),
            ended_at: None,
            reason: Some("breach".to_owned()),
            selection: "--role Ä".to_owned(),
            sending,
            passwords_ended: None,
            base: (0, 0),
        };
        assert_eq!((job(&fixture, id), count), (expected.clone(), 0));
        let reading = fixture.read();
        assert_eq!(reading.job_with_key("November").unwrap(), Some(expected));
        assert_eq!(reading.job_with_key("november").unwrap(), None);
        assert_eq!((reading.job(NOBODY).unwrap(), reading.is_job_running(NOBODY).unwrap()), (None, false));
        assert!(reading.is_job_running(id).unwrap());
        drop(reading);
        let again = fixture.store.write().unwrap().create_job(&new, &recipients(&everybody, 6));
        assert!(again.unwrap_err().is_conflict(), "the key is taken");
    }
}

#[test]
fn jobs_are_listed_newest_first_and_running_ones_oldest_first() {
    for fixture in Engine::each() {
        let ids: Vec<JobId> = (0..3).map(|n| create(&fixture, &[], n).0).collect();
        let listed = |limit| fixture.read().jobs(limit).unwrap().iter().map(|job| job.id).collect::<Vec<_>>();
        assert_eq!(listed(None), [ids[2], ids[1], ids[0]]);
        assert_eq!((listed(Some(1)), listed(Some(0))), (vec![ids[2]], Vec::new()));
        assert_eq!(fixture.read().count_jobs().unwrap(), 3);
        assert!(fixture.change(|writing| writing.pause_job(ids[1], "by dora", at(9))));
        let (running, faults) = fixture.read().running_jobs().unwrap();
        assert_eq!(running.iter().map(|job| job.id).collect::<Vec<_>>(), [ids[0], ids[2]]);
        assert!(faults.is_empty());
        assert!(fixture.read().paused_jobs().unwrap().into_iter().eq([ids[1]]));
    }
}

#[test]
fn an_unfinished_job_is_found_by_when_something_happened_in_it_last() {
    for fixture in Engine::each() {
        let (tried, ids) = job_for(&fixture, &["u1", "u2"]);
        let [paused, ended, waiting] = [1, 2, 3].map(|seconds| create(&fixture, &[], seconds).0);
        fixture.deliver(ids[0], 50);
        fixture.change(|writing| writing.pause_job(paused, "by dora", at(40)));
        fixture.change(|writing| writing.cancel_job(ended, "", at(5)));
        let found = |before: i64| {
            let jobs = fixture.read().unfinished_jobs(at(before)).unwrap();
            jobs.into_iter().map(|job| (job.id, job.state, job.since)).collect::<Vec<_>>()
        };
        let of_waiting = (waiting, JobState::Running, at(3));
        let of_paused = (paused, JobState::Paused, at(40));
        assert_eq!(found(3), []);
        assert_eq!(found(4), [of_waiting]);
        assert_eq!(found(41), [of_paused, of_waiting]);
        assert_eq!(found(51), [(tried, JobState::Running, at(50)), of_paused, of_waiting]);
    }
}

#[test]
fn who_is_mailed_is_planned_as_it_is_created() {
    for fixture in Engine::each() {
        let admin = NewUser { role: RoleId::ADMIN, ..new_user("admin") };
        let saml = NewUser { sign_in: SignIn::Saml, ..new_user("saml") };
        let elsewhere = NewUser { email: "e@elsewhere.example".parse().unwrap(), ..new_user("elsewhere") };
        for new in [admin, saml, elsewhere] {
            fixture.change(|writing| writing.add_user(&new));
        }
        let [locked, waits, sent, _, with] =
            ["locked", "waits", "sent", "without", "with"].map(|name| fixture.add_user(name));
        fixture.change(|writing| writing.set_lock(locked, Some(&Lock { until: None, reason: None }), at(1)));
        fixture.set_password(with, 1);
        fixture.queue(waits, 1);
        fixture.deliver(fixture.queue(sent, 1), 10);
        let (everybody, domains) = (Selection::default(), ["EXAMPLE.com".to_owned()]);
        let protected = with_roles(&[RoleId::ADMIN]);
        let asked = Recipients {
            protected: &protected,
            email_domains: &domains,
            sent_since: Some(at(5)),
            ..recipients(&everybody, 20)
        };
        let part = |skipped: Option<&str>, count, passwords| RecipientSelection {
            skipped: skipped.map(str::to_owned),
            count,
            resets: passwords,
            passwords,
        };
        let skipped = [
            "SAML",
            "domain not allowed",
            "locked",
            "no permission over this user",
            "sent a short while ago",
            "waiting already",
        ];
        let expected: Vec<_> = [part(None, 2, 1)].into_iter().chain(skipped.map(|why| part(Some(why), 1, 0))).collect();
        assert_eq!(fixture.read().plan_job(&asked).unwrap(), expected);
        assert_eq!(fixture.read().sample_recipients(&asked).unwrap().len(), 2);
        let operator = account();
        let new = NewJob { note: Some("Grüße"), ..new_job(&operator) };
        let (id, count) = fixture.change(|writing| writing.create_job(&new, &asked));
        assert_eq!(count, 8);
        let messages = messages(&fixture, id);
        let told: Vec<_> = messages
            .iter()
            .map(|message| {
                let name = message.username.clone().unwrap();
                (name, message.state, message.kind == MailKind::Reset, message.reply.clone())
            })
            .collect();
        let of = |name: &str, why: &str| (name.to_owned(), MessageState::Skipped, false, Some(why.to_owned()));
        let expected = [
            of("admin", skipped[3]),
            of("saml", skipped[0]),
            of("elsewhere", skipped[1]),
            of("locked", skipped[2]),
            of("waits", skipped[5]),
            of("sent", skipped[4]),
            ("without".to_owned(), MessageState::Queued, false, None),
            ("with".to_owned(), MessageState::Queued, true, None),
        ];
        assert_eq!(told, expected);
        assert_eq!((messages[0].ended_at, messages[6].ended_at, messages[6].job), (Some(at(20)), None, Some(id)));
        let lifetime = |message: &Message| message.link.as_ref().unwrap().lifetime;
        assert_eq!((lifetime(&messages[6]), lifetime(&messages[7])), (INVITATION, LIFETIME));
        assert_eq!((messages[6].note.as_deref(), messages[6].address.as_str()), (Some("Grüße"), "without@example.com"));
        // Those whom the first job mails wait in it.
        let again = fixture.read().plan_job(&recipients(&named(&["with"]), 21)).unwrap();
        assert_eq!(again, [part(Some(&format!("waiting in job {id}")), 1, 1)]);
        assert!(fixture.read().plan_job(&recipients(&named(&[]), 21)).unwrap().is_empty());
        let writing = fixture.store.write().unwrap();
        assert!(writing.job_has_resets(id).unwrap() && !writing.job_has_resets(NOBODY).unwrap());
        assert_eq!(writing.skipped_with_password(id).unwrap(), 0);
        drop(writing);
        fixture.set_password(locked, 1);
        let writing = fixture.store.write().unwrap();
        assert_eq!(
            (writing.skipped_with_password(id).unwrap(), writing.skipped_with_password(NOBODY).unwrap()),
            (1, 0)
        );
    }
}

#[test]
fn those_who_did_not_use_their_link_are_reminded() {
    for fixture in Engine::each() {
        let names = ["used", "unused", "late", "set", "failed"];
        let (first, ids) = job_for(&fixture, &names);
        for id in &ids[..4] {
            fixture.deliver(*id, if *id == ids[2] { 30 } else { 10 });
        }
        fixture.try_message(ids[4], MessageState::Failed, None, 10);
        assert!(fixture.change(|writing| writing.use_link(ids[0], at(31))));
        let set = fixture.message(ids[3]).user.unwrap();
        fixture.set_password(set, 32);
        let not_yet = |before| of(AudiencePart::NotYet(first, at(before)), 40);
        let count =
            |before| fixture.read().plan_job(&not_yet(before)).unwrap().iter().map(|part| part.count).sum::<u64>();
        assert_eq!((count(9), count(29), count(30)), (0, 1, 2));
        let operator = account();
        let (second, count) = fixture.change(|writing| writing.create_job(&new_job(&operator), &not_yet(29)));
        let mailed = messages(&fixture, second);
        assert_eq!((count, mailed[0].username.as_deref()), (1, Some("unused")));
        let nobody = of(AudiencePart::NotYet(NOBODY, at(29)), 40);
        assert!(fixture.read().plan_job(&nobody).unwrap().is_empty());
    }
}

#[test]
fn the_messages_of_a_job_are_listed_and_counted_by_state() {
    for fixture in Engine::each() {
        let (id, ids) = job_for(&fixture, &["u1", "u2", "u3", "u4", "u5", "u6"]);
        let listed = |limit| {
            let mut seen = Vec::new();
            let mut visit = |message: Message| {
                seen.push(message.id);
                Ok::<_, StoreError>(())
            };
            fixture.read().each_message_of_job(id, limit, &mut visit).unwrap();
            seen
        };
        assert_eq!((listed(None), listed(Some(2)), listed(Some(0))), (ids.clone(), ids[..2].to_vec(), Vec::new()));
        assert!(messages(&fixture, NOBODY).is_empty());
        fixture.deliver(ids[0], 10);
        fixture.try_message(ids[1], MessageState::InDoubt, Some(20), 10);
        fixture.deliver(ids[1], 20);
        fixture.try_message(ids[2], MessageState::Failed, None, 10);
        fixture.try_message(ids[3], MessageState::Failed, None, 10);
        fixture.try_message(ids[4], MessageState::Deferred, Some(60), 10);
        assert!(fixture.change(|writing| writing.use_link(ids[0], at(21))));
        let reading = fixture.read();
        let counts = reading.job_counts(id).unwrap();
        let states = [
            (MessageState::Queued, 1),
            (MessageState::Sending, 0),
            (MessageState::Accepted, 2),
            (MessageState::Deferred, 1),
            (MessageState::Failed, 2),
            (MessageState::InDoubt, 0),
        ];
        for (state, count) in states {
            assert_eq!(counts.of(state), count, "{state}");
        }
        assert_eq!((counts.total(), counts.waiting()), (6, 2));
        assert_eq!(reading.job_counts(NOBODY).unwrap().total(), 0);
        assert_eq!((reading.job_links_used(id).unwrap(), reading.job_links_used(NOBODY).unwrap()), (1, 0));
        assert_eq!(reading.job_links_open(id, at(22)).unwrap(), 1);
        let end = 20 + INVITATION.as_secs().cast_signed();
        let open = |seconds| reading.job_links_open(id, at(seconds)).unwrap();
        assert_eq!((open(end - 1), open(end)), (1, 0));
        assert_eq!((reading.job_perhaps_twice(id).unwrap(), reading.job_perhaps_twice(NOBODY).unwrap()), (1, 0));
        let since = |seconds| reading.job_accepted_since(id, at(seconds)).unwrap();
        assert_eq!((since(0), since(10), since(20)), ((2, Some(at(10))), (1, Some(at(20))), (0, None)));
        let outcome = |state, count| RecipientOutcome { state, reply: format!("the relay's words: {state}"), count };
        let outcomes = [outcome(MessageState::Failed, 2), outcome(MessageState::Deferred, 1)];
        assert_eq!(reading.job_outcomes(id, 9).unwrap(), outcomes, "the most frequent first");
        assert_eq!(reading.job_outcomes(id, 1).unwrap(), outcomes[..1]);
        assert!(reading.job_outcomes(NOBODY, 9).unwrap().is_empty());
    }
}

#[test]
fn a_user_of_a_role_whom_a_job_mails_is_found() {
    for fixture in Engine::each() {
        let admin = fixture.change(|writing| writing.add_user(&NewUser { role: RoleId::ADMIN, ..new_user("admin") }));
        let (id, _) = job_for(&fixture, &["admin2", "u1"]);
        assert!(fixture.read().protected_user_of_job(id, &with_roles(&[RoleId::ADMIN])).unwrap().is_none());
        let (id, _) = create(&fixture, &["admin"], 1);
        let reading = fixture.read();
        assert_eq!(
            reading.protected_user_of_job(id, &with_roles(&[RoleId::MINIMAL, RoleId::ADMIN])).unwrap().unwrap().id,
            admin
        );
        assert!(reading.protected_user_of_job(id, &with_roles(&[RoleId::MINIMAL])).unwrap().is_none());
        assert!(reading.protected_user_of_job(id, &with_roles(&[])).unwrap().is_none());
        assert!(reading.protected_user_of_job(NOBODY, &with_roles(&[RoleId::ADMIN])).unwrap().is_none());
    }
}

#[test]
fn a_job_is_paused_and_resumed_and_its_limits_count_from_there() {
    for fixture in Engine::each() {
        let (id, ids) = job_for(&fixture, &["u1", "u2", "u3"]);
        let pause = |id, why: &str| fixture.change(|writing| writing.pause_job(id, why, at(20)));
        let resume = |id, seconds| fixture.change(|writing| writing.resume_job(id, at(seconds)));
        fixture.deliver(ids[0], 10);
        fixture.try_message(ids[1], MessageState::Failed, None, 10);
        fixture.try_message(ids[2], MessageState::Deferred, Some(60), 10);
        assert!(!resume(id, 11) && !pause(NOBODY, "") && !resume(NOBODY, 11), "it is not paused");
        assert!(fixture.undone(|writing| writing.pause_job(id, "", at(20))));
        assert!(fixture.read().is_job_running(id).unwrap());
        // An operator paused it: its limits go on.
        assert!(pause(id, &format!("{PAUSED_BY}dora")) && !pause(id, "again"));
        let paused = job(&fixture, id);
        assert_eq!((paused.state, paused.why.as_deref()), (JobState::Paused, Some("by dora")));
        assert!(!fixture.read().is_job_running(id).unwrap());
        assert!(resume(id, 120) && !resume(id, 121));
        let resumed = job(&fixture, id);
        assert_eq!((resumed.state, resumed.why, resumed.base), (JobState::Running, None, (0, 0)));
        // The time of the pause is none of a message's life in the queue.
        let due = fixture.read().waiting(ids[2]).unwrap().unwrap().unwrap();
        assert_eq!(due.lifetime_from, Some(at(110)));
        // Its limits paused it: they count from here.
        assert!(pause(id, "too many failures") && resume(id, 130));
        assert_eq!((job(&fixture, id).base, job(&fixture, id).sending.canary), ((1, 1), None));
    }
}

#[test]
fn a_cancelled_job_cancels_what_waits() {
    for fixture in Engine::each() {
        let (id, ids) = job_for(&fixture, &["u1", "u2", "u3", "u4", "u5"]);
        fixture.deliver(ids[0], 10);
        fixture.try_message(ids[1], MessageState::Deferred, Some(60), 10);
        fixture.try_message(ids[2], MessageState::InDoubt, Some(60), 10);
        fixture.start(&ids[3..4], SENDER, 10);
        fixture.undone(|writing| writing.cancel_job(id, "job cancelled", at(20)));
        assert_eq!(job(&fixture, id).state, JobState::Running);
        assert_eq!(fixture.change(|writing| writing.cancel_job(id, "job cancelled", at(20))), (3, 1));
        assert_eq!(fixture.change(|writing| writing.cancel_job(id, "again", at(21))), (0, 0));
        assert_eq!(fixture.change(|writing| writing.cancel_job(NOBODY, "again", at(21))), (0, 0));
        let cancelled = job(&fixture, id);
        assert_eq!((cancelled.state, cancelled.ended_at), (JobState::Cancelled, Some(at(20))));
        let reply = |id| fixture.message(id).reply.unwrap();
        assert_eq!(reply(ids[4]), "job cancelled");
        assert_eq!(reply(ids[2]), "job cancelled; it may have arrived: the relay's words: in doubt");
        // What was under way and would wait again is cancelled with it.
        fixture.record(ids[3], tried(MessageState::Deferred, Some(60)), 30);
        assert_eq!(fixture.state(ids[3]), MessageState::Cancelled);
        assert_eq!(
            (fixture.state(ids[0]), fixture.read().job_counts(id).unwrap().waiting()),
            (MessageState::Accepted, 0)
        );
    }
}

#[test]
fn a_job_is_settled_as_its_messages_are() {
    for fixture in Engine::each() {
        let (id, ids) = job_for(&fixture, &["u1", "u2"]);
        let settle = |pause, seconds| {
            fixture.store.settle_job(id, pause, at(seconds)).unwrap();
            job(&fixture, id)
        };
        fixture.deliver(ids[0], 10);
        assert_eq!(settle(None, 11).state, JobState::Running, "a message waits");
        let paused = settle(Some("too many failures"), 12);
        assert_eq!((paused.state, paused.why.as_deref()), (JobState::Paused, Some("too many failures")));
        fixture.start(&ids[1..], SENDER, 13);
        assert_eq!(settle(None, 13).state, JobState::Paused, "a message is under way");
        fixture.record(ids[1], tried(MessageState::Failed, None), 14);
        let finished = settle(Some("too many failures"), 15);
        assert_eq!((finished.state, finished.ended_at, finished.why), (JobState::Finished, Some(at(15)), None));
        assert_eq!(settle(None, 16).ended_at, Some(at(15)));
        fixture.store.settle_job(NOBODY, None, at(17)).unwrap();
        // Of a cancelled job, what has come back to wait is cancelled.
        let (id, ids) = job_for(&fixture, &["u3"]);
        fixture.start(&ids, SENDER, 18);
        fixture.change(|writing| writing.cancel_job(id, "", at(19)));
        fixture.change(|writing| writing.doubt_sender(SENDER, at(20)));
        fixture.store.settle_job(id, None, at(21)).unwrap();
        assert_eq!((fixture.state(ids[0]), job(&fixture, id).state), (MessageState::Cancelled, JobState::Cancelled));
    }
}

#[test]
fn the_links_of_a_job_are_revoked() {
    for fixture in Engine::each() {
        let (id, ids) = job_for(&fixture, &["u1", "u2", "u3", "u4"]);
        let (_, other) = job_for(&fixture, &["u5"]);
        for id in [ids[0], ids[1], other[0]] {
            fixture.deliver(id, 10);
        }
        fixture.start(&ids[2..3], SENDER, 10);
        assert!(fixture.change(|writing| writing.use_link(ids[0], at(11))));
        let revoke =
            |writing: &cxme_admin::store::WriteTransaction<'_>| writing.revoke_links_of_job(id, "wrong", at(12));
        assert_eq!(fixture.undone(revoke), 2);
        assert_eq!(fixture.change(revoke), 2, "one that can be used, and one under way");
        assert_eq!(fixture.change(revoke), 0);
        let state = |id| fixture.message(id).link.unwrap().state(at(13));
        let expected = [LinkState::Used, LinkState::Revoked, LinkState::Revoked, LinkState::Unsent];
        assert_eq!(ids.iter().map(|id| state(*id)).collect::<Vec<_>>(), expected);
        assert_eq!(state(other[0]), LinkState::Open);
    }
}

#[test]
fn jobs_that_ended_are_deleted_with_their_messages() {
    for fixture in Engine::each() {
        let (first, ids) = job_for(&fixture, &["u1", "u2"]);
        let (second, other) = job_for(&fixture, &["u3"]);
        fixture.change(|writing| writing.cancel_job(second, "", at(20)));
        fixture.change(|writing| writing.cancel_job(first, "", at(30)));
        create(&fixture, &[], 5);
        let ended = |before| fixture.read().jobs_ended_before(at(before)).unwrap();
        assert_eq!((ended(20), ended(21), ended(31)), (vec![], vec![second], vec![first, second]));
        fixture.undone(|writing| writing.delete_job(first));
        assert!(fixture.read().job(first).unwrap().is_some());
        assert_eq!(fixture.change(|writing| writing.delete_job(first)), 2);
        assert_eq!(fixture.change(|writing| writing.delete_job(first)), 0);
        assert!(fixture.read().job(first).unwrap().is_none() && fixture.read().message(ids[0]).unwrap().is_none());
        assert!(fixture.read().message(other[0]).unwrap().is_some());
        fixture.change(|writing| writing.delete_job(second));
        let (next, _) = create(&fixture, &[], 40);
        assert!(next > second, "a number was given again");
    }
}

#[test]
fn messages_of_no_job_are_deleted_when_they_are_old() {
    for fixture in Engine::each() {
        let admin = fixture.change(|writing| writing.add_user(&NewUser { role: RoleId::ADMIN, ..new_user("admin") }));
        let alice = fixture.add_user("alice");
        let of_job = job_for(&fixture, &["u1"]).1[0];
        let (old, of_admin) = (fixture.queue(alice, 0), fixture.queue(admin, 0));
        for id in [of_job, old, of_admin] {
            fixture.try_message(id, MessageState::Failed, None, 10);
        }
        let lives = fixture.queue(fixture.add_user("bob"), 0);
        fixture.deliver(lives, 10);
        let waits = fixture.queue(alice, 0);
        let count = |before, without: &[RoleId], now| {
            let counted = fixture.read().count_single_messages(at(before), &with_roles(without), at(now)).unwrap();
            let deleted =
                fixture.undone(|writing| writing.delete_single_messages(at(before), &with_roles(without), at(now)));
            assert_eq!(counted, deleted);
            counted
        };
        assert_eq!((count(10, &[], 20), count(11, &[], 20), count(11, &[RoleId::ADMIN], 20)), (0, 2, 1));
        let end = 10 + LIFETIME.as_secs().cast_signed();
        assert_eq!(count(11, &[], end), 3, "the link of one cannot be used any more");
        assert_eq!(
            fixture.change(|writing| writing.delete_single_messages(at(11), &with_roles(&[RoleId::ADMIN]), at(20))),
            1
        );
        let is_there = |id| fixture.read().message(id).unwrap().is_some();
        assert!(!is_there(old) && [of_job, of_admin, lives, waits].into_iter().all(is_there));
    }
}

#[test]
fn a_restored_copy_sends_nothing_by_itself_and_its_links_are_dead() {
    for fixture in Engine::each() {
        let (id, ids) = job_for(&fixture, &["u1", "u2", "u3"]);
        fixture.deliver(ids[0], 10);
        fixture.try_message(ids[1], MessageState::Failed, None, 10);
        fixture.change(|writing| writing.hold_relay("no", at(10)));
        let done = fixture.change(|writing| writing.unsettle(at(20)));
        assert_eq!((done.links, done.messages, done.jobs), (1, 1, 1));
        assert_eq!(fixture.message(ids[0]).link.unwrap().state(at(20)), LinkState::Revoked);
        let states = [ids[1], ids[2]].map(|id| fixture.state(id));
        assert_eq!(states, [MessageState::Failed, MessageState::InDoubt]);
        assert_eq!((job(&fixture, id).state, fixture.read().relay_hold().unwrap()), (JobState::Paused, None));
    }
}
