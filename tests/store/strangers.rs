//! What strangers try while a large import writes: every check is answered at once.

use std::fmt::Write as _;
use std::time::Duration;
use std::time::Instant;

use crate::world::PASSWORD;
use crate::world::Ran;
use crate::world::World;
use crate::world::ended;
use crate::world::finish;
use crate::world::is_long;

/// A check that waited for the import would take as long as that does, up to 30 s. This one hashes, on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(8);

#[test]
fn checks_beside_a_large_import_are_answered_at_once() {
    let rows = if is_long() { 1_000_000 } else { 30_000 };
    let world = World::new();
    world.set_password().done(&["set-password"]);
    let mut input = String::from("username,email,name\n");
    for row in 0..rows {
        writeln!(input, "u{row},u{row}@example.com,Name").unwrap();
    }
    let path = world.directory().join("input.csv");
    std::fs::write(&path, input).unwrap();
    let timed = |words: &[&str], input: &str| -> Ran {
        let began = Instant::now();
        let ran = finish(world.command(words), input);
        assert!(began.elapsed() < AT_ONCE, "{words:?} took {:?}", began.elapsed());
        ran
    };
    let verify = ["users", "verify-password", "alice", "--stdin"];
    let unknown = ["users", "verify-password", "nobody", "--stdin"];
    let mut import = world.command(&["users", "import", path.to_str().unwrap()]).spawn().unwrap();
    let mut rounds = 0;
    while import.try_wait().unwrap().is_none() {
        assert_eq!(timed(&verify, PASSWORD).code, Some(0), "the right password");
        assert_eq!(timed(&verify, "wrong").code, Some(1));
        assert_eq!(timed(&unknown, "wrong").code, Some(1));
        assert_eq!(timed(&["resets", "redeem", "--stdin"], &format!("nonsense\n{PASSWORD}\n")).code, Some(65));
        assert_eq!(timed(&["resets", "revoke", "--stdin"], "nonsense\n").code, Some(65));
        rounds += 1;
    }
    ended(import.wait_with_output().unwrap()).done(&["import"]);
    assert!(rounds > 0, "the import ended before anything was tried");
    assert_eq!(world.count("SELECT count(*) FROM users"), rows + 2);
    let events = world.count("SELECT count(*) FROM events WHERE outcome = 'refused'");
    assert!(events <= 3 * (1 + rounds), "{events} events");
    world.assert_sound();
}
