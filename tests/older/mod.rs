//! What older programs wrote.

use cxme_admin::domain::event::CHAIN_START;
use cxme_admin::domain::event::Event;
use rusqlite::Connection;

/// Gives each event the hash of the program that had this version of the schema: none before the twelfth says what named the
/// operator, and none before the sixth recorded user changes.
pub(crate) fn hash_of_version(connection: &Connection, version: usize) {
    let columns = "number, time, operator, operator_uid, login_uid, host, by_sudo, standing, action, outcome, user_id, \
                   reason, details";
    let columns = if version < 6 { columns.to_owned() } else { format!("{columns}, changes_digest") };
    let mut statement = connection.prepare(&format!("SELECT {columns} FROM main.event ORDER BY number")).unwrap();
    let events = statement.query_map([], |row| {
        Ok(Event {
            number: row.get(0)?,
            time: row.get(1)?,
            operator: row.get(2)?,
            operator_uid: row.get(3)?,
            login_uid: row.get(4)?,
            host: row.get(5)?,
            by_sudo: row.get(6)?,
            authority: row.get(7)?,
            action: row.get(8)?,
            outcome: row.get(9)?,
            user_id: row.get(10)?,
            reason: row.get(11)?,
            details: row.get(12)?,
            changes_digest: if version < 6 { None } else { row.get(13)? },
            identified_by: None,
            hash: Vec::new(),
        })
    });
    let mut before = CHAIN_START.to_vec();
    for event in events.unwrap().collect::<Result<Vec<_>, _>>().unwrap() {
        before = event.chained_hash(&before).to_vec();
        // Nothing may be updated.
        let sql =
            format!("REPLACE INTO main.event ({columns}, hash) SELECT {columns}, ?2 FROM main.event WHERE number = ?1");
        connection.execute(&sql, (event.number, &before)).unwrap();
    }
}
