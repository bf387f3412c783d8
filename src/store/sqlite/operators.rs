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
use crate::domain::operator_limits::OperatorLimits;
use crate::domain::role::Permissions;
use crate::domain::role::RoleId;
use crate::domain::uid::ROOT;

/// The columns of an operator, and where they come from.
pub(super) const COLUMNS: &str = "SELECT uid, account, kind, role_id, added_at, roles.name, disabled_at FROM operators JOIN roles ON roles.id = role_id";

/// The roles to which an operator is limited.
const ROLE_LIMITS: &str =
    "SELECT uid, role_id, name FROM operator_role_limits JOIN roles ON roles.id = role_id WHERE uid = ?1";

/// The domains to which an operator is limited.
const DOMAIN_LIMITS: &str = "SELECT uid, domain FROM operator_domain_limits WHERE uid = ?1";

impl ReadTransaction<'_> {
    /// All operators, by account name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn operators(&self) -> Result<Vec<Operator>> {
        let mut statement = self.transaction.prepare(&format!("{COLUMNS} ORDER BY account, uid"))?;
        let found = statement.query_map([], operator)?.collect::<rusqlite::Result<Vec<_>>>()?;
        found.into_iter().map(|operator| self.with_rights(operator)).collect()
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
        found.map(|operator| self.with_rights(operator)).transpose()
    }

    fn with_rights(&self, operator: Operator) -> Result<Operator> {
        let (permissions, limits) = (self.permissions(operator.role)?, self.operator_limits(operator.uid)?);
        Ok(Operator { permissions, limits, ..operator })
    }

    fn operator_limits(&self, uid: u32) -> Result<OperatorLimits> {
        let mut statement = self.transaction.prepare_cached(ROLE_LIMITS)?;
        let role = |row: &Row<'_>| {
            damage::named("operator_role_limits", row, |row| Ok((RoleId(row.get(1)?), row.get::<_, String>(2)?)))
        };
        let roles = statement.query_map([uid], role)?.collect::<rusqlite::Result<_>>()?;
        let mut statement = self.transaction.prepare_cached(DOMAIN_LIMITS)?;
        let domain = |row: &Row<'_>| damage::named("operator_domain_limits", row, |row| row.get::<_, String>(1));
        let domains = statement.query_map([uid], domain)?.collect::<rusqlite::Result<_>>()?;
        Ok(OperatorLimits { roles, domains })
    }
}

impl WriteTransaction<'_> {
    /// Adds an operator.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn add_operator(&self, operator: &Operator) -> Result<()> {
        let sql = "INSERT INTO operators (uid, account, kind, role_id, added_at, disabled_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let Operator { uid, account, kind, role, added_at, disabled_at, limits, .. } = operator;
        let disabled_at = disabled_at.map(|at| at.as_second());
        self.transaction.execute(sql, params![uid, account, kind.word(), role.0, added_at.as_second(), disabled_at])?;
        self.add_limits(*uid, limits)
    }

    /// Changes kind, role, limits of an operator, and whether they are disabled.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn update_operator(&self, operator: &Operator) -> Result<()> {
        let Operator { uid, kind, role, disabled_at, limits, .. } = operator;
        self.transaction.execute(
            "UPDATE operators SET kind = ?2, role_id = ?3, disabled_at = ?4 WHERE uid = ?1",
            params![uid, kind.word(), role.0, disabled_at.map(|at| at.as_second())],
        )?;
        for table in ["operator_role_limits", "operator_domain_limits"] {
            self.transaction.execute(&format!("DELETE FROM {table} WHERE uid = ?1"), [uid])?;
        }
        self.add_limits(*uid, limits)
    }

    fn add_limits(&self, uid: u32, limits: &OperatorLimits) -> Result<()> {
        for role in limits.roles.keys() {
            let sql = "INSERT INTO operator_role_limits (uid, role_id) VALUES (?1, ?2)";
            self.transaction.execute(sql, params![uid, role.0])?;
        }
        for domain in &limits.domains {
            let sql = "INSERT INTO operator_domain_limits (uid, domain) VALUES (?1, ?2)";
            self.transaction.execute(sql, params![uid, domain])?;
        }
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
        limits: OperatorLimits::default(),
        disabled_at: row.get::<_, Option<i64>>(6)?.map(time),
        added_at: time(row.get(4)?),
    })
}
