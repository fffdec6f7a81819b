-- Links to set a new password, at most one for each person.
CREATE TABLE password_reset (
    account_id      BLOB PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    token_hash      BLOB NOT NULL UNIQUE, -- SHA-256 of the token, which is in the mail alone
    email_key       TEXT NOT NULL,        -- the address it was made for
    expires_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
