//! Operators: the OS accounts that may use the tool.

use rusqlite::OptionalExtension as _;
use rusqlite::Row;
use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use super::WriteTransaction;
use super::damage;
use super::time;
use crate::domain::operator::Operator;
use crate::domain::operator::OperatorKind;
use crate::domain::role::Permissions;
use crate::domain::role::RoleId;
use crate::domain::uid::ROOT;

/// The columns of an operator, and where they come from.
pub(super) const COLUMNS: &str =
    "SELECT uid, account, kind, role_id, added_at, roles.name FROM operators JOIN roles ON roles.id = role_id";

impl ReadTransaction<'_> {
    /// All operators, by account name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn operators(&self) -> Result<Vec<Operator>> {
        let mut statement = self.transaction.prepare(&format!("{COLUMNS} ORDER BY account, uid"))?;
        let found = statement.query_map([], operator)?.collect::<rusqlite::Result<Vec<_>>>()?;
        found.into_iter().map(|operator| self.with_permissions(operator)).collect()
    }

    /// An operator by the number of the OS account. Root needs no row: one that is damaged counts as none, or nobody could
    /// examine and restore the store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn operator(&self, uid: u32) -> Result<Option<Operator>> {
        match self.stored_operator(uid) {
            Err(error) if uid == ROOT && error.damage().is_some() => Ok(None),
            other => other,
        }
    }

    fn stored_operator(&self, uid: u32) -> Result<Option<Operator>> {
        let mut statement = self.transaction.prepare_cached(&format!("{COLUMNS} WHERE uid = ?1"))?;
        let found = statement.query_row([uid], operator).optional()?;
        found.map(|operator| self.with_permissions(operator)).transpose()
    }

    fn with_permissions(&self, operator: Operator) -> Result<Operator> {
        Ok(Operator { permissions: self.permissions(operator.role)?, ..operator })
    }
}

impl WriteTransaction<'_> {
    /// Adds an operator.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn add_operator(&self, operator: &Operator) -> Result<()> {
        let sql = "INSERT INTO operators (uid, account, kind, role_id, added_at) VALUES (?1, ?2, ?3, ?4, ?5)";
        let Operator { uid, account, kind, role, added_at, .. } = operator;
        self.transaction.execute(sql, params![uid, account, kind.word(), role.0, added_at.as_second()])?;
        Ok(())
    }

    /// Removes an operator.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn remove_operator(&self, uid: u32) -> Result<()> {
        self.transaction.execute("DELETE FROM operators WHERE uid = ?1", [uid])?;
        Ok(())
    }
}

pub(super) fn operator(row: &Row<'_>) -> rusqlite::Result<Operator> {
    damage::named("operators", row, operator_of)
}

fn operator_of(row: &Row<'_>) -> rusqlite::Result<Operator> {
    let kind: String = row.get(2)?;
    Ok(Operator {
        uid: row.get(0)?,
        account: row.get(1)?,
        kind: if kind == "service" { OperatorKind::Service } else { OperatorKind::Person },
        role: RoleId(row.get(3)?),
        role_name: row.get(5)?,
        permissions: Permissions::default(),
        added_at: time(row.get(4)?),
    })
}
