-- How many mails were delivered in each minute, or may have been, so that rates per hour and day are counted over all runs. Apart
-- from the messages: old ones are deleted, and one that was delivered twice is one row. Rows of two days ago are removed.
CREATE TABLE deliveries (
    -- Counted from 1970.
    minute  INTEGER NOT NULL CHECK (typeof(minute) = 'integer'),
    -- 0: of no job.
    job_id  INTEGER NOT NULL CHECK (typeof(job_id) = 'integer'),
    count   INTEGER NOT NULL CHECK (typeof(count) = 'integer'),
    PRIMARY KEY (minute, job_id)
) WITHOUT ROWID;
INSERT INTO deliveries
SELECT handed_at / 60, ifnull(job_id, 0), count(*) FROM message
 WHERE handed_at > CAST(strftime('%s', 'now') AS INTEGER) - 172800 GROUP BY 1, 2;
