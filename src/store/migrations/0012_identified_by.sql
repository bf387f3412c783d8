-- What named the operator: the uid of the process, or the elevation program whose variable did.

-- Events of older programs have none, and are hashed without it: `by_sudo` says as much as they knew.
ALTER TABLE event ADD COLUMN identified_by TEXT
    CHECK (identified_by IS NULL OR identified_by IN ('uid', 'sudo', 'doas', 'pkexec'));

ALTER TABLE refused_attempts ADD COLUMN identified_by TEXT NOT NULL DEFAULT 'uid'
    CHECK (identified_by IN ('uid', 'sudo', 'doas', 'pkexec'));
UPDATE refused_attempts SET identified_by = 'sudo' WHERE by_sudo = 1;
