//! The command that recovers with `sqlite3` what can be read of a damaged store, to be pasted into a shell.

use std::path::Path;
use std::path::PathBuf;

use crate::cli;
use crate::store::damaged;

/// The command that writes what can be read of a store to a file beside it, and the one that restores that file.
/// `schema_version` is that of the damaged tables.
///
/// `.recover` reads most. Not every `sqlite3` has the table that it needs (Debian 12's has not), and `.dump` then reads each table from
/// both ends up to the damage. It ends what it could not read with ROLLBACK, and leaves out what
/// [`damaged::completing_sql`] adds. `-readonly` leaves a write-ahead log in its place.
pub(super) fn command(store: &Path, schema_version: i64) -> String {
    let (file, recovered) = (typed(store), typed(&with_ending(store, ".recovered")));
    let complete = damaged::completing_sql(schema_version);
    format!(
        "or recover what can be read: (umask 077; rm -f {recovered}; sqlite3 :memory: .recover >/dev/null 2>&1 && how=.recover || \
         how=.dump; (sqlite3 -readonly {file} $how | sed '/^CREATE TABLE sqlite_sequence/d; s/^ROLLBACK;.*/COMMIT;/'; echo \
         '{complete}') | sqlite3 {recovered}), then: cxme-admin store restore {recovered}"
    )
}

/// A path as one would type it.
pub(super) fn typed(path: &Path) -> String {
    cli::as_typed(&[path.into()])
}

/// The path with `ending` behind its name.
fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(ending);
    path.into()
}
