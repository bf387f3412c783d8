-- What an event changed in the rows of users, a row for each field of each user, apart from the event: so the values can be
-- erased with their user. The event holds a digest of the rows, and each row one of its values, so the chain still verifies.
CREATE TABLE user_changes (
    id       INTEGER PRIMARY KEY,
    event    INTEGER NOT NULL CHECK (typeof(event) = 'integer'),
    user_id  INTEGER NOT NULL CHECK (typeof(user_id) = 'integer'),
    field    TEXT NOT NULL CHECK (typeof(field) = 'text'),
    -- Never a secret: of a password only that it changed. Erased values are blanks of the same length: a row that shrinks could
    -- let SQLite move others, and what it moves it leaves behind.
    old      TEXT CHECK (typeof(old) IN ('text', 'null')),
    new      TEXT CHECK (typeof(new) IN ('text', 'null')),
    -- Zeros when the values were erased.
    salt     BLOB NOT NULL CHECK (typeof(salt) = 'blob' AND length(salt) = 16),
    digest   BLOB NOT NULL CHECK (typeof(digest) = 'blob' AND length(digest) = 32)
);
CREATE INDEX user_changes_of_event ON user_changes (event);
CREATE INDEX user_changes_of_user ON user_changes (user_id, event);

-- Against accidents, as with events; values may only be erased.
CREATE TRIGGER user_changes_are_only_erased BEFORE UPDATE ON user_changes
WHEN NEW.salt IS NOT zeroblob(16)
  OR (NEW.id, NEW.event, NEW.user_id, NEW.field, NEW.digest) IS NOT (OLD.id, OLD.event, OLD.user_id, OLD.field, OLD.digest)
  OR trim(NEW.old) <> '' OR trim(NEW.new) <> ''
BEGIN SELECT RAISE(ABORT, 'user changes are only erased'); END;
CREATE TRIGGER user_changes_are_never_deleted BEFORE DELETE ON user_changes
BEGIN SELECT RAISE(ABORT, 'user changes are never deleted'); END;

-- Events of older programs have none, and are hashed without it.
ALTER TABLE event ADD COLUMN changes_digest BLOB
    CHECK (changes_digest IS NULL OR (typeof(changes_digest) = 'blob' AND length(changes_digest) = 32));

-- The event that added the user, so that an import of a million writes no million changes. 0: an older program added the user.
ALTER TABLE user ADD COLUMN added_by_event INTEGER NOT NULL DEFAULT 0 CHECK (typeof(added_by_event) = 'integer');

-- The event that created the job; the users are in its messages.
ALTER TABLE job ADD COLUMN event INTEGER CHECK (typeof(event) IN ('integer', 'null'));
