-- The first schema. Append-only: a released migration is never edited; the next one is a new file. The number of a file is the
-- version (`user_version`) to which it brings the store. Versions 1 to 14 were pre-releases.
--
-- It must parse on SQLite 3.34, because other programs read the file. Times are unix seconds. A word of a fixed list is compared
-- with `=` where rows are written often: for an IN of more than two words SQLite makes a table at each write.

-- Single facts about the store itself, such as the fingerprint of the reset key.
CREATE TABLE metadata (
    name   TEXT PRIMARY KEY CHECK (typeof(name) = 'text'),
    value  BLOB NOT NULL
) WITHOUT ROWID;

-- Roles and operators ---------------------------------------------------------------------------------------------------------

CREATE TABLE roles (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (typeof(name) = 'text' AND length(name) BETWEEN 1 AND 200),
    built_in     INTEGER NOT NULL CHECK (built_in IN (0, 1)),
    -- What the role is for, in an operator's words.
    description  TEXT NOT NULL DEFAULT '' CHECK (typeof(description) = 'text')
);

CREATE TABLE role_permissions (
    role_id     INTEGER NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    permission  TEXT NOT NULL CHECK (typeof(permission) = 'text'),
    PRIMARY KEY (role_id, permission)
) WITHOUT ROWID;

-- The OS accounts that may use the program.
CREATE TABLE operators (
    uid          INTEGER PRIMARY KEY CHECK (typeof(uid) = 'integer'),
    account      TEXT NOT NULL CHECK (typeof(account) = 'text'),
    kind         TEXT NOT NULL CHECK (kind IN ('person', 'service')),
    role_id      INTEGER NOT NULL REFERENCES roles (id),
    added_at     INTEGER NOT NULL CHECK (typeof(added_at) = 'integer'),
    -- A disabled operator may do nothing, and keeps role and limits.
    disabled_at  INTEGER CHECK (typeof(disabled_at) IN ('integer', 'null'))
);

-- The roles and the email domains of the users on whom an operator may act. No rows of a kind: no limit of that kind.
CREATE TABLE operator_role_limits (
    uid      INTEGER NOT NULL REFERENCES operators (uid) ON DELETE CASCADE,
    role_id  INTEGER NOT NULL REFERENCES roles (id),
    PRIMARY KEY (uid, role_id)
) WITHOUT ROWID;

-- In the canonical form of domains: that of DNS, in lower case.
CREATE TABLE operator_domain_limits (
    uid     INTEGER NOT NULL REFERENCES operators (uid) ON DELETE CASCADE,
    domain  TEXT NOT NULL CHECK (typeof(domain) = 'text'),
    PRIMARY KEY (uid, domain)
) WITHOUT ROWID;

-- Users -----------------------------------------------------------------------------------------------------------------------

-- password_hash is last, so that reading the other columns does not touch its bytes.
CREATE TABLE users (
    id                    INTEGER PRIMARY KEY AUTOINCREMENT,
    username              TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (typeof(username) = 'text'),
    email                 TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (typeof(email) = 'text'),
    -- The canonical form of the address where it is not the address without ASCII case: one with letters outside ASCII, or with a
    -- domain that encodes some.
    email_key             TEXT CHECK (typeof(email_key) IN ('text', 'null')),
    name                  TEXT NOT NULL CHECK (typeof(name) = 'text'),
    role_id               INTEGER NOT NULL REFERENCES roles (id),
    sign_in               TEXT NOT NULL CHECK (sign_in IN ('password', 'saml')),
    -- The language of the mails; NULL: the configured one.
    locale                TEXT CHECK (typeof(locale) IN ('text', 'null')),
    locked_at             INTEGER CHECK (typeof(locked_at) IN ('integer', 'null')),
    -- NULL: until somebody unlocks the user.
    locked_until          INTEGER CHECK (typeof(locked_until) IN ('integer', 'null')),
    lock_reason           TEXT CHECK (typeof(lock_reason) IN ('text', 'null')),
    -- A login system ends all sessions of an earlier epoch.
    session_epoch         INTEGER NOT NULL DEFAULT 0 CHECK (typeof(session_epoch) = 'integer'),
    last_login_at         INTEGER CHECK (typeof(last_login_at) IN ('integer', 'null')),
    created_at            INTEGER NOT NULL CHECK (typeof(created_at) = 'integer'),
    updated_at            INTEGER NOT NULL CHECK (typeof(updated_at) = 'integer'),
    -- The event that added the user, so that an import of a million users writes no million changes. 0: none did.
    added_by_event        INTEGER NOT NULL DEFAULT 0 CHECK (typeof(added_by_event) = 'integer'),
    password_set_at       INTEGER CHECK (typeof(password_set_at) IN ('integer', 'null')),
    -- The fingerprint of the policy that accepted the password.
    password_policy       TEXT CHECK (typeof(password_policy) IN ('text', 'null')),
    must_change_password  INTEGER NOT NULL DEFAULT 0 CHECK (must_change_password IN (0, 1)),
    -- When a temporary password ends; NULL: it does not.
    password_expires_at   INTEGER CHECK (typeof(password_expires_at) IN ('integer', 'null')),
    -- The period of clock_periods in which the password was set: what the store has seen of the time since counts for its age.
    password_period       INTEGER CHECK (typeof(password_period) IN ('integer', 'null')),
    -- 1: the user chose the password. 0: somebody else set it, or there is none.
    password_is_own       INTEGER NOT NULL DEFAULT 0 CHECK (password_is_own IN (0, 1)),
    -- How often the hash was replaced by one of the same password with the cost of that day: that changes no password.
    password_rehashes     INTEGER NOT NULL DEFAULT 0 CHECK (typeof(password_rehashes) = 'integer'),
    -- When a delivery report said that the address takes no mail, and the remote server's words.
    bounced_at            INTEGER CHECK (typeof(bounced_at) IN ('integer', 'null')),
    bounce_reply          TEXT CHECK (typeof(bounce_reply) IN ('text', 'null')),
    password_hash         TEXT CHECK (typeof(password_hash) IN ('text', 'null')),
    CHECK ((password_hash IS NULL) = (password_set_at IS NULL)),
    -- A user who may keep a password must not lose it without having been asked for another one.
    CHECK (password_expires_at IS NULL OR (password_hash IS NOT NULL AND must_change_password = 1)),
    CHECK (sign_in = 'password' OR password_hash IS NULL),
    CHECK (locked_at IS NOT NULL OR (locked_until IS NULL AND lock_reason IS NULL)),
    CHECK ((bounced_at IS NULL) = (bounce_reply IS NULL))
);
CREATE UNIQUE INDEX users_by_email_key ON users (email_key) WHERE email_key IS NOT NULL;
-- For the users whose password met another policy: those of few are found among a million without a look at the others.
CREATE INDEX users_by_policy ON users (password_policy, role_id) WHERE password_set_at IS NOT NULL;
CREATE INDEX users_bounced ON users (id) WHERE bounced_at IS NOT NULL;

-- What was reported of an address says nothing of another one.
CREATE TRIGGER clear_bounce_of_changed_address AFTER UPDATE OF email ON users
WHEN OLD.bounced_at IS NOT NULL
 AND coalesce(NEW.email_key, lower(NEW.email)) IS NOT coalesce(OLD.email_key, lower(OLD.email))
BEGIN
    UPDATE users SET bounced_at = NULL, bounce_reply = NULL WHERE id = NEW.id;
END;

-- Former passwords, for policies that refuse them.
CREATE TABLE password_history (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id        INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    replaced_at    INTEGER NOT NULL CHECK (typeof(replaced_at) = 'integer'),
    password_hash  TEXT NOT NULL CHECK (typeof(password_hash) = 'text'),
    -- 1: a job ended the password, and no policy accepts it again for this user. NULL: another password replaced it.
    is_ended       INTEGER CHECK (is_ended IS NULL OR is_ended = 1)
);
CREATE INDEX password_history_by_user ON password_history (user_id);
CREATE INDEX password_history_ended ON password_history (user_id) WHERE is_ended = 1;

-- Wrong passwords of a user since the last right one. No row: none.
CREATE TABLE sign_in_failures (
    user_id  INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    count    INTEGER NOT NULL CHECK (typeof(count) = 'integer' AND count > 0),
    last_at  INTEGER NOT NULL CHECK (typeof(last_at) = 'integer'),
    -- Where the last one came from, as the login system says.
    client   TEXT CHECK (typeof(client) IN ('text', 'null'))
);

-- The greatest ages of passwords in seconds, as the configuration said at the newest change. 0: for every role without a row.
CREATE TABLE password_max_ages (
    role_id  INTEGER PRIMARY KEY CHECK (typeof(role_id) = 'integer'),
    seconds  INTEGER NOT NULL CHECK (typeof(seconds) = 'integer' AND seconds > 0)
);

-- A promise to login systems: one row for each user who may sign in with a password now. Its columns do not change without a new
-- major version of the program. Its hashes are Argon2id of version 19; an imported hash of another variant, which some readers
-- refuse, is not in the view until the next login replaces it. A password that has reached its greatest age must be changed. What
-- counts is the present, or a later time that the store has seen since the password was set.
CREATE VIEW login AS
SELECT username, email, password_hash,
       must_change_password = 1
       OR ifnull(password_set_at + ifnull((SELECT seconds FROM password_max_ages WHERE role_id = users.role_id),
                                          (SELECT seconds FROM password_max_ages WHERE role_id = 0))
                 <= max(CAST(strftime('%s', 'now') AS INTEGER),
                        ifnull((SELECT latest FROM clock_periods WHERE number >= users.password_period ORDER BY number LIMIT 1),
                               0)),
                 0) AS must_change_password,
       session_epoch
  FROM users
 WHERE sign_in = 'password'
   AND password_hash GLOB '$argon2id$v=19$*'
   AND (locked_at IS NULL OR locked_until <= CAST(strftime('%s', 'now') AS INTEGER))
   AND (password_expires_at IS NULL
        OR password_expires_at
           > max(CAST(strftime('%s', 'now') AS INTEGER),
                 ifnull((SELECT latest FROM clock_periods WHERE number >= users.password_period ORDER BY number LIMIT 1), 0)));

-- Audit -----------------------------------------------------------------------------------------------------------------------

-- The order of the columns is the order in which they are hashed; the hash covers the one of the event before.
CREATE TABLE events (
    number          INTEGER PRIMARY KEY AUTOINCREMENT,
    time            INTEGER NOT NULL CHECK (typeof(time) = 'integer'),
    operator        TEXT NOT NULL CHECK (typeof(operator) = 'text'),
    operator_uid    INTEGER NOT NULL CHECK (typeof(operator_uid) = 'integer'),
    -- The account that logged in, as the kernel's audit system keeps it.
    login_uid       INTEGER CHECK (typeof(login_uid) IN ('integer', 'null')),
    host            TEXT NOT NULL CHECK (typeof(host) = 'text'),
    -- What named the operator: the uid of the process, or the variable of an elevation program.
    identified_by   TEXT NOT NULL CHECK (identified_by IN ('uid', 'sudo', 'doas', 'pkexec')),
    -- The operator's role at that time.
    authority       TEXT NOT NULL CHECK (typeof(authority) = 'text'),
    action          TEXT NOT NULL CHECK (typeof(action) = 'text'),
    outcome         TEXT NOT NULL CHECK (outcome IN ('done', 'refused')),
    user_id         INTEGER CHECK (typeof(user_id) IN ('integer', 'null')),
    reason          TEXT CHECK (typeof(reason) IN ('text', 'null')),
    details         TEXT CHECK (typeof(details) IN ('text', 'null')),
    -- Of the event's rows in user_changes.
    changes_digest  BLOB NOT NULL CHECK (typeof(changes_digest) = 'blob' AND length(changes_digest) = 32),
    hash            BLOB NOT NULL CHECK (typeof(hash) = 'blob' AND length(hash) = 32)
);
CREATE INDEX events_by_user ON events (user_id) WHERE user_id IS NOT NULL;
-- For counting them each minute.
CREATE INDEX events_refused ON events (number) WHERE outcome = 'refused';

-- The files into which old events were moved. The chain of those that are left begins behind the newest row, which an event among
-- them tells of.
CREATE TABLE event_archives (
    last_number   INTEGER PRIMARY KEY CHECK (typeof(last_number) = 'integer'),
    first_number  INTEGER NOT NULL CHECK (typeof(first_number) = 'integer' AND first_number <= last_number),
    -- Of the last event that was moved.
    last_hash     BLOB NOT NULL CHECK (typeof(last_hash) = 'blob' AND length(last_hash) = 32),
    -- All of them happened before this time.
    before        INTEGER NOT NULL CHECK (typeof(before) = 'integer'),
    -- How many rows of user_changes moved with them.
    changes       INTEGER NOT NULL CHECK (typeof(changes) = 'integer'),
    file          TEXT NOT NULL CHECK (typeof(file) = 'text'),
    -- Of the file.
    sha256        BLOB NOT NULL CHECK (typeof(sha256) = 'blob' AND length(sha256) = 32),
    -- The event that tells of it.
    event         INTEGER NOT NULL CHECK (typeof(event) = 'integer' AND event > last_number)
);

-- Against accidents; against somebody who can write the file, the chain and a head kept elsewhere help.
CREATE TRIGGER refuse_update_of_event_archives BEFORE UPDATE ON event_archives
BEGIN SELECT RAISE(ABORT, 'archives of events are never changed'); END;
CREATE TRIGGER refuse_delete_of_event_archives BEFORE DELETE ON event_archives
BEGIN SELECT RAISE(ABORT, 'archives of events are never deleted'); END;

-- The same of events; those that were moved into a file are deleted.
CREATE TRIGGER refuse_update_of_events BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER refuse_delete_of_events BEFORE DELETE ON events
WHEN OLD.number > ifnull((SELECT max(last_number) FROM event_archives), 0)
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;

-- What an event changed in the rows of users: a row for each field of each user, apart from the event, so that the values can be
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
CREATE INDEX user_changes_by_event ON user_changes (event);
CREATE INDEX user_changes_by_user ON user_changes (user_id, event);

-- Against accidents, as with events; values may only be erased.
CREATE TRIGGER refuse_update_of_user_changes BEFORE UPDATE ON user_changes
WHEN NEW.salt IS NOT zeroblob(16)
  OR (NEW.id, NEW.event, NEW.user_id, NEW.field, NEW.digest) IS NOT (OLD.id, OLD.event, OLD.user_id, OLD.field, OLD.digest)
  OR trim(NEW.old) <> '' OR trim(NEW.new) <> ''
BEGIN SELECT RAISE(ABORT, 'user changes are only erased'); END;
CREATE TRIGGER refuse_delete_of_user_changes BEFORE DELETE ON user_changes
WHEN OLD.event > ifnull((SELECT max(last_number) FROM event_archives), 0)
BEGIN SELECT RAISE(ABORT, 'user changes are never deleted'); END;

-- Refused attempts, of which at most one event a minute tells: what strangers can cause is counted, so that it fills nothing. By
-- account, so that one who is no operator cannot hide behind the attempts of another.
CREATE TABLE refused_attempts (
    action         TEXT NOT NULL CHECK (typeof(action) = 'text'),
    refusal        TEXT NOT NULL CHECK (typeof(refusal) = 'text'),
    -- When the newest event was written.
    event_at       INTEGER NOT NULL CHECK (typeof(event_at) = 'integer'),
    -- How many attempts no event tells of yet, and since when.
    count          INTEGER NOT NULL CHECK (typeof(count) = 'integer'),
    since          INTEGER CHECK (typeof(since) IN ('integer', 'null')),
    -- Who acted at the last one, as in events.
    operator       TEXT NOT NULL CHECK (typeof(operator) = 'text'),
    operator_uid   INTEGER NOT NULL CHECK (typeof(operator_uid) = 'integer'),
    login_uid      INTEGER CHECK (typeof(login_uid) IN ('integer', 'null')),
    host           TEXT NOT NULL CHECK (typeof(host) = 'text'),
    identified_by  TEXT NOT NULL CHECK (identified_by IN ('uid', 'sudo', 'doas', 'pkexec')),
    authority      TEXT NOT NULL CHECK (typeof(authority) = 'text'),
    PRIMARY KEY (action, operator_uid),
    CHECK ((count = 0) = (since IS NULL))
) WITHOUT ROWID;

-- The stretches of time over which the clock was not set back behind a change, so that a clock that is set back revives no link and
-- no temporary password.
-- `latest` is when the newest change of that period was made. A period that a later one has caught up with is deleted: the later
-- one speaks for both. So the newest has the highest number and the lowest time, and there is one row while the clock is right.
CREATE TABLE clock_periods (
    number  INTEGER PRIMARY KEY CHECK (typeof(number) = 'integer'),
    latest  INTEGER NOT NULL CHECK (typeof(latest) = 'integer')
);

-- Jobs and messages -----------------------------------------------------------------------------------------------------------

-- One bulk send: a message for each user that its selection had when it was created.
CREATE TABLE jobs (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The operator's name for it: asking for the same again resumes it.
    key              TEXT UNIQUE CHECK (typeof(key) IN ('text', 'null')),
    state            TEXT NOT NULL CHECK (state IN ('running', 'paused', 'finished', 'cancelled')),
    -- Why, and when, a paused job was paused.
    why              TEXT CHECK (typeof(why) IN ('text', 'null')),
    paused_at        INTEGER CHECK (typeof(paused_at) IN ('integer', 'null')),
    operator         TEXT NOT NULL CHECK (typeof(operator) = 'text'),
    operator_uid     INTEGER NOT NULL CHECK (typeof(operator_uid) = 'integer'),
    created_at       INTEGER NOT NULL CHECK (typeof(created_at) = 'integer'),
    ended_at         INTEGER CHECK (typeof(ended_at) IN ('integer', 'null')),
    -- The event that created it; the users are in its messages.
    event            INTEGER CHECK (typeof(event) IN ('integer', 'null')),
    reason           TEXT CHECK (typeof(reason) IN ('text', 'null')),
    -- Which users, as the operator said it.
    selection        TEXT NOT NULL CHECK (typeof(selection) = 'text'),
    -- The operator's words in its mails.
    note             TEXT CHECK (typeof(note) IN ('text', 'null')),
    -- How it is sent, by whichever process sends it.
    connections      INTEGER CHECK (typeof(connections) IN ('integer', 'null')),
    rate             TEXT CHECK (typeof(rate) IN ('text', 'null')),
    max_failures     TEXT CHECK (typeof(max_failures) IN ('text', 'null')),
    canary           INTEGER CHECK (typeof(canary) IN ('integer', 'null')),
    -- How many were accepted, and how many had failed, when an operator resumed it: its limits count from there.
    base_accepted    INTEGER NOT NULL DEFAULT 0 CHECK (typeof(base_accepted) = 'integer'),
    base_failed      INTEGER NOT NULL DEFAULT 0 CHECK (typeof(base_failed) = 'integer'),
    -- How many passwords it ended when it was created; NULL: it was not asked to.
    passwords_ended  INTEGER CHECK (typeof(passwords_ended) IN ('integer', 'null')),
    CHECK ((state IN ('finished', 'cancelled')) = (ended_at IS NOT NULL))
);

-- A message is one mail to one user: a row that lives from queueing to its end, and stays as the record of what became of it. A
-- reset's row is its link too: the store knows a link only by the hash of its code.
CREATE TABLE messages (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id          INTEGER REFERENCES jobs (id),
    kind            TEXT NOT NULL CHECK (kind = 'reset' OR kind = 'invitation' OR kind = 'notice' OR kind = 'test'),
    state           TEXT NOT NULL CHECK (state = 'queued' OR state = 'sending' OR state = 'accepted' OR state = 'deferred'
                                         OR state = 'failed' OR state = 'bounced' OR state = 'in doubt'
                                         OR state = 'cancelled' OR state = 'skipped'),
    -- No reference: the row outlives the user, and a mail of `mail test` has none.
    user_id         INTEGER CHECK (typeof(user_id) IN ('integer', 'null')),
    address         TEXT NOT NULL CHECK (typeof(address) = 'text'),
    -- The OS account that asked for it. What its role allows is checked again when the mail is sent.
    operator        TEXT NOT NULL CHECK (typeof(operator) = 'text'),
    operator_uid    INTEGER NOT NULL CHECK (typeof(operator_uid) = 'integer'),
    created_at      INTEGER NOT NULL CHECK (typeof(created_at) = 'integer'),
    -- The time of the next try.
    due_at          INTEGER NOT NULL CHECK (typeof(due_at) = 'integer'),
    attempts        INTEGER NOT NULL DEFAULT 0 CHECK (typeof(attempts) = 'integer'),
    -- The mail's Date: the same at each try.
    first_try_at    INTEGER CHECK (typeof(first_try_at) IN ('integer', 'null')),
    last_try_at     INTEGER CHECK (typeof(last_try_at) IN ('integer', 'null')),
    -- The first try that counts for its lifetime in the queue, and later by the time for which its job was paused.
    lifetime_from   INTEGER CHECK (typeof(lifetime_from) IN ('integer', 'null')),
    -- 1: the relay refused everything at its last try, which does not count; the next run begins with this message.
    given_back      INTEGER CHECK (given_back IS NULL OR given_back = 1),
    -- When the relay took it last, or may have.
    delivered_at    INTEGER CHECK (typeof(delivered_at) IN ('integer', 'null')),
    -- How often it was in doubt: that many copies more than one may have arrived.
    times_in_doubt  INTEGER NOT NULL DEFAULT 0 CHECK (typeof(times_in_doubt) = 'integer'),
    ended_at        INTEGER CHECK (typeof(ended_at) IN ('integer', 'null')),
    -- How long the link lives from its last delivery, in seconds; NULL: there is none.
    lifetime        INTEGER CHECK (typeof(lifetime) IN ('integer', 'null')),
    -- What a notice tells of.
    cause           TEXT CHECK (typeof(cause) IN ('text', 'null')),
    -- 1: its job ended the user's password, and the mail says so.
    is_forced       INTEGER CHECK (is_forced IS NULL OR is_forced = 1),
    -- The operator's words in the mail; those of a job are in its row.
    note            TEXT CHECK (typeof(note) IN ('text', 'null')),
    -- The lock of the process that is sending it.
    sender          INTEGER CHECK (typeof(sender) IN ('integer', 'null')),
    expires_at      INTEGER CHECK (typeof(expires_at) IN ('integer', 'null')),
    -- The period in which `expires_at` was set. The first one with this number or a higher one says what counts for it.
    clock_period    INTEGER CHECK (typeof(clock_period) IN ('integer', 'null')),
    used_at         INTEGER CHECK (typeof(used_at) IN ('integer', 'null')),
    revoked_at      INTEGER CHECK (typeof(revoked_at) IN ('integer', 'null')),
    revoked_why     TEXT CHECK (typeof(revoked_why) IN ('text', 'null')),
    nonce           BLOB CHECK (nonce IS NULL OR (typeof(nonce) = 'blob' AND length(nonce) = 16)),
    code_hash       BLOB CHECK (code_hash IS NULL OR (typeof(code_hash) = 'blob' AND length(code_hash) = 32)),
    -- The Message-ID, the same at each try.
    message_id      TEXT CHECK (typeof(message_id) IN ('text', 'null')),
    -- The server's own words, those of a delivery report, or why it was cancelled or skipped.
    reply           TEXT CHECK (typeof(reply) IN ('text', 'null')),
    CHECK ((kind IN ('reset', 'invitation')) = (lifetime IS NOT NULL)),
    CHECK ((kind = 'notice') = (cause IS NOT NULL)),
    CHECK (kind = 'test' OR user_id IS NOT NULL),
    CHECK ((state = 'sending') = (sender IS NOT NULL))
);

-- Two orders of sending, so that new mail does not wait behind what is deferred.
CREATE INDEX messages_queued ON messages (job_id, due_at, id) WHERE state = 'queued';
CREATE INDEX messages_deferred ON messages (job_id, due_at, id) WHERE state IN ('deferred', 'in doubt');
CREATE INDEX messages_sending ON messages (sender) WHERE state = 'sending';
CREATE INDEX messages_given_back ON messages (job_id, id) WHERE given_back IS NOT NULL;
CREATE INDEX messages_by_job ON messages (job_id, id) WHERE job_id IS NOT NULL;
CREATE INDEX messages_by_user ON messages (user_id, id) WHERE user_id IS NOT NULL;
-- Eight bytes find the row, and the whole hash is compared then: a quarter of the index.
CREATE INDEX messages_by_code ON messages (substr(code_hash, 1, 8)) WHERE code_hash IS NOT NULL;
-- For counting each minute: the others of those that have ended are accepted. A mail of `mail test` has no user.
CREATE INDEX messages_not_accepted ON messages (state)
    WHERE state <> 'queued' AND state <> 'sending' AND state <> 'accepted' AND state <> 'deferred' AND state <> 'in doubt';
CREATE INDEX messages_without_user ON messages (id) WHERE user_id IS NULL;
-- Those in a state that the program does not know, which no run would meet: empty unless somebody edited the file.
CREATE INDEX messages_in_unknown_state ON messages (id)
    WHERE state <> 'queued' AND state <> 'sending' AND state <> 'accepted' AND state <> 'deferred' AND state <> 'failed'
    AND state <> 'bounced' AND state <> 'in doubt' AND state <> 'cancelled' AND state <> 'skipped';

-- A change of a user revokes the links that were sent before it, and cancels a reset that still waits: no statement that changes
-- the user can forget it. A hash of the same password (password_rehashes) and another form of the same address change nothing.
CREATE TRIGGER revoke_links_of_changed_user AFTER UPDATE OF password_hash, email, sign_in, locked_at ON users
WHEN (NEW.password_hash IS NOT OLD.password_hash AND NEW.password_rehashes IS OLD.password_rehashes)
  OR coalesce(NEW.email_key, lower(NEW.email)) IS NOT coalesce(OLD.email_key, lower(OLD.email))
  OR (NEW.sign_in = 'saml' AND OLD.sign_in <> 'saml')
  OR (NEW.locked_at IS NOT NULL AND NEW.locked_at IS NOT OLD.locked_at)
BEGIN
    UPDATE messages SET revoked_at = NEW.updated_at, revoked_why = CASE
               WHEN NEW.sign_in = 'saml' THEN 'moved to SAML'
               WHEN coalesce(NEW.email_key, lower(NEW.email)) IS NOT coalesce(OLD.email_key, lower(OLD.email))
                    THEN 'another address'
               WHEN NEW.password_hash IS NOT OLD.password_hash THEN 'another password'
               ELSE 'locked' END
     WHERE user_id = NEW.id AND lifetime IS NOT NULL AND used_at IS NULL AND revoked_at IS NULL;
    UPDATE messages SET state = 'cancelled', ended_at = NEW.updated_at, reply = ifnull(revoked_why, reply)
     WHERE user_id = NEW.id AND lifetime IS NOT NULL AND used_at IS NULL AND state IN ('queued', 'deferred', 'in doubt');
    -- A used link proves that its mail arrived.
    UPDATE messages SET state = 'accepted', ended_at = NEW.updated_at, reply = 'its link was used',
           times_in_doubt = times_in_doubt - (state = 'in doubt')
     WHERE user_id = NEW.id AND lifetime IS NOT NULL AND used_at IS NOT NULL
       AND state IN ('queued', 'deferred', 'in doubt');
END;

-- The time is that of the change which deletes the user: it was recorded in clock_periods before.
CREATE TRIGGER revoke_links_of_deleted_user BEFORE DELETE ON users
BEGIN
    UPDATE messages SET revoked_why = 'user deleted',
           revoked_at = ifnull((SELECT latest FROM clock_periods ORDER BY number DESC LIMIT 1), OLD.updated_at)
     WHERE user_id = OLD.id AND lifetime IS NOT NULL AND used_at IS NULL AND revoked_at IS NULL;
    UPDATE messages SET state = 'cancelled', reply = 'user deleted',
           ended_at = ifnull((SELECT latest FROM clock_periods ORDER BY number DESC LIMIT 1), OLD.updated_at)
     WHERE user_id = OLD.id AND state IN ('queued', 'deferred', 'in doubt');
END;

-- How many mails were delivered in each minute, or may have been, so that rates per hour and day are counted over all runs. Apart
-- from the messages: old ones are deleted, and one that was delivered twice is one row. Rows of two days ago are deleted.
CREATE TABLE deliveries (
    -- Counted from 1970.
    minute  INTEGER NOT NULL CHECK (typeof(minute) = 'integer'),
    -- 0: of no job.
    job_id  INTEGER NOT NULL CHECK (typeof(job_id) = 'integer'),
    count   INTEGER NOT NULL CHECK (typeof(count) = 'integer'),
    PRIMARY KEY (minute, job_id)
) WITHOUT ROWID;

-- The relay refused everything: nothing is sent until then unless somebody asks for it. At most one row.
CREATE TABLE relay_hold (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    until         INTEGER NOT NULL CHECK (typeof(until) = 'integer'),
    -- How many times in a row, with nothing accepted in between.
    count         INTEGER NOT NULL CHECK (typeof(count) = 'integer'),
    -- The relay's own words.
    reply         TEXT NOT NULL CHECK (typeof(reply) = 'text'),
    -- The relay has accepted a mail since.
    has_accepted  INTEGER NOT NULL DEFAULT 0 CHECK (has_accepted = 0 OR has_accepted = 1)
);
