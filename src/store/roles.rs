//! Roles and what they allow.

use rusqlite::OptionalExtension as _;
use rusqlite::params;

use super::Reading;
use super::Result;
use super::Writing;
use crate::domain::role::Permission;
use crate::domain::role::Permissions;
use crate::domain::role::Role;
use crate::domain::role::RoleId;

impl Reading<'_> {
    /// All roles, by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn roles(&self) -> Result<Vec<Role>> {
        let mut statement = self.transaction.prepare_cached("SELECT id FROM role ORDER BY name")?;
        let ids = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
        let mut roles = Vec::with_capacity(ids.len());
        for id in ids {
            roles.extend(self.role(RoleId(id))?);
        }
        Ok(roles)
    }

    /// A role by its number.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn role(&self, id: RoleId) -> Result<Option<Role>> {
        let mut statement = self.transaction.prepare_cached("SELECT name, built_in FROM role WHERE id = ?1")?;
        let found = statement.query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((name, built_in)) = found else { return Ok(None) };
        Ok(Some(Role { id, name, built_in, permissions: self.permissions(id)? }))
    }

    /// A role by its name, without case.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn role_named(&self, name: &str) -> Result<Option<Role>> {
        let mut statement = self.transaction.prepare_cached("SELECT id FROM role WHERE name = ?1")?;
        let id = statement.query_row([name], |row| row.get(0)).optional()?;
        id.map_or(Ok(None), |id| self.role(RoleId(id)))
    }

    /// What a role allows. A word that this program does not know allows nothing.
    pub(super) fn permissions(&self, id: RoleId) -> Result<Permissions> {
        let mut statement =
            self.transaction.prepare_cached("SELECT permission FROM role_permission WHERE role_id = ?1")?;
        let words = statement.query_map([id.0], |row| row.get::<_, String>(0))?;
        let mut permissions: Vec<Permission> = Vec::new();
        for word in words {
            permissions.extend(word?.parse::<Permission>());
        }
        Ok(permissions.into_iter().collect())
    }
}

impl Writing<'_> {
    /// Adds a role.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn add_role(&self, name: &str, built_in: bool, permissions: Permissions) -> Result<RoleId> {
        self.transaction.execute("INSERT INTO role (name, built_in) VALUES (?1, ?2)", params![name, built_in])?;
        let id = RoleId(self.transaction.last_insert_rowid());
        for permission in permissions.iter() {
            let sql = "INSERT INTO role_permission (role_id, permission) VALUES (?1, ?2)";
            self.transaction.execute(sql, params![id.0, permission.word()])?;
        }
        Ok(id)
    }
}
