//! An index that does not hold what its table holds: `store check` says of it what SQLite's `integrity_check` says, although it
//! examines indexes in another way.

use rusqlite::Connection;

use crate::world::World;

/// A store with rows in the tables that have an index.
fn world() -> World {
    let world = World::new();
    world.done(&["users", "add", "carol@example.com", "--name", "Carol Clark"]);
    world.done(&["users", "lock", "alice"]);
    world
        .sqlite()
        .execute_batch(
            "INSERT INTO jobs (key, state, operator, operator_uid, created_at, selection) \
             VALUES ('one', 'running', 'root', 0, 1, 'all'), ('two', 'running', 'root', 0, 1, 'all'); \
             INSERT INTO password_history (user_id, replaced_at, password_hash, is_ended) \
             VALUES (1, 1, 'x', 1), (2, 1, 'x', 1); \
             UPDATE users SET email_key = email, bounced_at = 1, bounce_reply = '550'; \
             INSERT INTO messages (kind, state, address, operator, operator_uid, created_at, due_at, ended_at, reply) \
             VALUES ('test', 'failed', 'x@example.com', 'root', 0, 1, 1, 1, '550'); \
             INSERT INTO messages (job_id, kind, state, sender, user_id, address, operator, operator_uid, created_at, due_at, \
             lifetime, code_hash, given_back) SELECT jobs.id, 'reset', way.state, way.sender, users.id, email, 'root', 0, 1, 1, 60, \
             randomblob(32), 1 FROM users, jobs, (SELECT 'queued' AS state, NULL AS sender \
             UNION ALL SELECT 'deferred', NULL UNION ALL SELECT 'sending', 99) AS way",
        )
        .unwrap();
    world
}

/// A connection that may do what ours may not.
fn unruly(world: &World) -> Connection {
    let connection = world.sqlite();
    connection
        .execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; PRAGMA journal_mode = DELETE")
        .unwrap();
    connection
}

/// What SQLite finds.
fn found(connection: &Connection) -> Vec<String> {
    let mut statement = connection.prepare("PRAGMA integrity_check").unwrap();
    let lines = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    lines.map(Result::unwrap).filter(|line| line != "ok").collect()
}

/// The indexes, with the page of the root and the table.
fn indexes(connection: &Connection) -> Vec<(String, u32, String, Option<String>)> {
    let sql = "SELECT name, rootpage, tbl_name, sql FROM sqlite_schema WHERE type = 'index' ORDER BY name";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Fails unless `store check` says what SQLite says, or `instead` where SQLite finds nothing.
#[track_caller]
fn assert_named(world: &World, damage: &str, instead: Option<String>) {
    let mut lines = found(&world.sqlite());
    if lines.is_empty() {
        lines.extend(instead);
    }
    assert!(!lines.is_empty(), "{damage}: SQLite finds nothing");
    let ran = world.run(&["store", "check"]);
    assert_eq!(ran.code, Some(65), "{damage}: {ran:?}");
    for line in &lines {
        assert!(ran.stderr.contains(&format!("\n  - integrity: {line}\n")), "{damage}: {line}: {}", ran.stderr);
    }
}

/// Changes the bytes of a page.
fn edit(world: &World, page: u32, change: impl FnOnce(&mut [u8])) {
    let mut bytes = std::fs::read(world.store()).unwrap();
    let size = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let at = (page as usize - 1) * size;
    change(&mut bytes[at..at + size]);
    std::fs::write(world.store(), bytes).unwrap();
}

/// Takes the index and all triggers out of the schema, runs `change`, and puts them back as they were.
fn without(connection: &Connection, index: &str, change: &str) {
    connection
        .execute_batch(&format!(
            "CREATE TEMP TABLE hidden AS SELECT * FROM main.sqlite_schema WHERE type = 'trigger' OR name = '{index}'; \
             PRAGMA writable_schema = ON; \
             DELETE FROM main.sqlite_schema WHERE name IN (SELECT name FROM hidden); PRAGMA writable_schema = RESET; \
             {change}; \
             PRAGMA writable_schema = ON; INSERT INTO main.sqlite_schema SELECT * FROM hidden; \
             PRAGMA writable_schema = RESET; DROP TABLE hidden"
        ))
        .unwrap();
}

#[test]
fn an_index_that_lacks_a_row_or_has_another_one_is_named() {
    let world = world();
    let before = world.run(&["store", "check"]).stdout;
    assert!(before.contains("\nintegrity    sound\nreferences   sound\n"), "{before}");
    drop(unruly(&world));
    let whole = std::fs::read(world.store()).unwrap();
    let all = indexes(&world.sqlite());
    let mut count = 0;
    for (name, _, table, sql) in &all {
        // SQLite does not let go of those without SQL.
        let Some(sql) = sql else { continue };
        let condition = sql.split_once(" WHERE ").map_or("TRUE", |(_, condition)| condition);
        // Some hold no row of a sound store, such as what is in an unknown state.
        let rows = format!("SELECT count(*) FROM {table} WHERE {condition}");
        if world.sqlite().query_row(&rows, [], |row| row.get::<_, i64>(0)).unwrap() == 0 {
            continue;
        }
        let row = format!("rowid = (SELECT max(rowid) FROM {table} WHERE {condition})");
        let saved = format!("CREATE TEMP TABLE saved AS SELECT * FROM main.{table} WHERE {row}");
        let restored = format!("INSERT INTO main.{table} SELECT * FROM saved; DROP TABLE saved");
        for (damage, before, change) in [
            ("lacks a row", format!("{saved}; DELETE FROM main.{table} WHERE {row}"), restored),
            ("has a row more", String::new(), format!("DELETE FROM {table} WHERE {row}")),
            (
                "has the old number of a row",
                String::new(),
                format!("UPDATE {table} SET rowid = rowid + 1000 WHERE {row}"),
            ),
        ] {
            std::fs::write(world.store(), &whole).unwrap();
            let connection = unruly(&world);
            without(&connection, "", &before);
            without(&connection, name, &change);
            drop(connection);
            // SQLite does not count the entries of an index for some rows.
            let instead = (damage == "has a row more").then(|| format!("wrong # of entries in index {name}"));
            assert_named(&world, &format!("{name} {damage}"), instead);
            count += 1;
        }
    }
    assert!(count >= 3 * 13, "{count}");
}

#[test]
fn an_index_with_two_entries_in_the_wrong_order_is_named() {
    let world = world();
    drop(unruly(&world));
    let whole = std::fs::read(world.store()).unwrap();
    let mut count = 0;
    for (name, page, ..) in indexes(&world.sqlite()) {
        std::fs::write(world.store(), &whole).unwrap();
        let mut has_two = false;
        edit(&world, page, |page| {
            assert_eq!(page[0], 0x0a, "{name}: the root has leaves");
            has_two = u16::from_be_bytes([page[3], page[4]]) > 1;
            if has_two {
                page[8..12].rotate_left(2);
            }
        });
        if has_two {
            assert_named(&world, &name, None);
            count += 1;
        }
    }
    assert!(count >= 15, "{count}");
}

#[test]
fn an_index_with_another_value_than_the_table_is_named_where_only_the_case_differs_too() {
    let world = world();
    drop(unruly(&world));
    let whole = std::fs::read(world.store()).unwrap();
    // The other indexes of users hold no names.
    let of_names = |name: &str| !["users_by_policy", "users_bounced"].contains(&name);
    let all = indexes(&world.sqlite()).into_iter();
    for (name, page, table, _) in all.filter(|(name, _, table, _)| table == "users" && of_names(name)) {
        for (from, to) in [(b"alice", b"Alice"), (b"alice", b"alicf")] {
            std::fs::write(world.store(), &whole).unwrap();
            edit(&world, page, |page| {
                let at = page.windows(from.len()).position(|bytes| bytes == from);
                let at = at.unwrap_or_else(|| panic!("{name} of {table} has no alice"));
                page[at..at + to.len()].copy_from_slice(to);
            });
            assert_named(&world, &name, None);
        }
    }
}
