//! Roles and what they allow.

use cxme_admin::domain::role;
use cxme_admin::domain::role::Permission;
use cxme_admin::domain::role::Permissions;
use cxme_admin::domain::role::RoleId;

use super::Engine;

#[test]
fn the_built_in_roles_are_found_by_number_and_by_name_without_case() {
    for fixture in Engine::each() {
        let reading = fixture.read();
        let roles = reading.roles().unwrap();
        assert_eq!(roles.len(), role::BUILT_IN.len());
        assert!(roles.is_sorted_by_key(|role| role.name.to_lowercase()) && roles.iter().all(|role| role.built_in));
        for (id, name) in role::BUILT_IN {
            for given in [name.to_owned(), name.to_uppercase(), name.to_lowercase()] {
                assert_eq!(reading.role_named(&given).unwrap(), reading.role(id).unwrap(), "{given}");
            }
            let found = reading.role(id).unwrap().unwrap();
            assert_eq!((found.id, found.name.as_str(), Some(found.permissions)), (id, name, id.built_in()));
            assert_eq!(reading.permissions(id).unwrap(), found.permissions);
            assert!(roles.contains(&found));
        }
        assert!(reading.permissions(RoleId::ADMIN).unwrap().has(Permission::ManageStore));
        assert!(reading.role_named("nobody's").unwrap().is_none());
        assert!(reading.role(RoleId(i64::MAX)).unwrap().is_none());
        assert_eq!(reading.permissions(RoleId(i64::MAX)).unwrap(), Permissions::default());
    }
}

#[test]
fn the_built_in_roles_are_added_once() {
    for fixture in Engine::each() {
        assert!(fixture.store.write().unwrap().add_built_in_roles().is_err());
        assert_eq!(fixture.read().roles().unwrap().len(), role::BUILT_IN.len());
    }
}
