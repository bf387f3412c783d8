-- A store of schema version 15. tests/store/versions.rs says how it is written.
-- reset.key: cddbbeb900d3046feb1159a421e61397c58572b6525d83bb98110511e761db0a

PRAGMA foreign_keys = OFF;
BEGIN;

CREATE TABLE metadata (
    name   TEXT PRIMARY KEY CHECK (typeof(name) = 'text'),
    value  BLOB NOT NULL
) WITHOUT ROWID;

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

CREATE TABLE operators (
    uid          INTEGER PRIMARY KEY CHECK (typeof(uid) = 'integer'),
    account      TEXT NOT NULL CHECK (typeof(account) = 'text'),
    kind         TEXT NOT NULL CHECK (kind IN ('person', 'service')),
    role_id      INTEGER NOT NULL REFERENCES roles (id),
    added_at     INTEGER NOT NULL CHECK (typeof(added_at) = 'integer'),
    -- A disabled operator may do nothing, and keeps role and limits.
    disabled_at  INTEGER CHECK (typeof(disabled_at) IN ('integer', 'null'))
);

CREATE TABLE operator_role_limits (
    uid      INTEGER NOT NULL REFERENCES operators (uid) ON DELETE CASCADE,
    role_id  INTEGER NOT NULL REFERENCES roles (id),
    PRIMARY KEY (uid, role_id)
) WITHOUT ROWID;

CREATE TABLE operator_domain_limits (
    uid     INTEGER NOT NULL REFERENCES operators (uid) ON DELETE CASCADE,
    domain  TEXT NOT NULL CHECK (typeof(domain) = 'text'),
    PRIMARY KEY (uid, domain)
) WITHOUT ROWID;

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

CREATE TABLE password_history (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id        INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    replaced_at    INTEGER NOT NULL CHECK (typeof(replaced_at) = 'integer'),
    password_hash  TEXT NOT NULL CHECK (typeof(password_hash) = 'text'),
    -- 1: a job ended the password, and no policy accepts it again for this user. NULL: another password replaced it.
    is_ended       INTEGER CHECK (is_ended IS NULL OR is_ended = 1)
);

CREATE TABLE sign_in_failures (
    user_id  INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    count    INTEGER NOT NULL CHECK (typeof(count) = 'integer' AND count > 0),
    last_at  INTEGER NOT NULL CHECK (typeof(last_at) = 'integer'),
    -- Where the last one came from, as the login system says.
    client   TEXT CHECK (typeof(client) IN ('text', 'null'))
);

CREATE TABLE password_max_ages (
    role_id  INTEGER PRIMARY KEY CHECK (typeof(role_id) = 'integer'),
    seconds  INTEGER NOT NULL CHECK (typeof(seconds) = 'integer' AND seconds > 0)
);

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

CREATE TABLE clock_periods (
    number  INTEGER PRIMARY KEY CHECK (typeof(number) = 'integer'),
    latest  INTEGER NOT NULL CHECK (typeof(latest) = 'integer')
);

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

CREATE TABLE deliveries (
    -- Counted from 1970.
    minute  INTEGER NOT NULL CHECK (typeof(minute) = 'integer'),
    -- 0: of no job.
    job_id  INTEGER NOT NULL CHECK (typeof(job_id) = 'integer'),
    count   INTEGER NOT NULL CHECK (typeof(count) = 'integer'),
    PRIMARY KEY (minute, job_id)
) WITHOUT ROWID;

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

INSERT INTO metadata (name, value) VALUES ('first reset key sha256', X'C9D4B13D09248B5589E13F3CE861626319EE11F749E6D3618CDED3E15E1CD847');
INSERT INTO metadata (name, value) VALUES ('reset key sha256', X'C9D4B13D09248B5589E13F3CE861626319EE11F749E6D3618CDED3E15E1CD847');
INSERT INTO roles (id, name, built_in, description) VALUES (1, 'Admin', 1, '');
INSERT INTO roles (id, name, built_in, description) VALUES (2, 'Minimal Permissions', 1, '');
INSERT INTO roles (id, name, built_in, description) VALUES (3, 'Service', 1, '');
INSERT INTO roles (id, name, built_in, description) VALUES (4, 'Helpdesk', 0, '');
INSERT INTO role_permissions (role_id, permission) VALUES (4, 'lock-users');
INSERT INTO role_permissions (role_id, permission) VALUES (4, 'view-users');
INSERT INTO operators (uid, account, kind, role_id, added_at, disabled_at) VALUES (0, 'root', 'person', 1, 1795881972, NULL);
INSERT INTO operators (uid, account, kind, role_id, added_at, disabled_at) VALUES (1, 'daemon', 'person', 4, 1795881972, NULL);
INSERT INTO operator_role_limits (uid, role_id) VALUES (1, 2);
INSERT INTO operator_domain_limits (uid, domain) VALUES (1, 'example.com');
INSERT INTO users (id, username, email, email_key, name, role_id, sign_in, locale, locked_at, locked_until, lock_reason, session_epoch, last_login_at, created_at, updated_at, added_by_event, password_set_at, password_policy, must_change_password, password_expires_at, password_period, password_is_own, password_rehashes, bounced_at, bounce_reply, password_hash) VALUES (1, 'alice', 'alice@example.com', NULL, 'Alice Adams', 2, 'password', NULL, NULL, NULL, NULL, 2, NULL, 1795881972, 1795881973, 2, 1795881973, '82309fbd7f934e5a', 0, NULL, 1, 0, 0, NULL, NULL, '$argon2id$v=19$m=19456,t=2,p=1$kFWtQV/4/aCstkO0ECvoqw$HiYP5sddt7Tznu0ztCRqfnnp5NQ/Mh8qgStilk3c9ds');
INSERT INTO users (id, username, email, email_key, name, role_id, sign_in, locale, locked_at, locked_until, lock_reason, session_epoch, last_login_at, created_at, updated_at, added_by_event, password_set_at, password_policy, must_change_password, password_expires_at, password_period, password_is_own, password_rehashes, bounced_at, bounce_reply, password_hash) VALUES (2, 'bob', 'bob@example.com', NULL, 'Bob Brown', 2, 'password', NULL, 1795881973, 4070908800, 'lost laptop', 1, NULL, 1795881972, 1795881973, 3, NULL, NULL, 0, NULL, NULL, 0, 0, NULL, NULL, NULL);
INSERT INTO users (id, username, email, email_key, name, role_id, sign_in, locale, locked_at, locked_until, lock_reason, session_epoch, last_login_at, created_at, updated_at, added_by_event, password_set_at, password_policy, must_change_password, password_expires_at, password_period, password_is_own, password_rehashes, bounced_at, bounce_reply, password_hash) VALUES (3, 'zoe', 'zoë@example.com', 'zoë@example.com', 'Zoë Zimmer', 2, 'password', 'de', NULL, NULL, NULL, 0, NULL, 1795881972, 1795881972, 6, NULL, NULL, 0, NULL, NULL, 0, 0, NULL, NULL, NULL);
INSERT INTO password_history (id, user_id, replaced_at, password_hash, is_ended) VALUES (1, 1, 1795881973, '$argon2id$v=19$m=19456,t=2,p=1$lCra7jBxvOR37fomfQzZfw$9R2ATdIz0VCIBMFACHK/h1cQO46Tp9jqRpU7m33sh1A', NULL);
INSERT INTO sign_in_failures (user_id, count, last_at, client) VALUES (1, 1, 1795881973, '192.0.2.1');
INSERT INTO events (number, time, operator, operator_uid, login_uid, host, identified_by, authority, action, outcome, user_id, reason, details, changes_digest, hash) VALUES (1, 1795881972, 'root', 0, NULL, 'vm', 'uid', 'Admin', 'init', 'done', NULL, NULL, '{"operator":"root"}', X'4BF5122F344554C53BDE2EBB8CD2B7E3D1600AD631C385A5D7CCE23C7785459A', X'297A2C929D63711B2A59D53E8F4F22A1B425A88EBBBF96261EB43E74DF345B17');
INSERT INTO events (number, time, operator, operator_uid, login_uid, host, identified_by, authority, action, outcome, user_id, reason, details, changes_digest, hash) VALUES (2, 1795881972, 'root', 0, NULL, 'vm', 'uid', 'Admin', 'users add', 'done', 1, NULL, '{"role":"Minimal Permissions","sign_in":"password","username":"alice"}', X'4BF5122F344554C53BDE2EBB8CD2B7E3D1600AD631C385A5D7CCE23C7785459A', X'CBDFAC362ADC5AC092822EB812CF42D88EC97C1210048632D66E2BEE73BA830E');
INSERT INTO events (number, time, operator, operator_uid, login_uid, host, identified_by, authority, action, outcome, user_id, reason, details, changes_digest, hash) VALUES (3, 1795881972, 'root', 0, NULL, 'vm', 'uid', 'Admin', 'users add', 'done', 2, NULL, '{"role":"Minimal Permissions","sign_in":"password","username":"bob"}', X'4BF5122F344554C53BDE2EBB8CD2B7E3D1600AD631C385A5D7CCE23C7785459A', X'B5E631904E05979B190660FE46D268D51D6C091D4E3641351B7B2330C9ACE914');
INSERT INTO events (number, time, operator, operator_uid, login_uid, host, identified_by, authority, action, outcome, user_id, reason, details, changes_digest, hash) VALUES (4, 1795881972, 'root', 0, NULL, 'vm', 'uid', 'Admin', 'roles add', 'done', NULL, NULL, '{"permissions":["view-users","lock-users"],"role":"Helpdesk"}', X'4BF5122F344554C53BDE2EBB8CD2B7E3D1600AD631C385A5D7CCE23C7785459A', X'8B30F892FD5BA682F66AC6BB1FF485CAB048AA291C540A35397E73F438DD0E32');
INSERT INTO events (number, time, operator, operator_uid, login_uid, host, identified_by, authority, action, outcome, user_id, reason, details, changes_digest, hash) VALUES (5, 1795881972, 'root', 0, NULL, 'vm', 'uid', 'Admin', 'operators add', 'done', NULL, NULL, '{"account":"daemon","kind":"person","only_domains":["example.com"],"only_roles":["Minimal Permissions"],"role":"Helpdesk","uid":1}', X'4BF5122F344554C53BDE2EBB8CD2B7E3D1600AD631C385A5D7CCE23C7785459A', X'046B3A652E7A8F410E151E80F145BA079F2E5252C6A201CB7871082BFEB9F252');
INSERT INTO events (number, time, operator, operator_uid, login_uid, host, identified_by, authority, action, outcome, user_id, reason, details, changes_digest, hash) VALUES (6, 1795881972, 'root', 0, NULL, 'vm', 'uid', 'Admin', 'users add', 'done', 3, NULL, '{"role":"Minimal Permissions","sign_in":"password","username":"zoe"}', X'4BF5122F344554C53BDE2EBB8CD2B7E3D1600AD631C385A5D7CCE23C7785459A', X'F299085F3527831CE18FD51FC424B6D944855A1F48D721E8A00E4256CD812CFF');
INSERT INTO events (number, time, operator, operator_uid, login_uid, host, identified_by, authority, action, outcome, user_id, reason, details, changes_digest, hash) VALUES (7, 1795881973, 'root', 0, NULL, 'vm', 'uid', 'Admin', 'users add', 'done', 4, NULL, '{"role":"Minimal Permissions","sign_in":"password","username":"gone"}', X'4BF5122F344554C53BDE2EBB8CD2B7E3D1600AD631C385A5D7CCE23C7785459A', X'6259976B4B66075AE80DFCE1FD94A054D367460ED3256602F1DFD1FAF05E181D');
INSERT INTO events (number, time, operator, operator_uid, login_uid, host, identified_by, authority, action, outcome, user_id, reason, details, changes_digest, hash) VALUES (8, 1795881973, 'root', 0, NULL, 'vm', 'uid', 'Admin', 'users edit', 'done', 4, NULL, '{"username":"gone"}', X'904F3295FF9A8529C5F3968F9634090F3821A7A6848EB6139D43F6314593DD51', X'A5E481EB032096B86218CFB89E4B015C5912736DBA3B07D88713E419C6BA956B');
INSERT INTO events (number, time, operator, operator_uid, login_uid, host, identified_by, authority, action, outcome, user_id, reason, details, changes_digest, hash) VALUES (9, 1795881973, 'root', 0, NULL, 'vm', 'uid', 'Admin', 'users delete', 'done', 4, NULL, '{"username":"gone"}', X'99D0A791A184D8596252B8B5F2417E33CC2988E5E6ADF1056B3FA9948A76EC66', X'84DD78E39A23D4B439E7B4B62077E14A76BDB71BFD55E8548BEC613027A1C067');
INSERT INTO events (number, time, operator, operator_uid, login_uid, host, identified_by, authority, action, outcome, user_id, reason, details, changes_digest, hash) VALUES (10, 1795881973, 'root', 0, NULL, 'vm', 'uid', 'Admin', 'users lock', 'done', 2, 'lost laptop', '{"until":"2099-01-01T00:00:00Z","username":"bob"}', X'B7C8025CC83FF4E804EC0121C15167317CC29FE94E6077F4511ECC6C07CB45AD', X'6AE06868828F6EA8F59E8760ED5DD2988454141EEAA55346636D1439D007664E');
INSERT INTO events (number, time, operator, operator_uid, login_uid, host, identified_by, authority, action, outcome, user_id, reason, details, changes_digest, hash) VALUES (11, 1795881973, 'root', 0, NULL, 'vm', 'uid', 'Admin', 'users send-reset', 'done', 1, NULL, '{"kind":"invitation","lifetime":604800,"message":1,"username":"alice"}', X'4BF5122F344554C53BDE2EBB8CD2B7E3D1600AD631C385A5D7CCE23C7785459A', X'48D646B7FCDB7D958934F6A3760FBFA2F53CC68DDF42D7553FA106CEC3A52E90');
INSERT INTO events (number, time, operator, operator_uid, login_uid, host, identified_by, authority, action, outcome, user_id, reason, details, changes_digest, hash) VALUES (12, 1795881973, 'root', 0, NULL, 'vm', 'uid', 'Admin', 'users send-reset to many', 'done', NULL, NULL, '{"job":1,"key":"first","messages":1,"selection":"--search zoe","skipped":0}', X'4BF5122F344554C53BDE2EBB8CD2B7E3D1600AD631C385A5D7CCE23C7785459A', X'22B904DC7A5DD205A319D917FDCC95914EF5040E98871A19A429BE04CD4EE75A');
INSERT INTO events (number, time, operator, operator_uid, login_uid, host, identified_by, authority, action, outcome, user_id, reason, details, changes_digest, hash) VALUES (13, 1795881973, 'root', 0, NULL, 'vm', 'uid', 'Admin', 'users set-password', 'done', 1, NULL, '{"chosen_by":"operator","must_change":false,"sessions":"ended","username":"alice"}', X'9011DCABF343CF6344F010BA1414BBF9C6BBE24F53D2F92C86A34B36D63BA6E0', X'9C495270E73752E84F4768E2001C561D165A24DA366FE081F8FFA45B4B43ECB8');
INSERT INTO events (number, time, operator, operator_uid, login_uid, host, identified_by, authority, action, outcome, user_id, reason, details, changes_digest, hash) VALUES (14, 1795881973, 'root', 0, NULL, 'vm', 'uid', 'Admin', 'users set-password', 'done', 1, NULL, '{"chosen_by":"operator","must_change":false,"sessions":"ended","username":"alice"}', X'73F7EF78584D36ED497F5A9D16A12C2FFF20E1036A1FBAC836F1A8093A3C3874', X'971F4871929B08C5241E9FA3544716A45E3E8FC23C5CE9ECC70BA71D788A568E');
INSERT INTO events (number, time, operator, operator_uid, login_uid, host, identified_by, authority, action, outcome, user_id, reason, details, changes_digest, hash) VALUES (15, 1795881973, 'root', 0, NULL, 'vm', 'uid', 'Admin', 'users verify-password', 'refused', 1, NULL, '{"client":"192.0.2.1","refusal":"the password was not accepted","username":"alice"}', X'4BF5122F344554C53BDE2EBB8CD2B7E3D1600AD631C385A5D7CCE23C7785459A', X'D465016E04922B57D07D3B306A3F3ECD2DF36FDB1325D0B5DB64665AA2BA6010');
INSERT INTO user_changes (id, event, user_id, field, old, new, salt, digest) VALUES (1, 8, 4, 'name', '         ', '          ', X'00000000000000000000000000000000', X'8AFF884FD11595884380C9CE0606185BEB50BF7D86207E56DEC40C25569B6AFA');
INSERT INTO user_changes (id, event, user_id, field, old, new, salt, digest) VALUES (2, 9, 4, 'added_by_event', '7', NULL, X'9DD7933172DBCE0AD7D8E43B55B1A416', X'4A4A9B0EF45F4C9F98B1DC35CD0A97448A15188EC99EBC9B1F23D92F5A21A11E');
INSERT INTO user_changes (id, event, user_id, field, old, new, salt, digest) VALUES (3, 9, 4, 'user', NULL, 'deleted', X'8A2A8391BFB0E6FAA244785D00F81027', X'A84880B2AFB3AEAEF214E96578B68FC035AA16FBCED9671487BB06C2A034031A');
INSERT INTO user_changes (id, event, user_id, field, old, new, salt, digest) VALUES (4, 10, 2, 'lock_reason', NULL, 'lost laptop', X'922486407DFF60B9CA508FD051ED0B51', X'D1BFBE6A9E490CF0D06AFF1EB570E0B61C2DAEB907E8DC65665B43FB53C311F8');
INSERT INTO user_changes (id, event, user_id, field, old, new, salt, digest) VALUES (5, 10, 2, 'locked_at', NULL, '2026-11-28T16:06:13Z', X'D41882C565851B76E8ABBDAD8CCDF9EE', X'6B2A9D64BD814614ABC10CFAC4DA6E23529ADD550940910C859CF26C2AA65863');
INSERT INTO user_changes (id, event, user_id, field, old, new, salt, digest) VALUES (6, 10, 2, 'locked_until', NULL, '2099-01-01T00:00:00Z', X'90045346DD52EB15EE192615BCCCE22E', X'83D02BCFE6D9F77A4F351B73932FC4B5906F01549859204AEDA676A5C05A2175');
INSERT INTO user_changes (id, event, user_id, field, old, new, salt, digest) VALUES (7, 13, 1, 'password', NULL, 'set', X'D9EE5B495B4702A7B7DFB3E6DA876869', X'8A8F5E17CBEA6F62364006C19A7A56C9D53EE568B3FA31355C3E0C56C5F997E0');
INSERT INTO user_changes (id, event, user_id, field, old, new, salt, digest) VALUES (8, 14, 1, 'password', NULL, 'changed', X'A5730317AF22E294050B045F29DE9B0C', X'D5F97DE16C28A504F217D4A096D4F14AD67440FBC6F9EFF21BC83E9622B5818F');
INSERT INTO refused_attempts (action, refusal, event_at, count, since, operator, operator_uid, login_uid, host, identified_by, authority) VALUES ('users list', 'mallory is not an operator', 1790000000, 1, 1790000001, 'mallory', 61002, NULL, 'host', 'uid', 'not an operator');
INSERT INTO refused_attempts (action, refusal, event_at, count, since, operator, operator_uid, login_uid, host, identified_by, authority) VALUES ('users verify-password', 'the password was not accepted', 1795881973, 0, NULL, 'root', 0, NULL, 'vm', 'uid', 'Admin');
INSERT INTO clock_periods (number, latest) VALUES (1, 1795881973);
INSERT INTO jobs (id, key, state, why, paused_at, operator, operator_uid, created_at, ended_at, event, reason, selection, note, connections, rate, max_failures, canary, base_accepted, base_failed, passwords_ended) VALUES (1, 'first', 'running', NULL, NULL, 'root', 0, 1795881973, NULL, 12, NULL, '--search zoe', 'Please do it today.', NULL, NULL, NULL, NULL, 0, 0, NULL);
INSERT INTO messages (id, job_id, kind, state, user_id, address, operator, operator_uid, created_at, due_at, attempts, first_try_at, last_try_at, lifetime_from, given_back, delivered_at, times_in_doubt, ended_at, lifetime, cause, is_forced, note, sender, expires_at, clock_period, used_at, revoked_at, revoked_why, nonce, code_hash, message_id, reply) VALUES (1, NULL, 'invitation', 'accepted', 1, 'alice@example.com', 'root', 0, 1795881973, 1795881973, 1, 1795881973, 1795881973, 1795881973, NULL, 1795881973, 0, 1795881973, 604800, NULL, NULL, NULL, NULL, 1796486773, 1, NULL, 1795881973, 'another password', X'CAE7222FF6E6597192EB047CD3AC7372', X'D71C4C87EB71ED3692DAFC37DD42A94898592EF2055CF6F488F8FCD0A5B6961A', '1.c7c7c896e2568ad58a2fa91f885f1e50@example.com', 'kept as 1.c7c7c896e2568ad58a2fa91f885f1e50_example.com.eml');
INSERT INTO messages (id, job_id, kind, state, user_id, address, operator, operator_uid, created_at, due_at, attempts, first_try_at, last_try_at, lifetime_from, given_back, delivered_at, times_in_doubt, ended_at, lifetime, cause, is_forced, note, sender, expires_at, clock_period, used_at, revoked_at, revoked_why, nonce, code_hash, message_id, reply) VALUES (2, 1, 'invitation', 'queued', 3, 'zoë@example.com', 'root', 0, 1795881973, 1795881973, 0, NULL, NULL, NULL, NULL, NULL, 0, NULL, 604800, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, job_id, kind, state, user_id, address, operator, operator_uid, created_at, due_at, attempts, first_try_at, last_try_at, lifetime_from, given_back, delivered_at, times_in_doubt, ended_at, lifetime, cause, is_forced, note, sender, expires_at, clock_period, used_at, revoked_at, revoked_why, nonce, code_hash, message_id, reply) VALUES (3, NULL, 'notice', 'accepted', 1, 'alice@example.com', 'root', 0, 1795881973, 1795881973, 1, 1795881973, 1795881973, 1795881973, NULL, 1795881973, 0, 1795881973, NULL, 'set by operator', NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, X'522552F3875332FF18D37CFE27A420CF', NULL, '3.53f8544febc84e1612ad2088d80d98f3@example.com', 'kept as 3.53f8544febc84e1612ad2088d80d98f3_example.com.eml');
INSERT INTO messages (id, job_id, kind, state, user_id, address, operator, operator_uid, created_at, due_at, attempts, first_try_at, last_try_at, lifetime_from, given_back, delivered_at, times_in_doubt, ended_at, lifetime, cause, is_forced, note, sender, expires_at, clock_period, used_at, revoked_at, revoked_why, nonce, code_hash, message_id, reply) VALUES (4, NULL, 'notice', 'accepted', 1, 'alice@example.com', 'root', 0, 1795881973, 1795881973, 1, 1795881973, 1795881973, 1795881973, NULL, 1795881973, 0, 1795881973, NULL, 'set by operator', NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, X'3B4708DA1DCDDD9368470BAA2A547235', NULL, '4.248ab94998a5d4815e7086d569ce9f16@example.com', 'kept as 4.248ab94998a5d4815e7086d569ce9f16_example.com.eml');
INSERT INTO deliveries (minute, job_id, count) VALUES (29931366, 0, 3);
INSERT INTO relay_hold (id, until, count, reply, has_accepted) VALUES (1, 1790000000, 1, '554 5.7.1 refused', 0);
INSERT INTO sqlite_sequence (name, seq) VALUES ('roles', 4);
INSERT INTO sqlite_sequence (name, seq) VALUES ('events', 15);
INSERT INTO sqlite_sequence (name, seq) VALUES ('users', 4);
INSERT INTO sqlite_sequence (name, seq) VALUES ('messages', 4);
INSERT INTO sqlite_sequence (name, seq) VALUES ('jobs', 1);
INSERT INTO sqlite_sequence (name, seq) VALUES ('password_history', 1);

CREATE UNIQUE INDEX users_by_email_key ON users (email_key) WHERE email_key IS NOT NULL;

CREATE INDEX users_by_policy ON users (password_policy, role_id) WHERE password_set_at IS NOT NULL;

CREATE INDEX users_bounced ON users (id) WHERE bounced_at IS NOT NULL;

CREATE TRIGGER clear_bounce_of_changed_address AFTER UPDATE OF email ON users
WHEN OLD.bounced_at IS NOT NULL
 AND coalesce(NEW.email_key, lower(NEW.email)) IS NOT coalesce(OLD.email_key, lower(OLD.email))
BEGIN
    UPDATE users SET bounced_at = NULL, bounce_reply = NULL WHERE id = NEW.id;
END;

CREATE INDEX password_history_by_user ON password_history (user_id);

CREATE INDEX password_history_ended ON password_history (user_id) WHERE is_ended = 1;

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

CREATE INDEX events_by_user ON events (user_id) WHERE user_id IS NOT NULL;

CREATE INDEX events_refused ON events (number) WHERE outcome = 'refused';

CREATE TRIGGER refuse_update_of_event_archives BEFORE UPDATE ON event_archives
BEGIN SELECT RAISE(ABORT, 'archives of events are never changed'); END;

CREATE TRIGGER refuse_delete_of_event_archives BEFORE DELETE ON event_archives
BEGIN SELECT RAISE(ABORT, 'archives of events are never deleted'); END;

CREATE TRIGGER refuse_update_of_events BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;

CREATE TRIGGER refuse_delete_of_events BEFORE DELETE ON events
WHEN OLD.number > ifnull((SELECT max(last_number) FROM event_archives), 0)
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;

CREATE INDEX user_changes_by_event ON user_changes (event);

CREATE INDEX user_changes_by_user ON user_changes (user_id, event);

CREATE TRIGGER refuse_update_of_user_changes BEFORE UPDATE ON user_changes
WHEN NEW.salt IS NOT zeroblob(16)
  OR (NEW.id, NEW.event, NEW.user_id, NEW.field, NEW.digest) IS NOT (OLD.id, OLD.event, OLD.user_id, OLD.field, OLD.digest)
  OR trim(NEW.old) <> '' OR trim(NEW.new) <> ''
BEGIN SELECT RAISE(ABORT, 'user changes are only erased'); END;

CREATE TRIGGER refuse_delete_of_user_changes BEFORE DELETE ON user_changes
WHEN OLD.event > ifnull((SELECT max(last_number) FROM event_archives), 0)
BEGIN SELECT RAISE(ABORT, 'user changes are never deleted'); END;

CREATE INDEX messages_queued ON messages (job_id, due_at, id) WHERE state = 'queued';

CREATE INDEX messages_deferred ON messages (job_id, due_at, id) WHERE state IN ('deferred', 'in doubt');

CREATE INDEX messages_sending ON messages (sender) WHERE state = 'sending';

CREATE INDEX messages_given_back ON messages (job_id, id) WHERE given_back IS NOT NULL;

CREATE INDEX messages_by_job ON messages (job_id, id) WHERE job_id IS NOT NULL;

CREATE INDEX messages_by_user ON messages (user_id, id) WHERE user_id IS NOT NULL;

CREATE INDEX messages_by_code ON messages (substr(code_hash, 1, 8)) WHERE code_hash IS NOT NULL;

CREATE INDEX messages_not_accepted ON messages (state)
    WHERE state <> 'queued' AND state <> 'sending' AND state <> 'accepted' AND state <> 'deferred' AND state <> 'in doubt';

CREATE INDEX messages_without_user ON messages (id) WHERE user_id IS NULL;

CREATE INDEX messages_in_unknown_state ON messages (id)
    WHERE state <> 'queued' AND state <> 'sending' AND state <> 'accepted' AND state <> 'deferred' AND state <> 'failed'
    AND state <> 'bounced' AND state <> 'in doubt' AND state <> 'cancelled' AND state <> 'skipped';

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

CREATE TRIGGER revoke_links_of_deleted_user BEFORE DELETE ON users
BEGIN
    UPDATE messages SET revoked_why = 'user deleted',
           revoked_at = ifnull((SELECT latest FROM clock_periods ORDER BY number DESC LIMIT 1), OLD.updated_at)
     WHERE user_id = OLD.id AND lifetime IS NOT NULL AND used_at IS NULL AND revoked_at IS NULL;
    UPDATE messages SET state = 'cancelled', reply = 'user deleted',
           ended_at = ifnull((SELECT latest FROM clock_periods ORDER BY number DESC LIMIT 1), OLD.updated_at)
     WHERE user_id = OLD.id AND state IN ('queued', 'deferred', 'in doubt');
END;

PRAGMA application_id = 1129860417;
PRAGMA user_version = 15;
COMMIT;
