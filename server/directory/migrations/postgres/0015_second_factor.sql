-- A second factor: at most one authenticator for each person, recovery codes, and sign-ins that wait for a code.
CREATE TABLE second_factor (
    account_id      uuid PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    secret          bytea NOT NULL,              -- sealed under the server key
    confirmed_at    bigint,                    -- NULL while it is being set up: nothing is asked for yet
    last_step       bigint NOT NULL DEFAULT 0, -- no code of this step or an earlier one is accepted again
    failures        bigint NOT NULL DEFAULT 0,
    next_attempt_at bigint NOT NULL DEFAULT 0
);

CREATE TABLE recovery_code (
    account_id      uuid NOT NULL REFERENCES second_factor (account_id) ON DELETE CASCADE,
    code_hash       bytea NOT NULL,              -- SHA-256 of account and code, which has 130 random bits
    PRIMARY KEY (account_id, code_hash)
);

CREATE TABLE pending_sign_in (
    token_hash      bytea PRIMARY KEY,           -- SHA-256 of the token, which is in a cookie alone
    account_id      uuid NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    must_change     boolean NOT NULL,
    expires_at      bigint NOT NULL
);
CREATE INDEX pending_sign_in_of ON pending_sign_in (account_id);
