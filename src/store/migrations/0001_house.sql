-- The first schema. Append-only: a released migration is never edited; the next one is a new file.
-- It must parse on SQLite 3.34, because others read the file. Times are unix seconds.

CREATE TABLE fact (
    name   TEXT PRIMARY KEY CHECK (typeof(name) = 'text'),
    value  BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE role (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    name      TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (typeof(name) = 'text' AND length(name) BETWEEN 1 AND 200),
    built_in  INTEGER NOT NULL CHECK (built_in IN (0, 1))
);

CREATE TABLE role_permission (
    role_id     INTEGER NOT NULL REFERENCES role (id) ON DELETE CASCADE,
    permission  TEXT NOT NULL CHECK (typeof(permission) = 'text'),
    PRIMARY KEY (role_id, permission)
) WITHOUT ROWID;

CREATE TABLE operator (
    uid       INTEGER PRIMARY KEY CHECK (typeof(uid) = 'integer'),
    account   TEXT NOT NULL CHECK (typeof(account) = 'text'),
    kind      TEXT NOT NULL CHECK (kind IN ('person', 'service')),
    role_id   INTEGER NOT NULL REFERENCES role (id),
    added_at  INTEGER NOT NULL CHECK (typeof(added_at) = 'integer')
);

-- password_hash stands last, so that reading the others does not touch its bytes.
CREATE TABLE user (
    id                    INTEGER PRIMARY KEY AUTOINCREMENT,
    username              TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (typeof(username) = 'text'),
    email                 TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (typeof(email) = 'text'),
    name                  TEXT NOT NULL CHECK (typeof(name) = 'text'),
    role_id               INTEGER NOT NULL REFERENCES role (id),
    sign_in               TEXT NOT NULL CHECK (sign_in IN ('password', 'saml')),
    locale                TEXT CHECK (typeof(locale) IN ('text', 'null')),
    locked_at             INTEGER CHECK (typeof(locked_at) IN ('integer', 'null')),
    locked_until          INTEGER CHECK (typeof(locked_until) IN ('integer', 'null')),
    lock_reason           TEXT CHECK (typeof(lock_reason) IN ('text', 'null')),
    session_epoch         INTEGER NOT NULL DEFAULT 0 CHECK (typeof(session_epoch) = 'integer'),
    last_login_at         INTEGER CHECK (typeof(last_login_at) IN ('integer', 'null')),
    created_at            INTEGER NOT NULL CHECK (typeof(created_at) = 'integer'),
    updated_at            INTEGER NOT NULL CHECK (typeof(updated_at) = 'integer'),
    password_set_at       INTEGER CHECK (typeof(password_set_at) IN ('integer', 'null')),
    password_policy       TEXT CHECK (typeof(password_policy) IN ('text', 'null')),
    must_change_password  INTEGER NOT NULL DEFAULT 0 CHECK (must_change_password IN (0, 1)),
    password_hash         TEXT CHECK (typeof(password_hash) IN ('text', 'null')),
    CHECK ((password_hash IS NULL) = (password_set_at IS NULL)),
    CHECK (sign_in = 'password' OR password_hash IS NULL),
    CHECK (locked_at IS NOT NULL OR (locked_until IS NULL AND lock_reason IS NULL))
);

-- The passwords a user had before, for policies that refuse them.
CREATE TABLE password_history (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id        INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    replaced_at    INTEGER NOT NULL CHECK (typeof(replaced_at) = 'integer'),
    password_hash  TEXT NOT NULL CHECK (typeof(password_hash) = 'text')
);
CREATE INDEX password_history_of_user ON password_history (user_id);

-- The order of the columns is the order in which they are hashed.
CREATE TABLE event (
    number        INTEGER PRIMARY KEY AUTOINCREMENT,
    time          INTEGER NOT NULL CHECK (typeof(time) = 'integer'),
    operator      TEXT NOT NULL CHECK (typeof(operator) = 'text'),
    operator_uid  INTEGER NOT NULL CHECK (typeof(operator_uid) = 'integer'),
    login_uid     INTEGER CHECK (typeof(login_uid) IN ('integer', 'null')),
    host          TEXT NOT NULL CHECK (typeof(host) = 'text'),
    by_sudo       INTEGER NOT NULL CHECK (by_sudo IN (0, 1)),
    standing      TEXT NOT NULL CHECK (typeof(standing) = 'text'),
    action        TEXT NOT NULL CHECK (typeof(action) = 'text'),
    outcome       TEXT NOT NULL CHECK (outcome IN ('done', 'refused')),
    user_id       INTEGER CHECK (typeof(user_id) IN ('integer', 'null')),
    reason        TEXT CHECK (typeof(reason) IN ('text', 'null')),
    details       TEXT CHECK (typeof(details) IN ('text', 'null')),
    hash          BLOB NOT NULL CHECK (typeof(hash) = 'blob' AND length(hash) = 32)
);
CREATE INDEX event_of_user ON event (user_id) WHERE user_id IS NOT NULL;

-- Against accidents; against somebody who can write the file the chain and a head kept elsewhere help.
CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;

-- A promise to login systems: one row for each user who may sign in with a password now. Its columns do not change
-- without a new major version of the program.
CREATE VIEW login AS
SELECT username, email, password_hash, must_change_password, session_epoch
  FROM user
 WHERE sign_in = 'password'
   AND password_hash IS NOT NULL
   AND (locked_at IS NULL OR locked_until <= CAST(strftime('%s', 'now') AS INTEGER));
