-- What a relay's refusals of this program leave behind, and since when the lifetime of a message in the queue counts.

-- The first try that counts. The time for which its job is paused after that is added, so that it does not count.
ALTER TABLE message ADD COLUMN lifetime_from INTEGER CHECK (typeof(lifetime_from) IN ('integer', 'null'));
UPDATE message SET lifetime_from = first_try_at WHERE attempts > 0 AND ended_at IS NULL;

-- The relay refused it as it refused everything, so the try does not count: the next run begins with it.
ALTER TABLE message ADD COLUMN given_back INTEGER CHECK (given_back IS NULL OR given_back = 1);
CREATE INDEX message_given_back ON message (job_id, id) WHERE given_back IS NOT NULL;

-- When a paused job was paused.
ALTER TABLE job ADD COLUMN paused_at INTEGER CHECK (typeof(paused_at) IN ('integer', 'null'));
UPDATE job SET paused_at = CAST(strftime('%s', 'now') AS INTEGER) WHERE state = 'paused';

-- The relay refused everything: until then nothing is sent unless somebody asks for it. At most one row.
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
