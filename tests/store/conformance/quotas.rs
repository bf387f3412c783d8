//! Deliveries by the minute, for rates per hour and day, and how many messages are in flight.

use cxme_admin::domain::job::JobId;
use cxme_admin::domain::rate::DeliveredInMinute;

use super::BEGIN;
use super::Engine;
use super::Fixture;
use super::SENDER;
use super::at;
use super::jobs::NOBODY;
use super::jobs::job_for;

fn count(fixture: &Fixture, job: Option<JobId>, count: u64, seconds: i64) {
    fixture.change(|writing| writing.count_deliveries(job, count, at(seconds)));
}

/// The deliveries, by the minutes since the beginning.
fn delivered(fixture: &Fixture, since: i64, job: Option<JobId>) -> Vec<(i64, u64)> {
    let first = BEGIN / 60;
    let found = fixture.read().delivered_since(first + since, job).unwrap();
    found.iter().map(|DeliveredInMinute { minute, count }| (minute - first, *count)).collect()
}

#[test]
fn deliveries_are_counted_by_job_and_minute() {
    assert_eq!(BEGIN % 60, 0);
    for fixture in Engine::each() {
        let (job, _) = job_for(&fixture, &[]);
        assert!(delivered(&fixture, i64::MIN / 2, None).is_empty());
        count(&fixture, None, 1, 0);
        count(&fixture, None, 2, 59);
        count(&fixture, Some(job), 3, 59);
        count(&fixture, Some(job), 4, 60);
        fixture.undone(|writing| writing.count_deliveries(None, 9, at(60)));
        assert_eq!(delivered(&fixture, 0, None), [(0, 6), (1, 4)], "the oldest first");
        assert_eq!(delivered(&fixture, 1, None), [(1, 4)]);
        assert_eq!(delivered(&fixture, 2, None), []);
        assert_eq!(delivered(&fixture, 0, Some(job)), [(0, 3), (1, 4)]);
        assert_eq!(delivered(&fixture, 0, Some(NOBODY)), []);
    }
}

#[test]
fn deliveries_are_kept_for_longer_than_a_rate_counts() {
    for fixture in Engine::each() {
        count(&fixture, None, 1, 0);
        count(&fixture, None, 1, 86_400);
        assert_eq!(delivered(&fixture, 0, None), [(0, 1), (1_440, 1)]);
        count(&fixture, None, 1, 4 * 86_400);
        assert_eq!(delivered(&fixture, 0, None), [(4 * 1_440, 1)]);
    }
}

#[test]
fn deliveries_of_a_clock_that_was_ahead_count_from_now_on() {
    for fixture in Engine::each() {
        fixture.change(|writing| writing.note_time(at(100_000)));
        count(&fixture, None, 2, 90_000);
        fixture.change(|writing| writing.note_time(at(120)));
        assert_eq!(delivered(&fixture, 0, None), [(2, 2)]);
    }
}

#[test]
fn messages_in_flight_are_counted_by_job() {
    for fixture in Engine::each() {
        let (job, of_job) = job_for(&fixture, &["u1", "u2", "u3"]);
        let of_none = fixture.queue(fixture.add_user("u4"), 0);
        let in_flight = |job| fixture.read().count_in_flight(job).unwrap();
        assert_eq!(in_flight(None), 0);
        fixture.start(&[of_job[0], of_job[1], of_none], SENDER, 1);
        assert_eq!((in_flight(None), in_flight(Some(job)), in_flight(Some(NOBODY))), (3, 2, 0));
        fixture.record(of_job[0], super::tried(cxme_admin::domain::message::MessageState::Failed, None), 2);
        assert_eq!((in_flight(None), in_flight(Some(job))), (2, 1));
    }
}
