//! Roles and what they allow.

use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use rusqlite::Row;
use rusqlite::params;
use strum::VariantArray as _;

use super::ReadTransaction;
use super::Result;
use super::WriteTransaction;
use super::damage;
use crate::domain::role::BUILT_IN;
use crate::domain::role::Permission;
use crate::domain::role::Permissions;
use crate::domain::role::Role;
use crate::domain::role::RoleId;
use crate::domain::role_name;

/// The name and the description of a role.
const NAMES: &str = "SELECT id, name, description FROM roles WHERE id = ?1";

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
        let mut statement = self.transaction.prepare_cached(NAMES)?;
        let read = |row: &Row<'_>| damage::named("roles", row, |row| Ok((row.get(1)?, row.get(2)?)));
        let Some((name, stored)) = statement.query_row([id.0], read).optional()? else { return Ok(None) };
        let description = id.built_in_description().map_or(stored, str::to_owned);
        let (built_in, permissions) = (id.built_in().is_some(), self.permissions(id)?);
        Ok(Some(Role { id, name, description, built_in, permissions }))
    }

    /// A role by its name, without case, in either normal form.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn role_named(&self, name: &str) -> Result<Option<Role>> {
        let mut statement = self.transaction.prepare_cached("SELECT id FROM roles WHERE name = ?1")?;
        let id = statement.query_row([name], |row| row.get(0)).optional()?;
        match id {
            Some(id) => self.role(RoleId(id)),
            // SQLite compares without the case of ASCII alone.
            None if name.is_ascii() => Ok(None),
            None => Ok(self.roles()?.into_iter().find(|role| role_name::is_same(&role.name, name))),
        }
    }

    /// How many users have a role.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn users_with_role(&self, id: RoleId) -> Result<u64> {
        let sql = "SELECT count(*) FROM users WHERE role_id = ?1";
        let count: i64 = self.transaction.query_row(sql, [id.0], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// The permissions of a role: the program defines those of a built-in role, the store those of the others. A word that this
    /// program does not know gives no permission.
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

    /// Adds a role that is not built in, and gives its number. Its `id` is ignored.
    ///
    /// # Errors
    /// When another role has the name, or the store cannot be written.
    pub fn add_role(&self, role: &Role) -> Result<RoleId> {
        self.transaction.execute(
            "INSERT INTO roles (name, description, built_in) VALUES (?1, ?2, 0)",
            params![role.name, role.description],
        )?;
        let id = RoleId(self.transaction.last_insert_rowid());
        self.add_permissions(id, role.permissions)?;
        Ok(id)
    }

    /// Changes name, description and permissions of a role that is not built in.
    ///
    /// # Errors
    /// When another role has the name, or the store cannot be written.
    pub fn update_role(&self, role: &Role) -> Result<()> {
        self.transaction.execute(
            "UPDATE roles SET name = ?2, description = ?3 WHERE id = ?1",
            params![role.id.0, role.name, role.description],
        )?;
        // Words of a later version remain.
        for permission in Permission::VARIANTS {
            self.transaction.execute(
                "DELETE FROM role_permissions WHERE role_id = ?1 AND permission = ?2",
                params![role.id.0, permission.word()],
            )?;
        }
        self.add_permissions(role.id, role.permissions)
    }

    fn add_permissions(&self, id: RoleId, permissions: Permissions) -> Result<()> {
        for permission in permissions.iter() {
            self.transaction.execute(
                "INSERT INTO role_permissions (role_id, permission) VALUES (?1, ?2)",
                params![id.0, permission.word()],
            )?;
        }
        Ok(())
    }

    /// Deletes a role that is not built in, after its users and operators have got the role `to`. Gives how many users had it.
    ///
    /// # Errors
    /// When the store cannot be written, or the role is built in.
    pub fn delete_role(&self, id: RoleId, to: RoleId, now: Timestamp) -> Result<u64> {
        let users = self.transaction.execute(
            "UPDATE users SET role_id = ?2, updated_at = ?3 WHERE role_id = ?1",
            params![id.0, to.0, now.as_second()],
        )?;
        self.transaction.execute("UPDATE operators SET role_id = ?2 WHERE role_id = ?1", [id.0, to.0])?;
        self.transaction.execute("DELETE FROM roles WHERE id = ?1", [id.0])?;
        Ok(users as u64)
    }
}
