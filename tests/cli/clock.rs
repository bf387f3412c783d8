//! Clocks that are far from the present: a wrong clock is never a panic, nor a reason to refuse a login.

use jiff::Timestamp;

use crate::support::GOOD;
use crate::support::World;

#[test]
fn a_clock_at_the_end_of_the_calendar_or_before_1970_stops_no_command() {
    // The least that 32 bits can count.
    let year_1901 = Timestamp::from_second(i32::MIN.into()).unwrap();
    for now in [Timestamp::MAX, year_1901, Timestamp::from_second(-1).unwrap()] {
        let world = World::with_mail().with_users("alice,bob");
        world.command("users set-password alice --stdin").stdin(GOOD).run().expect_status(0);
        world.run("users send-reset bob").expect_status(0);
        world.set_clock(now);
        for line in [
            "users list --password-older-than 90d",
            "users list -o json",
            "users show alice",
            "users lock alice --for 36500d",
            "users lock alice --until 9999-12-30",
            "users unlock alice",
            "users add carol@example.com --generate",
            "users send-reset carol",
            "users send-reset --all --yes --unless-sent-within 24h",
            "jobs list",
            "jobs show 1",
            "jobs recipients 1",
            "jobs run",
            "jobs remind 1 --yes",
            "jobs delete --older-than 90d --yes",
            "resets list",
            "resets revoke bob",
            "mail queue",
            "mail preview reset",
            "mail preview password-changed",
            "mail test a@example.com",
            "audit list --since 24h",
            "audit verify",
            "operators list",
            "users export",
            "store check",
            "policy show",
        ] {
            let run = world.run(line);
            // 2 and 65 say of a time that it would leave the calendar.
            assert!([0, 2, 65].contains(&run.status), "{now}: {line}: {run}");
        }
        world.command("store backup").argument(world.path("copy.db")).run().expect_status(0);
        world.command("store restore --yes").argument(world.path("copy.db")).run().expect_status(0);
        world.command("users verify-password alice --stdin").stdin(GOOD).run().expect_status(0);
    }
}
