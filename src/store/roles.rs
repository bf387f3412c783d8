//! Roles and what they allow.

use rusqlite::OptionalExtension as _;
use rusqlite::Row;
use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use super::WriteTransaction;
use super::damage;
use crate::domain::role::BUILT_IN;
use crate::domain::role::Permission;
use crate::domain::role::Permissions;
use crate::domain::role::Role;
use crate::domain::role::RoleId;

impl ReadTransaction<'_> {
    /// All roles, by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn roles(&self) -> Result<Vec<Role>> {
        let mut statement = self.transaction.prepare_cached("SELECT id FROM roles ORDER BY name")?;
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
        let mut statement = self.transaction.prepare_cached("SELECT id, name FROM roles WHERE id = ?1")?;
        let found = statement.query_row([id.0], |row| damage::named("roles", row, |row| row.get(1))).optional()?;
        let Some(name) = found else { return Ok(None) };
        Ok(Some(Role { id, name, built_in: id.built_in().is_some(), permissions: self.permissions(id)? }))
    }

    /// A role by its name, without case.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn role_named(&self, name: &str) -> Result<Option<Role>> {
        let mut statement = self.transaction.prepare_cached("SELECT id FROM roles WHERE name = ?1")?;
        let id = statement.query_row([name], |row| row.get(0)).optional()?;
        id.map_or(Ok(None), |id| self.role(RoleId(id)))
    }

    /// What a role allows: of a built-in role the program says it, of the others the store. A word that this program does
    /// not know allows nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn permissions(&self, id: RoleId) -> Result<Permissions> {
        if let Some(permissions) = id.built_in() {
            return Ok(permissions);
        }
        let mut statement =
            self.transaction.prepare_cached("SELECT role_id, permission FROM role_permissions WHERE role_id = ?1")?;
        let permission = |row: &Row<'_>| damage::named("role_permissions", row, |row| row.get::<_, String>(1));
        let words = statement.query_map([id.0], permission)?;
        let mut permissions: Vec<Permission> = Vec::new();
        for word in words {
            permissions.extend(word?.parse::<Permission>());
        }
        Ok(permissions.into_iter().collect())
    }
}

impl WriteTransaction<'_> {
    /// Adds the built-in roles to a new store.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn add_built_in_roles(&self) -> Result<()> {
        for (id, name) in BUILT_IN {
            self.transaction
                .execute("INSERT INTO roles (id, name, built_in) VALUES (?1, ?2, 1)", params![id.0, name])?;
        }
        Ok(())
    }
}
