-- What notes each change of a user that this connection makes, whichever statement makes it, until an event takes it
-- (`user_changes.rs`). In SQLite's temporary schema: no other program has a part in it, and nothing of it is in the file.
CREATE TEMP TABLE changed_users (
    user_id  INTEGER NOT NULL,
    field    TEXT NOT NULL,
    old      TEXT,
    new      TEXT,
    PRIMARY KEY (user_id, field)
) WITHOUT ROWID;

-- A field that changes twice in one transaction is one change. Case counts, whatever the collation of a column is. Not noted are
-- the last login, and what follows from the others: `updated_at`, `session_epoch`, `password_set_at`, `password_policy`,
-- `password_period`, `password_is_own`.
CREATE TEMP TRIGGER note_changed_user
AFTER UPDATE OF username, email, name, role_id, sign_in, locale, locked_at, locked_until, lock_reason, must_change_password,
                password_expires_at, password_hash, bounced_at, bounce_reply ON main.users
BEGIN
    INSERT INTO changed_users
    SELECT NEW.id, 'username', CAST(OLD.username AS TEXT), CAST(NEW.username AS TEXT)
     WHERE OLD.username COLLATE BINARY IS NOT NEW.username
        ON CONFLICT (user_id, field) DO UPDATE SET new = excluded.new;
    INSERT INTO changed_users
    SELECT NEW.id, 'email', CAST(OLD.email AS TEXT), CAST(NEW.email AS TEXT)
     WHERE OLD.email COLLATE BINARY IS NOT NEW.email
        ON CONFLICT (user_id, field) DO UPDATE SET new = excluded.new;
    INSERT INTO changed_users
    SELECT NEW.id, 'name', CAST(OLD.name AS TEXT), CAST(NEW.name AS TEXT)
     WHERE OLD.name IS NOT NEW.name
        ON CONFLICT (user_id, field) DO UPDATE SET new = excluded.new;
    -- By name: a number says nothing to people, and roles are deleted.
    INSERT INTO changed_users
    SELECT NEW.id, 'role', CAST(ifnull((SELECT roles.name FROM main.roles WHERE roles.id = OLD.role_id), OLD.role_id) AS TEXT),
           CAST(ifnull((SELECT roles.name FROM main.roles WHERE roles.id = NEW.role_id), NEW.role_id) AS TEXT)
     WHERE OLD.role_id IS NOT NEW.role_id
        ON CONFLICT (user_id, field) DO UPDATE SET new = excluded.new;
    INSERT INTO changed_users
    SELECT NEW.id, 'sign_in', CAST(OLD.sign_in AS TEXT), CAST(NEW.sign_in AS TEXT)
     WHERE OLD.sign_in IS NOT NEW.sign_in
        ON CONFLICT (user_id, field) DO UPDATE SET new = excluded.new;
    INSERT INTO changed_users
    SELECT NEW.id, 'locale', CAST(OLD.locale AS TEXT), CAST(NEW.locale AS TEXT)
     WHERE OLD.locale IS NOT NEW.locale
        ON CONFLICT (user_id, field) DO UPDATE SET new = excluded.new;
    -- A time that no calendar holds is noted as its number.
    INSERT INTO changed_users
    SELECT NEW.id, 'locked_at',
           CAST(ifnull(strftime('%Y-%m-%dT%H:%M:%SZ', OLD.locked_at, 'unixepoch'), OLD.locked_at) AS TEXT),
           CAST(ifnull(strftime('%Y-%m-%dT%H:%M:%SZ', NEW.locked_at, 'unixepoch'), NEW.locked_at) AS TEXT)
     WHERE OLD.locked_at IS NOT NEW.locked_at
        ON CONFLICT (user_id, field) DO UPDATE SET new = excluded.new;
    INSERT INTO changed_users
    SELECT NEW.id, 'locked_until',
           CAST(ifnull(strftime('%Y-%m-%dT%H:%M:%SZ', OLD.locked_until, 'unixepoch'), OLD.locked_until) AS TEXT),
           CAST(ifnull(strftime('%Y-%m-%dT%H:%M:%SZ', NEW.locked_until, 'unixepoch'), NEW.locked_until) AS TEXT)
     WHERE OLD.locked_until IS NOT NEW.locked_until
        ON CONFLICT (user_id, field) DO UPDATE SET new = excluded.new;
    INSERT INTO changed_users
    SELECT NEW.id, 'lock_reason', CAST(OLD.lock_reason AS TEXT), CAST(NEW.lock_reason AS TEXT)
     WHERE OLD.lock_reason IS NOT NEW.lock_reason
        ON CONFLICT (user_id, field) DO UPDATE SET new = excluded.new;
    INSERT INTO changed_users
    SELECT NEW.id, 'must_change_password', iif(OLD.must_change_password, 'true', 'false'),
           iif(NEW.must_change_password, 'true', 'false')
     WHERE OLD.must_change_password IS NOT NEW.must_change_password
        ON CONFLICT (user_id, field) DO UPDATE SET new = excluded.new;
    INSERT INTO changed_users
    SELECT NEW.id, 'password_expires_at',
           CAST(ifnull(strftime('%Y-%m-%dT%H:%M:%SZ', OLD.password_expires_at, 'unixepoch'), OLD.password_expires_at) AS TEXT),
           CAST(ifnull(strftime('%Y-%m-%dT%H:%M:%SZ', NEW.password_expires_at, 'unixepoch'), NEW.password_expires_at) AS TEXT)
     WHERE OLD.password_expires_at IS NOT NEW.password_expires_at
        ON CONFLICT (user_id, field) DO UPDATE SET new = excluded.new;
    INSERT INTO changed_users
    SELECT NEW.id, 'bounced_at',
           CAST(ifnull(strftime('%Y-%m-%dT%H:%M:%SZ', OLD.bounced_at, 'unixepoch'), OLD.bounced_at) AS TEXT),
           CAST(ifnull(strftime('%Y-%m-%dT%H:%M:%SZ', NEW.bounced_at, 'unixepoch'), NEW.bounced_at) AS TEXT)
     WHERE OLD.bounced_at IS NOT NEW.bounced_at
        ON CONFLICT (user_id, field) DO UPDATE SET new = excluded.new;
    INSERT INTO changed_users
    SELECT NEW.id, 'bounce_reply', CAST(OLD.bounce_reply AS TEXT), CAST(NEW.bounce_reply AS TEXT)
     WHERE OLD.bounce_reply IS NOT NEW.bounce_reply
        ON CONFLICT (user_id, field) DO UPDATE SET new = excluded.new;
    -- Never the hash. One that replaces a weaker hash of the same password is no change (`Store::record_login`).
    INSERT INTO changed_users
    SELECT NEW.id, 'password', NULL,
           CASE WHEN NEW.password_hash IS NULL THEN 'removed' WHEN OLD.password_hash IS NULL THEN 'set' ELSE 'changed' END
     WHERE OLD.password_hash IS NOT NEW.password_hash AND OLD.password_rehashes IS NEW.password_rehashes
        ON CONFLICT (user_id, field) DO UPDATE SET new = excluded.new;
END;

-- The values that earlier events recorded of the user are erased. A row keeps its length, so that SQLite overwrites it where it
-- is: a row that shrinks could let it move others, and what it moves it leaves behind in the file.
CREATE TEMP TRIGGER note_deleted_user AFTER DELETE ON main.users
BEGIN
    UPDATE user_changes
       SET salt = zeroblob(16),
           old = CASE WHEN old IS NOT NULL THEN printf('%*s', length(CAST(old AS BLOB)), '') END,
           new = CASE WHEN new IS NOT NULL THEN printf('%*s', length(CAST(new AS BLOB)), '') END
     WHERE user_id = OLD.id;
    -- So are the addresses that mails went to, also in the words of relays. A mail of a job that ended passwords keeps its address: if
    -- a backup brings the user and the ended password back, it names whose password that is (`passwords_back.rs`).
    UPDATE messages
       SET address = printf('%*s', length(CAST(address AS BLOB)), ''),
           reply = replace(replace(reply, address, printf('%*s', length(CAST(address AS BLOB)), '')), lower(address),
                           printf('%*s', length(CAST(address AS BLOB)), ''))
     WHERE user_id = OLD.id AND is_forced IS NOT 1 AND address <> '';
    DELETE FROM changed_users WHERE user_id = OLD.id;
    INSERT INTO changed_users VALUES (OLD.id, 'user', NULL, 'deleted');
    -- The row that said it is gone.
    INSERT INTO changed_users SELECT OLD.id, 'added_by_event', OLD.added_by_event, NULL WHERE OLD.added_by_event > 0;
END;
