-- Jobs that end the passwords of those whom they mail.

-- How many passwords the job ended when it was created; NULL: it was not asked to.
ALTER TABLE job ADD COLUMN passwords_ended INTEGER CHECK (typeof(passwords_ended) IN ('integer', 'null'));
-- The mail's job ended its user's password, and the mail says so.
ALTER TABLE message ADD COLUMN is_forced INTEGER CHECK (is_forced IS NULL OR is_forced = 1);
