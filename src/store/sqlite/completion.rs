//! Users whose name begins with a text: stretches of an index, however many users there are.

use super::ReadTransaction;
use super::Result;
use super::damage::lossy;
use crate::domain::role::RoleId;
use crate::store::completion::FromEnd;
use crate::store::completion::UserNameKind;
use crate::store::completion::UserWithPrefix;

/// Behind every text that begins with another one comes that one with this character, the last of Unicode, at its end.
const LAST_CHARACTER: char = char::MAX;

fn sql(by: UserNameKind, end: FromEnd) -> String {
    let column = match by {
        UserNameKind::Username => "username",
        UserNameKind::Email => "email",
    };
    let order = match end {
        FromEnd::First => "ASC",
        FromEnd::Last => "DESC",
    };
    format!(
        "SELECT {column}, email, name, role_id FROM users WHERE {column} >= ?1 AND {column} < ?2 ORDER BY {column} {order} LIMIT ?3"
    )
}

impl ReadTransaction<'_> {
    /// The users whose name begins with `prefix`, in whatever ASCII case: at most `limit` of them, from one end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn users_with_prefix(
        &self,
        by: UserNameKind,
        prefix: &str,
        end: FromEnd,
        limit: u32,
    ) -> Result<Vec<UserWithPrefix>> {
        let mut statement = self.transaction.prepare_cached(&sql(by, end))?;
        let rows = statement.query_map((prefix, format!("{prefix}{LAST_CHARACTER}"), limit), |row| {
            Ok(UserWithPrefix {
                name: lossy(row, 0)?.unwrap_or_default(),
                email: lossy(row, 1)?.unwrap_or_default(),
                person: lossy(row, 2)?.unwrap_or_default(),
                role: RoleId(row.get(3)?),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema;
    use super::*;

    #[test]
    fn users_are_found_by_a_stretch_of_an_index() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        schema::migrate(&connection, &schema::Schema::CURRENT).unwrap();
        for by in [UserNameKind::Username, UserNameKind::Email] {
            for end in [FromEnd::First, FromEnd::Last] {
                let sql = sql(by, end);
                let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
                let plan = statement.query_map(("a", "b", 1), |row| row.get(3)).unwrap();
                let steps: Vec<String> = plan.map(|step| step.unwrap()).collect();
                assert_eq!(steps.len(), 1, "{sql}: {steps:?}");
                assert!(steps[0].starts_with("SEARCH users USING INDEX"), "{sql}: {steps:?}");
            }
        }
    }
}
