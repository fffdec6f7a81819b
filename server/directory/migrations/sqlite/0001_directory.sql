-- Ids are UUIDs (16 bytes), times milliseconds since 1970 (UTC), words lower case.

CREATE TABLE account (
    id              BLOB PRIMARY KEY,
    username        TEXT NOT NULL,
    username_key    TEXT NOT NULL CONSTRAINT account_username_key UNIQUE,
    email           TEXT NOT NULL,
    email_key       TEXT NOT NULL CONSTRAINT account_email_key UNIQUE,
    first_name      TEXT NOT NULL,
    last_name       TEXT NOT NULL,
    role            TEXT NOT NULL CHECK (role IN ('member', 'administrator')),
    status          TEXT NOT NULL CHECK (status IN ('active', 'deactivated')),
    profile         TEXT NOT NULL,          -- JSON object of optional fields
    search_text     TEXT NOT NULL,          -- what a search looks through, lower case
    sort_name       TEXT NOT NULL,          -- last name, first name, username; lower case
    import_id       BLOB,                   -- the import that created it
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    last_sign_in_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX account_by_name ON account (sort_name, id);
CREATE INDEX account_by_import ON account (import_id) WHERE import_id IS NOT NULL;
CREATE INDEX account_administrators ON account (id) WHERE role = 'administrator';

CREATE TABLE credential (
    account_id      BLOB PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    issue_number    INTEGER NOT NULL,       -- of the latest temporary password; 0 = never one
    verifier        BLOB,                   -- recognises the temporary password; never the password
    expires_at      INTEGER,                -- of the temporary password
    password_hash   TEXT,                   -- argon2id in PHC form, once there is a lasting password
    machine_made    INTEGER NOT NULL,       -- the lasting password is a former temporary one: typed in groups
    must_change     INTEGER NOT NULL,       -- the next sign-in must set an own password
    failures        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    token_hash      BLOB PRIMARY KEY,       -- SHA-256 of the token
    account_id      BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    must_change     INTEGER NOT NULL,
    address         TEXT NOT NULL,          -- where the sign-in came from
    created_at      INTEGER NOT NULL,
    idle_limit      INTEGER NOT NULL,       -- milliseconds
    last_seen_at    INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_account ON session (account_id);
CREATE INDEX session_by_end ON session (expires_at);

-- One row: the limit and what is taken are changed together by single statements.
CREATE TABLE seat (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    seat_limit      INTEGER CHECK (seat_limit >= 0),
    used            INTEGER NOT NULL CHECK (used >= 0),
    granted         INTEGER NOT NULL        -- what the latest request was given
) STRICT;
INSERT INTO seat (id, seat_limit, used, granted) VALUES (1, NULL, 0, 0);

CREATE TABLE settings (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    value           TEXT NOT NULL           -- JSON
) STRICT;

CREATE TABLE setup_token (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    token_hash      BLOB NOT NULL,
    expires_at      INTEGER NOT NULL
) STRICT;

CREATE TABLE import (
    id              BLOB PRIMARY KEY,
    actor_id        BLOB NOT NULL,
    actor_name      TEXT NOT NULL,
    file_name       TEXT NOT NULL,
    file_digest     TEXT NOT NULL,
    options         TEXT NOT NULL,          -- JSON
    columns         TEXT NOT NULL,          -- JSON: the file's own titles and the fields they feed
    plan_digest     BLOB NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('receiving', 'running', 'paused', 'completed', 'cancelled')),
    rows_announced  INTEGER NOT NULL,
    rows_received   INTEGER NOT NULL DEFAULT 0,
    last_row        INTEGER NOT NULL DEFAULT 0,
    next_chunk      INTEGER NOT NULL DEFAULT 0,
    created         INTEGER NOT NULL DEFAULT 0,
    updated         INTEGER NOT NULL DEFAULT 0,
    unchanged       INTEGER NOT NULL DEFAULT 0,
    skipped         INTEGER NOT NULL DEFAULT 0,
    failed          INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    finished_at     INTEGER,
    worker          TEXT,
    fence           INTEGER NOT NULL DEFAULT 0,
    lease_until     INTEGER NOT NULL DEFAULT 0,
    last_batch_at   INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX import_by_time ON import (created_at);
CREATE INDEX import_open ON import (last_batch_at) WHERE state IN ('receiving', 'running');

CREATE TABLE import_chunk (
    import_id       BLOB NOT NULL REFERENCES import (id) ON DELETE CASCADE,
    number          INTEGER NOT NULL,
    digest          BLOB NOT NULL,          -- SHA-256 of the payload as it was sent
    rows_after      INTEGER NOT NULL,       -- rows received when this chunk was in: the stored answer
    again           INTEGER NOT NULL,       -- rows that failed for want of a seat, tried once more
    payload         BLOB,                   -- sealed; gone as soon as the chunk was carried out
    PRIMARY KEY (import_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX import_chunk_waiting ON import_chunk (import_id, number) WHERE payload IS NOT NULL;

CREATE TABLE import_row (
    import_id       BLOB NOT NULL REFERENCES import (id) ON DELETE CASCADE,
    row_number      INTEGER NOT NULL,
    line            INTEGER NOT NULL,
    outcome         TEXT NOT NULL CHECK (outcome IN ('created', 'updated', 'unchanged', 'skipped', 'failed')),
    code            TEXT,
    field           TEXT,
    message         TEXT,
    username        TEXT NOT NULL,
    name            TEXT NOT NULL,
    account_id      BLOB,
    kept_values     TEXT,                   -- JSON: the row as it was sent, without its password; failed rows only
    sealed          BLOB,                   -- the whole row, sealed; while it waits for a seat
    PRIMARY KEY (import_id, row_number)
) STRICT, WITHOUT ROWID;
CREATE INDEX import_row_by_account ON import_row (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX import_row_by_outcome ON import_row (import_id, outcome, row_number);
CREATE INDEX import_row_waiting ON import_row (import_id, row_number) WHERE sealed IS NOT NULL;

CREATE TABLE message (
    id              BLOB PRIMARY KEY,
    account_id      BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    import_id       BLOB,
    kind            TEXT NOT NULL,
    with_secret     INTEGER NOT NULL,       -- carries the account's temporary password
    state           TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed')),
    attempts        INTEGER NOT NULL DEFAULT 0,
    due_at          INTEGER NOT NULL,       -- next attempt; while it is being sent, the end of the lease
    worker          TEXT,
    fence           INTEGER NOT NULL DEFAULT 0,
    reply           TEXT,                   -- the mail server's latest words
    created_at      INTEGER NOT NULL,
    finished_at     INTEGER
) STRICT, WITHOUT ROWID;
-- At most one message of a kind is under way to a person.
CREATE UNIQUE INDEX message_pending ON message (account_id, kind) WHERE state IN ('queued', 'sending');
CREATE INDEX message_due ON message (due_at) WHERE state IN ('queued', 'sending');
CREATE INDEX message_by_account ON message (account_id, created_at);
CREATE INDEX message_by_import ON message (import_id, state) WHERE import_id IS NOT NULL;
CREATE INDEX message_by_time ON message (created_at);

CREATE TABLE audit (
    number          INTEGER PRIMARY KEY,
    at              INTEGER NOT NULL,
    actor_id        BLOB NOT NULL,
    actor_name      TEXT NOT NULL,
    event           TEXT NOT NULL,          -- OWASP logging vocabulary
    target          TEXT NOT NULL,
    detail          TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit records are never changed'); END;
CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit records are never deleted'); END;
