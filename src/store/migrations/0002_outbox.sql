-- The outbox. A message is one mail to one user: a row that lives from queueing to its end, and stays as the record of
-- what became of it. A reset's row is its link too: the store knows a link only by the hash of its code.

-- One bulk send: many messages, one for each user that its selection meant when it was made.
CREATE TABLE job (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    -- What the operator calls it: asking for the same again goes on with it.
    key           TEXT UNIQUE CHECK (typeof(key) IN ('text', 'null')),
    state         TEXT NOT NULL CHECK (state IN ('running', 'paused', 'finished', 'cancelled')),
    -- Why it is paused.
    why           TEXT CHECK (typeof(why) IN ('text', 'null')),
    operator      TEXT NOT NULL CHECK (typeof(operator) = 'text'),
    operator_uid  INTEGER NOT NULL CHECK (typeof(operator_uid) = 'integer'),
    created_at    INTEGER NOT NULL CHECK (typeof(created_at) = 'integer'),
    ended_at      INTEGER CHECK (typeof(ended_at) IN ('integer', 'null')),
    reason        TEXT CHECK (typeof(reason) IN ('text', 'null')),
    -- Which users, as the operator said it.
    selection     TEXT NOT NULL CHECK (typeof(selection) = 'text'),
    -- How it is sent, by whichever process goes on with it.
    connections   INTEGER CHECK (typeof(connections) IN ('integer', 'null')),
    rate          TEXT CHECK (typeof(rate) IN ('text', 'null')),
    max_failures  TEXT CHECK (typeof(max_failures) IN ('text', 'null')),
    canary        INTEGER CHECK (typeof(canary) IN ('integer', 'null')),
    -- What was accepted and what had failed when an operator let it go on: its limits count from there.
    base_accepted INTEGER NOT NULL DEFAULT 0 CHECK (typeof(base_accepted) = 'integer'),
    base_failed   INTEGER NOT NULL DEFAULT 0 CHECK (typeof(base_failed) = 'integer'),
    CHECK ((state IN ('finished', 'cancelled')) = (ended_at IS NOT NULL))
);

CREATE TABLE message (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The job it belongs to, if it does.
    job_id        INTEGER REFERENCES job (id),
    -- For an IN of more than two words SQLite makes a table at each write; these are compared one by one.
    kind          TEXT NOT NULL CHECK (kind = 'reset' OR kind = 'invitation' OR kind = 'notice' OR kind = 'test'),
    state         TEXT NOT NULL CHECK (state = 'queued' OR state = 'sending' OR state = 'accepted' OR state = 'deferred'
                                       OR state = 'failed' OR state = 'in doubt' OR state = 'cancelled'
                                       OR state = 'skipped'),
    -- No reference: the row outlives the user, and a mail of `mail test` has none.
    user_id       INTEGER CHECK (typeof(user_id) IN ('integer', 'null')),
    address       TEXT NOT NULL CHECK (typeof(address) = 'text'),
    -- Who asked for it: the OS account. What its role allows is asked again when the mail is sent.
    operator      TEXT NOT NULL CHECK (typeof(operator) = 'text'),
    operator_uid  INTEGER NOT NULL CHECK (typeof(operator_uid) = 'integer'),
    created_at    INTEGER NOT NULL CHECK (typeof(created_at) = 'integer'),
    -- The time of the next try.
    due_at        INTEGER NOT NULL CHECK (typeof(due_at) = 'integer'),
    attempts      INTEGER NOT NULL DEFAULT 0 CHECK (typeof(attempts) = 'integer'),
    -- The mail's Date: the same at each try.
    first_try_at  INTEGER CHECK (typeof(first_try_at) IN ('integer', 'null')),
    last_try_at   INTEGER CHECK (typeof(last_try_at) IN ('integer', 'null')),
    -- When the relay took it last, or may have.
    handed_at     INTEGER CHECK (typeof(handed_at) IN ('integer', 'null')),
    -- How often it was in doubt: so many copies more than one may have arrived.
    doubts        INTEGER NOT NULL DEFAULT 0 CHECK (typeof(doubts) = 'integer'),
    ended_at      INTEGER CHECK (typeof(ended_at) IN ('integer', 'null')),
    -- How long the link lives from its last hand-over, in seconds.
    life          INTEGER CHECK (typeof(life) IN ('integer', 'null')),
    -- What a notice tells of.
    cause         TEXT CHECK (typeof(cause) IN ('text', 'null')),
    -- The operator's own words in the mail.
    note          TEXT CHECK (typeof(note) IN ('text', 'null')),
    -- The lock of the process that is sending it.
    sender        INTEGER CHECK (typeof(sender) IN ('integer', 'null')),
    expires_at    INTEGER CHECK (typeof(expires_at) IN ('integer', 'null')),
    used_at       INTEGER CHECK (typeof(used_at) IN ('integer', 'null')),
    revoked_at    INTEGER CHECK (typeof(revoked_at) IN ('integer', 'null')),
    revoked_why   TEXT CHECK (typeof(revoked_why) IN ('text', 'null')),
    nonce         BLOB CHECK (nonce IS NULL OR (typeof(nonce) = 'blob' AND length(nonce) = 16)),
    code_hash     BLOB CHECK (code_hash IS NULL OR (typeof(code_hash) = 'blob' AND length(code_hash) = 32)),
    -- The Message-ID, the same at each try.
    message_id    TEXT CHECK (typeof(message_id) IN ('text', 'null')),
    -- The server's own words, or why it was cancelled or skipped.
    reply         TEXT CHECK (typeof(reply) IN ('text', 'null')),
    CHECK ((kind IN ('reset', 'invitation')) = (life IS NOT NULL)),
    CHECK ((kind = 'notice') = (cause IS NOT NULL)),
    CHECK (kind = 'test' OR user_id IS NOT NULL),
    CHECK ((state = 'sending') = (sender IS NOT NULL))
);

-- Two orders of sending, so that new mail does not wait behind what is deferred.
CREATE INDEX message_fresh ON message (job_id, due_at, id) WHERE state = 'queued';
CREATE INDEX message_again ON message (job_id, due_at, id) WHERE state IN ('deferred', 'in doubt');
CREATE INDEX message_of_job ON message (job_id, id) WHERE job_id IS NOT NULL;
CREATE INDEX message_in_flight ON message (sender) WHERE state = 'sending';
CREATE INDEX message_of_user ON message (user_id, id) WHERE user_id IS NOT NULL;
-- Eight bytes find the row, and the whole hash is compared then: a quarter of the index.
CREATE INDEX message_code ON message (substr(code_hash, 1, 8)) WHERE code_hash IS NOT NULL;

-- A link dies with what it was made for, and a reset that still waits is called off: a statement that changes the user, and
-- however, cannot forget it.
CREATE TRIGGER link_dies_with_a_change AFTER UPDATE OF password_hash, email, sign_in, locked_at ON user
WHEN NEW.password_hash IS NOT OLD.password_hash
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
    -- A user who has used the link has the mail.
    UPDATE message SET state = 'accepted', ended_at = NEW.updated_at, reply = 'its link was used',
           doubts = doubts - (state = 'in doubt')
     WHERE user_id = NEW.id AND life IS NOT NULL AND used_at IS NOT NULL
       AND state IN ('queued', 'deferred', 'in doubt');
END;

CREATE TRIGGER link_dies_with_the_user BEFORE DELETE ON user
BEGIN
    UPDATE message SET revoked_at = CAST(strftime('%s', 'now') AS INTEGER), revoked_why = 'user deleted'
     WHERE user_id = OLD.id AND life IS NOT NULL AND used_at IS NULL AND revoked_at IS NULL;
    UPDATE message SET state = 'cancelled', ended_at = CAST(strftime('%s', 'now') AS INTEGER), reply = 'user deleted'
     WHERE user_id = OLD.id AND state IN ('queued', 'deferred', 'in doubt');
END;
