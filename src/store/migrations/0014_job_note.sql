-- The operator's words in the mails of a job, once for all of them. (The messages of older jobs have them each, and keep them.)

ALTER TABLE job ADD COLUMN note TEXT CHECK (typeof(note) IN ('text', 'null'));
