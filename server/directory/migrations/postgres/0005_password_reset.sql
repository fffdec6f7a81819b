-- Links to set a new password, at most one for each person.
CREATE TABLE password_reset (
    account_id      uuid PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    token_hash      bytea NOT NULL UNIQUE, -- SHA-256 of the token, which is in the mail alone
    email_key       text NOT NULL,        -- the address it was made for
    expires_at      bigint NOT NULL
);
