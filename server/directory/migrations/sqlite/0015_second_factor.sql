-- A second factor: at most one authenticator for each person, recovery codes, and sign-ins that wait for a code.
CREATE TABLE second_factor (
    account_id      BLOB PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    secret          BLOB NOT NULL,              -- sealed under the server key
    confirmed_at    INTEGER,                    -- NULL while it is being set up: nothing is asked for yet
    last_step       INTEGER NOT NULL DEFAULT 0, -- no code of this step or an earlier one is accepted again
    failures        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE recovery_code (
    account_id      BLOB NOT NULL REFERENCES second_factor (account_id) ON DELETE CASCADE,
    code_hash       BLOB NOT NULL,              -- SHA-256 of account and code, which has 130 random bits
    PRIMARY KEY (account_id, code_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE pending_sign_in (
    token_hash      BLOB PRIMARY KEY,           -- SHA-256 of the token, which is in a cookie alone
    account_id      BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    must_change     INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX pending_sign_in_of ON pending_sign_in (account_id);
