//! Roles and what they allow.

use cxme_admin::domain::role;
use cxme_admin::domain::role::Permission;
use cxme_admin::domain::role::Permissions;
use cxme_admin::domain::role::Role;
use cxme_admin::domain::role::RoleId;
use cxme_admin::store::users::NewUser;

use super::Engine;
use super::at;
use super::new_user;

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
            assert_eq!(Some(found.description.as_str()), id.built_in_description());
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

fn helpdesk() -> Role {
    Role {
        id: RoleId(0),
        name: "Büro".to_owned(),
        description: "Mails links".to_owned(),
        built_in: false,
        permissions: [Permission::ViewUsers, Permission::SendResets].into_iter().collect(),
    }
}

#[test]
fn a_role_of_ones_own_is_added_and_changed() {
    for fixture in Engine::each() {
        let id = fixture.change(|writing| writing.add_role(&helpdesk()));
        assert!(role::BUILT_IN.iter().all(|(built_in, _)| *built_in != id));
        let role = Role { id, ..helpdesk() };
        for name in ["Büro", "BÜRO", "bu\u{308}ro"] {
            assert_eq!(fixture.read().role_named(name).unwrap(), Some(role.clone()), "{name}");
        }
        assert_eq!(fixture.read().role_named("Buro").unwrap(), None);
        assert!(fixture.store.write().unwrap().add_role(&helpdesk()).is_err(), "the name is taken");
        let changed = Role {
            name: "Helpdesk".to_owned(),
            description: String::new(),
            permissions: [Permission::ViewAudit].into_iter().collect(),
            ..role.clone()
        };
        fixture.undone(|writing| writing.update_role(&changed));
        assert_eq!(fixture.read().role(id).unwrap(), Some(role));
        fixture.change(|writing| writing.update_role(&changed));
        assert_eq!(fixture.read().role(id).unwrap(), Some(changed));
        assert_eq!(fixture.read().role_named("Büro").unwrap(), None);
    }
}

#[test]
fn the_users_and_operators_of_a_deleted_role_get_another_one() {
    for fixture in Engine::each() {
        let id = fixture.change(|writing| writing.add_role(&helpdesk()));
        let of_role = |name: &str| NewUser { role: id, ..new_user(name) };
        let alice = fixture.change(|writing| writing.add_user(&of_role("alice")));
        fixture.change(|writing| writing.add_user(&of_role("bob")));
        fixture.add_user("carla");
        assert_eq!(fixture.read().users_with_role(id).unwrap(), 2);
        let before = fixture.read().users_with_role(RoleId::MINIMAL).unwrap();
        assert_eq!(fixture.undone(|writing| writing.delete_role(id, RoleId::MINIMAL, at(7))), 2);
        assert_eq!(fixture.read().users_with_role(id).unwrap(), 2);
        assert_eq!(fixture.change(|writing| writing.delete_role(id, RoleId::MINIMAL, at(7))), 2);
        let reading = fixture.read();
        assert_eq!(reading.role(id).unwrap(), None);
        assert_eq!(reading.permissions(id).unwrap(), Permissions::default());
        assert_eq!(reading.users_with_role(id).unwrap(), 0);
        assert_eq!(reading.users_with_role(RoleId::MINIMAL).unwrap(), before + 2);
        let alice = reading.user_by_id(alice).unwrap().unwrap();
        assert_eq!((alice.role, alice.updated_at), (RoleId::MINIMAL, at(7)));
    }
}
