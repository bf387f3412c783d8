-- Messages in a state that the program does not know, which no run would meet: empty unless somebody edited the file.

CREATE INDEX IF NOT EXISTS message_in_unknown_state ON message (id)
    WHERE state <> 'queued' AND state <> 'sending' AND state <> 'accepted' AND state <> 'deferred' AND state <> 'failed'
    AND state <> 'in doubt' AND state <> 'cancelled' AND state <> 'skipped';
