//! Facts: single values about the store itself, by their name.

use super::Engine;

#[test]
fn a_fact_is_set_replaced_and_deleted() {
    for fixture in Engine::each() {
        let fact = |name: &str| fixture.read().fact(name).unwrap();
        assert_eq!(fact("engine"), None);
        fixture.change(|writing| writing.set_fact("engine", b"one"));
        assert_eq!(fact("engine"), Some(b"one".to_vec()));
        assert_eq!(fact("Engine"), None, "the name is exact");
        // Bytes, not text; none at all is a value too.
        for value in [&[0, 255, 10][..], &[], &[7; 10_000]] {
            fixture.change(|writing| writing.set_fact("engine", value));
            assert_eq!(fact("engine").as_deref(), Some(value));
        }
        fixture.undone(|writing| writing.set_fact("engine", b"two"));
        fixture.undone(|writing| writing.delete_fact("engine"));
        assert_eq!(fact("engine").map(|value| value.len()), Some(10_000));
        fixture.change(|writing| writing.delete_fact("engine"));
        fixture.change(|writing| writing.delete_fact("engine"));
        assert_eq!(fact("engine"), None);
    }
}
