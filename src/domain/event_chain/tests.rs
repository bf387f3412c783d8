//! Tests of the chain.

use super::*;
use crate::domain::event::Event;

fn event(number: i64, before: &[u8]) -> Event {
    let mut event = Event {
        number,
        time: 1_800_000_000 + number,
        operator: "root".to_owned(),
        operator_uid: 0,
        login_uid: None,
        host: "host".to_owned(),
        identified_by: "uid".to_owned(),
        authority: "Admin".to_owned(),
        action: "users lock".to_owned(),
        outcome: "done".to_owned(),
        user_id: Some(number),
        reason: None,
        details: Some("{}".to_owned()),
        changes_digest: ChangesDigest::default().finish().to_vec(),
        hash: Vec::new(),
    };
    event.hash = event.chained_hash(before).to_vec();
    event
}

fn chain(length: i64) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    for number in 1..=length {
        let before = events.last().map_or(CHAIN_START.to_vec(), |event| event.hash.clone());
        events.push(event(number, &before));
    }
    events
}

fn verify(events: &[Event], head: Option<Vec<u8>>) -> Result<i64, ChainBreak> {
    let mut chain = ChainVerifier::new(head);
    events.iter().try_for_each(|event| chain.follow(&event.fields()))?;
    Ok(chain.end(Some(events.len() as i64))?.events)
}

#[test]
fn a_field_moved_into_its_neighbour_changes_the_hash() {
    let mut other = event(1, &CHAIN_START);
    (other.authority, other.action) = ("Adminu".to_owned(), "sers lock".to_owned());
    assert_ne!(other.chained_hash(&CHAIN_START), event(1, &CHAIN_START).chained_hash(&CHAIN_START));
    let mut empty = event(1, &CHAIN_START);
    empty.reason = Some(String::new());
    assert_ne!(empty.chained_hash(&CHAIN_START), event(1, &CHAIN_START).chained_hash(&CHAIN_START));
}

#[test]
fn each_way_of_tampering_is_found() {
    let good = chain(9);
    assert_eq!(verify(&good, None), Ok(9));
    assert_eq!(verify(&[], None), Err(ChainBreak::Empty));
    let mut changed = good.clone();
    changed[4].reason = Some("another".to_owned());
    assert_eq!(verify(&changed, None), Err(ChainBreak::Changed(5)));
    let mut deleted = good.clone();
    deleted.remove(4);
    assert_eq!(verify(&deleted, None), Err(ChainBreak::Missing { expected: 5, found: 6 }));
    let mut swapped = good.clone();
    swapped.swap(2, 3);
    assert!(verify(&swapped, None).is_err());
}

#[test]
fn a_cut_tail_and_a_new_chain_are_found_only_with_the_head_kept_elsewhere() {
    let good = chain(9);
    let head = good[8].hash.clone();
    assert_eq!(verify(&good, Some(head.clone())), Ok(9));
    assert_eq!(verify(&good[..7], None), Ok(7));
    assert_eq!(verify(&good[..7], Some(head.clone())), Err(ChainBreak::HeadNotFound));
    let mut chain = ChainVerifier::new(None);
    good[..7].iter().try_for_each(|event| chain.follow(&event.fields())).unwrap();
    let cut_off = chain.end(Some(9)).unwrap_err();
    assert_eq!(cut_off, ChainBreak::CutOff { newest: 7, counted: 9 });
    for counted in [None, Some(0), Some(6)] {
        let mut chain = ChainVerifier::new(None);
        good[..7].iter().try_for_each(|event| chain.follow(&event.fields())).unwrap();
        assert_eq!(chain.end(counted), Err(ChainBreak::CountEdited { newest: 7 }), "{counted:?}");
    }
    let mut rewritten = good[..4].to_vec();
    for number in 5..=9 {
        let mut next = event(number, &rewritten.last().unwrap().hash);
        next.operator = "mallory".to_owned();
        next.hash = next.chained_hash(&rewritten.last().unwrap().hash).to_vec();
        rewritten.push(next);
    }
    assert_eq!(verify(&rewritten, None), Ok(9));
    assert_eq!(verify(&rewritten, Some(head)), Err(ChainBreak::HeadNotFound));
}

/// The hash was computed apart from this program, from what docs/audit.md says of it.
#[test]
fn an_event_has_the_hash_that_is_documented() {
    let hex: String = event(1, &CHAIN_START).hash.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "0fa3db2d4391992384509851371a7b4a326644f65e3e55ea4319ea6497e3a0a6");
}

#[test]
fn each_field_of_an_event_is_hashed() {
    let event = || event(1, &CHAIN_START);
    for edited in [
        Event { number: 2, ..event() },
        Event { time: 0, ..event() },
        Event { operator: String::new(), ..event() },
        Event { operator_uid: 1, ..event() },
        Event { login_uid: Some(0), ..event() },
        Event { host: String::new(), ..event() },
        Event { identified_by: "sudo".to_owned(), ..event() },
        Event { authority: String::new(), ..event() },
        Event { action: String::new(), ..event() },
        Event { outcome: "refused".to_owned(), ..event() },
        Event { user_id: None, ..event() },
        Event { reason: Some(String::new()), ..event() },
        Event { details: None, ..event() },
        Event { changes_digest: Vec::new(), ..event() },
    ] {
        assert_ne!(edited.chained_hash(&CHAIN_START).to_vec(), edited.hash, "{edited:?}");
    }
}

/// A field and its new value.
type Named = (&'static [u8], &'static [u8]);

/// An event with these changes, of user 3.
fn changed(changes: &[Named]) -> Event {
    let mut digest = ChangesDigest::default();
    for (field, new) in changes {
        digest.add(3, field, &values(field, new).digest());
    }
    let mut event = event(1, &CHAIN_START);
    event.changes_digest = digest.finish().to_vec();
    event.hash = event.chained_hash(&CHAIN_START).to_vec();
    event
}

fn values<'a>(field: &'a [u8], new: &'a [u8]) -> ChangeValues<'a> {
    ChangeValues { event: 1, user: 3, field, old: None, new: Some(new), salt: &[1; 16] }
}

#[test]
fn user_changes_that_are_not_those_of_their_event_are_found() {
    let (name, email): (Named, Named) = ((b"name", b"Alice"), (b"email", b"a@example.com"));
    let run = |found: &[(ChangeValues<'_>, [u8; 32], bool)]| {
        let mut chain = ChainVerifier::new(None);
        chain.follow(&changed(&[name, email]).fields())?;
        found.iter().try_for_each(|(values, digest, is_deleted)| chain.change(values, digest, *is_deleted))?;
        chain.end(Some(1))
    };
    let of = |(field, new): (&'static [u8], &'static [u8])| (values(field, new), values(field, new).digest(), false);
    assert_eq!(run(&[of(name), of(email)]), Ok(ChainReport { events: 1, archived: 0, erased: 0 }));
    for wrong in [&[of(name)][..], &[of(email), of(name)], &[of(name), of(email), of(email)], &[]] {
        assert_eq!(run(wrong), Err(ChainBreak::Changes(1)), "{wrong:?}");
    }
    let edited = (values(b"name", b"Eve"), of(name).1, false);
    let found = ChainBreak::ChangeEdited { event: 1, user: 3, field: "name".to_owned() };
    assert_eq!(run(&[edited, of(email)]), Err(found));
    let stray = (ChangeValues { event: 2, ..of(email).0 }, of(email).1, false);
    assert_eq!(run(&[of(name), stray]), Err(ChainBreak::StrayChange(2)));
    let blank = ChangeValues { new: Some(b"     "), salt: &[0; 16], ..of(name).0 };
    assert_eq!(run(&[(blank, of(name).1, true), of(email)]), Ok(ChainReport { events: 1, archived: 0, erased: 1 }));
    let not_deleted = ChainBreak::ErasedWithoutDeletion { event: 1, user: 3 };
    assert_eq!(run(&[(blank, of(name).1, false), of(email)]), Err(not_deleted));
    assert_eq!(run(&[(blank, [0; 32], true), of(email)]), Err(ChainBreak::Changes(1)));
}
