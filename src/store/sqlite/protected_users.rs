//! The users on whom an operator may not act, in SQL: [`Authority::may_act_on`](crate::domain::operator::Authority::may_act_on)
//! for many users at once. A property test holds the two together.

use std::fmt::Write as _;

use super::ReadTransaction;
use super::Result;
use super::user_list::email_domain_of;
use crate::domain::management::ProtectedUsers;
use crate::domain::role::RoleId;

/// The condition that a row of the table `users`, known as `table`, is one of these users.
pub(super) fn is_protected(protected: &ProtectedUsers, table: &str) -> String {
    let domain = (!protected.only_domains.is_empty()).then(|| is_in_other_domain(protected, table));
    any([Some(has_protected_role(protected, &format!("{table}.role_id"))), domain])
}

/// The condition that an expression is the number of a role on whose users the operator may not act.
pub(super) fn has_protected_role(protected: &ProtectedUsers, role: &str) -> String {
    let ids: Vec<String> =
        protected.outranking.iter().chain(&protected.outside).map(|RoleId(id)| id.to_string()).collect();
    format!("{role} IN ({})", ids.join(", "))
}

/// The condition that the address of a row of `table` is in none of the domains to which the operator is limited. A row without an
/// address is in none, and in no other either.
pub(super) fn is_in_other_domain(protected: &ProtectedUsers, table: &str) -> String {
    if protected.only_domains.is_empty() {
        return "false".to_owned();
    }
    let domains: Vec<String> = protected.only_domains.iter().map(|domain| text(domain)).collect();
    format!("{} NOT IN ({})", email_domain_of(table), domains.join(", "))
}

/// At least one of the conditions.
pub(super) fn any(conditions: impl IntoIterator<Item = Option<String>>) -> String {
    format!("({})", conditions.into_iter().flatten().collect::<Vec<_>>().join(" OR "))
}

/// A text as SQL, whatever is in it.
fn text(value: &str) -> String {
    let digits = value.bytes().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    });
    format!("CAST(x'{digits}' AS TEXT)")
}

impl ReadTransaction<'_> {
    /// How many of the staged rows are for users who are protected from the operator, or would be by what the row gives, and the
    /// first `limit` usernames.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn incoming_and_protected(&self, protected: &ProtectedUsers, limit: usize) -> Result<(u64, Vec<String>)> {
        if protected.is_empty() {
            return Ok((0, Vec::new()));
        }
        let new_role = format!("coalesce(incoming.role_id, iif(target IS NULL, {}, NULL))", RoleId::MINIMAL.0);
        let is_denied = any([
            Some(is_protected(protected, "users")),
            Some(has_protected_role(protected, &new_role)),
            Some(is_in_other_domain(protected, "incoming")),
        ]);
        let those = format!("FROM temp.incoming LEFT JOIN main.users ON users.id = target WHERE {is_denied}");
        let count: i64 = self.transaction.query_row(&format!("SELECT count(*) {those}"), [], |row| row.get(0))?;
        if count == 0 {
            return Ok((0, Vec::new()));
        }
        let sql = format!("SELECT ifnull(users.username, incoming.username) {those} ORDER BY number LIMIT ?1");
        let mut statement = self.transaction.prepare(&sql)?;
        let usernames = statement.query_map([limit as i64], |row| row.get(0))?;
        Ok((count.unsigned_abs(), usernames.collect::<rusqlite::Result<_>>()?))
    }
}
