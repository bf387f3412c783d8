//! Tests of the chain.

use super::*;

fn event(number: i64, before: &[u8]) -> Event {
    let mut event = Event {
        number,
        time: 1_800_000_000 + number,
        operator: "root".to_owned(),
        operator_uid: 0,
        login_uid: None,
        host: "host".to_owned(),
        by_sudo: 0,
        authority: "Admin".to_owned(),
        action: "users lock".to_owned(),
        outcome: "done".to_owned(),
        user_id: Some(number),
        reason: None,
        details: Some("{}".to_owned()),
        changes_digest: (number > 1).then(|| ChangesDigest::default().finish().to_vec()),
        identified_by: (number > 2).then(|| "uid".to_owned()),
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

/// The bytes that each version hashes, computed apart from this program: events of older programs must verify for ever.
#[test]
fn an_event_of_each_version_has_the_hash_that_it_had() {
    for (number, expected) in [
        (1, "a0efb405bb89f88256ad700adeac1df125ce10c0f7cb11dde1b4d22541c0b039"),
        (2, "ef8b2e1f087273e844b7b56ffc433820fec455185aec3c3b6170048f424966fd"),
        (3, "7337db64c5cac47dc6b77d0edded2b58b208c7550eda4abde078bd585f77ed63"),
    ] {
        let hex: String = event(number, &CHAIN_START).hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, expected, "version {number}");
    }
}

#[test]
fn no_field_can_be_taken_out_of_an_event_or_put_into_one() {
    let event = |number| event(number, &CHAIN_START);
    let digest = event(2).changes_digest;
    for edited in [
        Event { changes_digest: None, ..event(2) },
        Event { identified_by: Some("uid".to_owned()), ..event(2) },
        Event { identified_by: Some("uid".to_owned()), ..event(1) },
        Event { changes_digest: digest, ..event(1) },
        Event { changes_digest: None, ..event(3) },
        Event { identified_by: None, ..event(3) },
        Event { identified_by: Some("sudo".to_owned()), ..event(3) },
    ] {
        assert_ne!(edited.chained_hash(&CHAIN_START).to_vec(), edited.hash, "{edited:?}");
    }
}

#[test]
fn what_named_the_operator_is_known_of_events_of_older_programs_too() {
    let by = |by_sudo, identified_by: Option<&str>| {
        let identified_by = identified_by.map(str::to_owned);
        Event { by_sudo, identified_by, ..event(1, &CHAIN_START) }.identified_by().to_owned()
    };
    assert_eq!((by(0, None), by(1, None)), ("uid".to_owned(), "sudo".to_owned()));
    assert_eq!((by(0, Some("doas")), by(1, Some("sudo"))), ("doas".to_owned(), "sudo".to_owned()));
}

/// A field and its new value.
type Named = (&'static [u8], &'static [u8]);

/// An event of version 2 with these changes, of user 3.
fn changed(changes: &[Named]) -> Event {
    let mut digest = ChangesDigest::default();
    for (field, new) in changes {
        digest.add(3, field, &values(field, new).digest());
    }
    let mut event = event(1, &CHAIN_START);
    event.changes_digest = Some(digest.finish().to_vec());
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
    assert_eq!(run(&[of(name), of(email)]), Ok(ChainReport { events: 1, erased: 0 }));
    for wrong in [&[of(name)][..], &[of(email), of(name)], &[of(name), of(email), of(email)], &[]] {
        assert_eq!(run(wrong), Err(ChainBreak::Changes(1)), "{wrong:?}");
    }
    let edited = (values(b"name", b"Eve"), of(name).1, false);
    let found = ChainBreak::ChangeEdited { event: 1, user: 3, field: "name".to_owned() };
    assert_eq!(run(&[edited, of(email)]), Err(found));
    let stray = (ChangeValues { event: 2, ..of(email).0 }, of(email).1, false);
    assert_eq!(run(&[of(name), stray]), Err(ChainBreak::StrayChange(2)));
    let blank = ChangeValues { new: Some(b"     "), salt: &[0; 16], ..of(name).0 };
    assert_eq!(run(&[(blank, of(name).1, true), of(email)]), Ok(ChainReport { events: 1, erased: 1 }));
    let not_deleted = ChainBreak::ErasedWithoutDeletion { event: 1, user: 3 };
    assert_eq!(run(&[(blank, of(name).1, false), of(email)]), Err(not_deleted));
    assert_eq!(run(&[(blank, [0; 32], true), of(email)]), Err(ChainBreak::Changes(1)));
}

#[test]
fn an_event_of_an_older_program_has_no_user_changes() {
    let mut chain = ChainVerifier::new(None);
    chain.follow(&event(1, &CHAIN_START).fields()).unwrap();
    chain.change(&values(b"name", b"Eve"), &values(b"name", b"Eve").digest(), false).unwrap();
    assert_eq!(chain.end(None), Err(ChainBreak::Changes(1)));
}
