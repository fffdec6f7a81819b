-- Ids are UUIDs, times milliseconds since 1970 (UTC), words lower case.

CREATE TABLE account (
    id              UUID PRIMARY KEY,
    username        TEXT NOT NULL,
    username_key    TEXT NOT NULL CONSTRAINT account_username_key UNIQUE,
    email           TEXT NOT NULL,
    email_key       TEXT NOT NULL CONSTRAINT account_email_key UNIQUE,
    first_name      TEXT NOT NULL,
    last_name       TEXT NOT NULL,
    role            TEXT NOT NULL CHECK (role IN ('member', 'administrator')),
    status          TEXT NOT NULL CHECK (status IN ('active', 'deactivated')),
    profile         JSONB NOT NULL,          -- object of optional fields
    search_text     TEXT NOT NULL,          -- what a search looks through, lower case
    sort_name       TEXT NOT NULL,          -- last name, first name, username; lower case
    import_id       UUID,                   -- the import that created it
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    last_sign_in_at BIGINT
);
CREATE INDEX account_by_name ON account (sort_name, id);
CREATE INDEX account_by_import ON account (import_id) WHERE import_id IS NOT NULL;
CREATE INDEX account_administrators ON account (id) WHERE role = 'administrator';

CREATE TABLE credential (
    account_id      UUID PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    issue_number    BIGINT NOT NULL,       -- of the latest temporary password; 0 = never one
    verifier        BYTEA,                   -- recognises the temporary password; never the password
    expires_at      BIGINT,                -- of the temporary password
    password_hash   TEXT,                   -- argon2id in PHC form, once there is a lasting password
    machine_made    BOOLEAN NOT NULL,       -- the lasting password is a former temporary one: typed in groups
    must_change     BOOLEAN NOT NULL,       -- the next sign-in must set an own password
    failures        BIGINT NOT NULL DEFAULT 0,
    next_attempt_at BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE session (
    token_hash      BYTEA PRIMARY KEY,       -- SHA-256 of the token
    account_id      UUID NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    must_change     BOOLEAN NOT NULL,
    address         TEXT NOT NULL,          -- where the sign-in came from
    created_at      BIGINT NOT NULL,
    idle_limit      BIGINT NOT NULL,       -- milliseconds
    last_seen_at    BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL
);
CREATE INDEX session_by_account ON session (account_id);
CREATE INDEX session_by_end ON session (expires_at);

-- One row: the limit and what is taken are changed together by single statements.
CREATE TABLE seat (
    id              BIGINT PRIMARY KEY CHECK (id = 1),
    seat_limit      BIGINT CHECK (seat_limit >= 0),
    used            BIGINT NOT NULL CHECK (used >= 0),
    granted         BIGINT NOT NULL        -- what the latest request was given
);
INSERT INTO seat (id, seat_limit, used, granted) VALUES (1, NULL, 0, 0);

CREATE TABLE settings (
    id              BIGINT PRIMARY KEY CHECK (id = 1),
    value           JSONB NOT NULL           -- JSON
);

CREATE TABLE setup_token (
    id              BIGINT PRIMARY KEY CHECK (id = 1),
    token_hash      BYTEA NOT NULL,
    expires_at      BIGINT NOT NULL
);

CREATE TABLE import (
    id              UUID PRIMARY KEY,
    actor_id        UUID NOT NULL,
    actor_name      TEXT NOT NULL,
    file_name       TEXT NOT NULL,
    file_digest     TEXT NOT NULL,
    options         JSONB NOT NULL,          -- JSON
    columns         JSONB NOT NULL,          -- JSON: the file's own titles and the fields they feed
    plan_digest     BYTEA NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('receiving', 'running', 'paused', 'completed', 'cancelled')),
    rows_announced  BIGINT NOT NULL,
    rows_received   BIGINT NOT NULL DEFAULT 0,
    last_row        BIGINT NOT NULL DEFAULT 0,
    next_chunk      BIGINT NOT NULL DEFAULT 0,
    created         BIGINT NOT NULL DEFAULT 0,
    updated         BIGINT NOT NULL DEFAULT 0,
    unchanged       BIGINT NOT NULL DEFAULT 0,
    skipped         BIGINT NOT NULL DEFAULT 0,
    failed          BIGINT NOT NULL DEFAULT 0,
    created_at      BIGINT NOT NULL,
    finished_at     BIGINT,
    worker          TEXT,
    fence           BIGINT NOT NULL DEFAULT 0,
    lease_until     BIGINT NOT NULL DEFAULT 0,
    last_batch_at   BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX import_by_time ON import (created_at);
CREATE INDEX import_open ON import (last_batch_at) WHERE state IN ('receiving', 'running');

CREATE TABLE import_chunk (
    import_id       UUID NOT NULL REFERENCES import (id) ON DELETE CASCADE,
    number          BIGINT NOT NULL,
    digest          BYTEA NOT NULL,          -- SHA-256 of the payload as it was sent
    rows_after      BIGINT NOT NULL,       -- rows received when this chunk was in: the stored answer
    again           BOOLEAN NOT NULL,       -- rows that failed for want of a seat, tried once more
    payload         BYTEA,                   -- sealed; gone as soon as the chunk was carried out
    PRIMARY KEY (import_id, number)
);
CREATE INDEX import_chunk_waiting ON import_chunk (import_id, number) WHERE payload IS NOT NULL;

CREATE TABLE import_row (
    import_id       UUID NOT NULL REFERENCES import (id) ON DELETE CASCADE,
    row_number      BIGINT NOT NULL,
    line            BIGINT NOT NULL,
    outcome         TEXT NOT NULL CHECK (outcome IN ('created', 'updated', 'unchanged', 'skipped', 'failed')),
    code            TEXT,
    field           TEXT,
    message         TEXT,
    username        TEXT NOT NULL,
    name            TEXT NOT NULL,
    account_id      UUID,
    kept_values     JSONB,                   -- JSON: the row as it was sent, without its password; failed rows only
    sealed          BYTEA,                   -- the whole row, sealed; while it waits for a seat
    PRIMARY KEY (import_id, row_number)
);
CREATE INDEX import_row_by_account ON import_row (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX import_row_by_outcome ON import_row (import_id, outcome, row_number);
CREATE INDEX import_row_waiting ON import_row (import_id, row_number) WHERE sealed IS NOT NULL;

CREATE TABLE message (
    id              UUID PRIMARY KEY,
    account_id      UUID NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    import_id       UUID,
    kind            TEXT NOT NULL,
    with_secret     BOOLEAN NOT NULL,       -- carries the account's temporary password
    state           TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed')),
    attempts        BIGINT NOT NULL DEFAULT 0,
    due_at          BIGINT NOT NULL,        -- next attempt; while it is being sent, the end of the lease
    worker          TEXT,
    fence           BIGINT NOT NULL DEFAULT 0,
    reply           TEXT,                   -- the mail server's latest words
    created_at      BIGINT NOT NULL,
    finished_at     BIGINT
);
-- At most one message of a kind is under way to a person.
CREATE UNIQUE INDEX message_pending ON message (account_id, kind) WHERE state IN ('queued', 'sending');
CREATE INDEX message_due ON message (due_at) WHERE state IN ('queued', 'sending');
CREATE INDEX message_by_account ON message (account_id, created_at);
CREATE INDEX message_by_import ON message (import_id, state) WHERE import_id IS NOT NULL;
CREATE INDEX message_by_time ON message (created_at);

CREATE TABLE audit (
    number          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at              BIGINT NOT NULL,
    actor_id        UUID NOT NULL,
    actor_name      TEXT NOT NULL,
    event           TEXT NOT NULL,          -- OWASP logging vocabulary
    target          TEXT NOT NULL,
    detail          TEXT NOT NULL
);
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit records are neither changed nor deleted';
END
$$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
