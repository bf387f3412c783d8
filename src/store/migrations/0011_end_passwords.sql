-- Jobs that end the passwords of those whom they mail.

-- How many passwords the job ended when it was created; NULL: it was not asked to.
ALTER TABLE job ADD COLUMN passwords_ended INTEGER CHECK (typeof(passwords_ended) IN ('integer', 'null'));
-- The mail's job ended its user's password, and the mail says so.
ALTER TABLE message ADD COLUMN is_forced INTEGER CHECK (is_forced IS NULL OR is_forced = 1);
-- A job ended the password: it is never taken again for this user, whatever the policy says. NULL: it was replaced by another one.
ALTER TABLE password_history ADD COLUMN is_ended INTEGER CHECK (is_ended IS NULL OR is_ended = 1);
CREATE INDEX ended_password_of_user ON password_history (user_id) WHERE is_ended = 1;
