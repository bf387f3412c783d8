-- Refused attempts are counted by account too, so that one who is no operator cannot hide behind the attempts of another.
CREATE TABLE attempts_by_account (
    action        TEXT NOT NULL CHECK (typeof(action) = 'text'),
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
    PRIMARY KEY (action, operator_uid),
    CHECK ((count = 0) = (since IS NULL))
) WITHOUT ROWID;
INSERT INTO attempts_by_account
    SELECT action, refusal, event_at, count, since, operator, operator_uid, login_uid, host, by_sudo, standing
    FROM refused_attempts;
DROP TABLE refused_attempts;
ALTER TABLE attempts_by_account RENAME TO refused_attempts;
