-- The same address in another form (case, letters of its language or the form of DNS) is no other address: links stay.
DROP TRIGGER link_dies_with_a_change;
CREATE TRIGGER link_dies_with_a_change AFTER UPDATE OF password_hash, email, sign_in, locked_at ON user
WHEN (NEW.password_hash IS NOT OLD.password_hash AND NEW.password_rehashes IS OLD.password_rehashes)
  OR coalesce(NEW.email_key, lower(NEW.email)) IS NOT coalesce(OLD.email_key, lower(OLD.email))
  OR (NEW.sign_in = 'saml' AND OLD.sign_in <> 'saml')
  OR (NEW.locked_at IS NOT NULL AND NEW.locked_at IS NOT OLD.locked_at)
BEGIN
    UPDATE message SET revoked_at = NEW.updated_at, revoked_why = CASE
               WHEN NEW.sign_in = 'saml' THEN 'moved to SAML'
               WHEN coalesce(NEW.email_key, lower(NEW.email)) IS NOT coalesce(OLD.email_key, lower(OLD.email))
                    THEN 'another address'
               WHEN NEW.password_hash IS NOT OLD.password_hash THEN 'another password'
               ELSE 'locked' END
     WHERE user_id = NEW.id AND life IS NOT NULL AND used_at IS NULL AND revoked_at IS NULL;
    UPDATE message SET state = 'cancelled', ended_at = NEW.updated_at, reply = ifnull(revoked_why, reply)
     WHERE user_id = NEW.id AND life IS NOT NULL AND used_at IS NULL AND state IN ('queued', 'deferred', 'in doubt');
    -- A used link proves that its mail arrived.
    UPDATE message SET state = 'accepted', ended_at = NEW.updated_at, reply = 'its link was used',
           doubts = doubts - (state = 'in doubt')
     WHERE user_id = NEW.id AND life IS NOT NULL AND used_at IS NOT NULL
       AND state IN ('queued', 'deferred', 'in doubt');
END;
