-- Addresses are compared in one canonical form. It is kept where it is another one than the address without ASCII case,
-- for which the column email is unique already: an address with letters outside ASCII, or with a domain that encodes some.
-- The function canonical_email is the program's own; no part of the schema uses it.
ALTER TABLE user ADD COLUMN email_key TEXT CHECK (typeof(email_key) IN ('text', 'null'));

-- 1 for the users of an older store who have one address in several forms. They are left as they are, because a store with two of
-- them must not stop the resets of all the others: each is found by the exact address, and `store check` names them.
ALTER TABLE user ADD COLUMN email_collides INTEGER NOT NULL DEFAULT 0 CHECK (email_collides IN (0, 1));

UPDATE user SET email_key = canonical_email(email) WHERE canonical_email(email) IS NOT NULL;
CREATE INDEX user_email_key ON user (email_key) WHERE email_key IS NOT NULL;
UPDATE user SET email_collides = 1
 WHERE email_key IS NOT NULL
   AND EXISTS (SELECT 1 FROM user AS other WHERE other.id <> user.id
                AND (other.email_key = user.email_key OR other.email = user.email_key));
CREATE UNIQUE INDEX user_email_key_is_unique ON user (email_key) WHERE email_key IS NOT NULL AND email_collides = 0;
