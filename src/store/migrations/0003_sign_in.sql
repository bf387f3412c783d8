-- What strangers can cause is counted and summed up, so that they fill nothing.

-- Wrong passwords of a user since the last right one. No row: none.
CREATE TABLE sign_in_failures (
    user_id  INTEGER PRIMARY KEY REFERENCES user (id) ON DELETE CASCADE,
    count    INTEGER NOT NULL CHECK (typeof(count) = 'integer' AND count > 0),
    last_at  INTEGER NOT NULL CHECK (typeof(last_at) = 'integer'),
    -- Where the last one came from, as the login system says.
    client   TEXT CHECK (typeof(client) IN ('text', 'null'))
);

-- Refused attempts of one kind that no event tells of yet, and who acted at the last one.
CREATE TABLE refused_attempts (
    action        TEXT PRIMARY KEY CHECK (typeof(action) = 'text'),
    refusal       TEXT NOT NULL CHECK (typeof(refusal) = 'text'),
    -- When the newest event was written.
    event_at      INTEGER NOT NULL CHECK (typeof(event_at) = 'integer'),
    count         INTEGER NOT NULL CHECK (typeof(count) = 'integer'),
    since         INTEGER CHECK (typeof(since) IN ('integer', 'null')),
    operator      TEXT NOT NULL CHECK (typeof(operator) = 'text'),
    operator_uid  INTEGER NOT NULL CHECK (typeof(operator_uid) = 'integer'),
    login_uid     INTEGER CHECK (typeof(login_uid) IN ('integer', 'null')),
    host          TEXT NOT NULL CHECK (typeof(host) = 'text'),
    by_sudo       INTEGER NOT NULL CHECK (by_sudo IN (0, 1)),
    standing      TEXT NOT NULL CHECK (typeof(standing) = 'text'),
    CHECK ((count = 0) = (since IS NULL))
) WITHOUT ROWID;

-- How often the same password was hashed anew, with the cost of that day. A statement that replaces the hash and counts it
-- here changes no password: links stay.
ALTER TABLE user ADD COLUMN password_rehashes INTEGER NOT NULL DEFAULT 0 CHECK (typeof(password_rehashes) = 'integer');

DROP TRIGGER link_dies_with_a_change;
CREATE TRIGGER link_dies_with_a_change AFTER UPDATE OF password_hash, email, sign_in, locked_at ON user
WHEN (NEW.password_hash IS NOT OLD.password_hash AND NEW.password_rehashes IS OLD.password_rehashes)
  OR NEW.email COLLATE BINARY IS NOT OLD.email
  OR (NEW.sign_in = 'saml' AND OLD.sign_in <> 'saml')
  OR (NEW.locked_at IS NOT NULL AND NEW.locked_at IS NOT OLD.locked_at)
BEGIN
    UPDATE message SET revoked_at = NEW.updated_at, revoked_why = CASE
               WHEN NEW.sign_in = 'saml' THEN 'moved to SAML'
               WHEN NEW.email COLLATE BINARY IS NOT OLD.email THEN 'another address'
               WHEN NEW.password_hash IS NOT OLD.password_hash THEN 'another password'
               ELSE 'locked' END
     WHERE user_id = NEW.id AND life IS NOT NULL AND used_at IS NULL AND revoked_at IS NULL;
    UPDATE message SET state = 'cancelled', ended_at = NEW.updated_at, reply = ifnull(revoked_why, reply)
     WHERE user_id = NEW.id AND life IS NOT NULL AND used_at IS NULL AND state IN ('queued', 'deferred', 'in doubt');
    -- A used link proves that its mail arrived.
    UPDATE message SET state = 'accepted', ended_at = NEW.updated_at, reply = 'its link was used',
           doubts = doubts - (state = 'in doubt')
     WHERE user_id = NEW.id AND life IS NOT NULL AND used_at IS NOT NULL
       AND state IN ('queued', 'deferred', 'in doubt');
END;

-- The promise is Argon2id of version 19: other variants, which an import took before, are not in the view until the next
-- right login replaces them, because some readers refuse them. Its columns are unchanged.
DROP VIEW login;
CREATE VIEW login AS
SELECT username, email, password_hash, must_change_password, session_epoch
  FROM user
 WHERE sign_in = 'password'
   AND password_hash GLOB '$argon2id$v=19$*'
   AND (locked_at IS NULL OR locked_until <= CAST(strftime('%s', 'now') AS INTEGER));
