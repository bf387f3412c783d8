-- A link whose end has passed stays expired, although the clock is set back: each change notes the time it is made at, and a
-- link remembers in which period of the clock it was delivered.

-- The stretches of time over which the clock has gone on without being set back behind a change. `latest` is when the newest
-- change of that period was made. A period that a later one has caught up with is dropped: the later one speaks for both. So
-- the newest has the highest number and the lowest time, and there is one row while the clock is right.
CREATE TABLE clock_period (
    number  INTEGER PRIMARY KEY CHECK (typeof(number) = 'integer'),
    latest  INTEGER NOT NULL CHECK (typeof(latest) = 'integer')
);
INSERT INTO clock_period (number, latest) SELECT 1, ifnull(max(time), 0) FROM event;

-- The period in which `expires_at` was set. The first one with this number or a higher one says what counts for it.
ALTER TABLE message ADD COLUMN clock_period INTEGER CHECK (typeof(clock_period) IN ('integer', 'null'));
UPDATE message SET clock_period = 1 WHERE expires_at IS NOT NULL;
