-- The records of each transaction are sealed together with the seal before them, so that none can be changed, left out or
-- put in between without breaking every later seal.

CREATE TABLE audit_seal (
    last_number     INTEGER PRIMARY KEY,    -- of the records that are sealed; they begin after the seal before
    records         INTEGER NOT NULL,       -- how many they are
    hash            BLOB NOT NULL           -- HMAC-SHA-256 under the server key, of the hash before and the records
) STRICT;
CREATE TRIGGER audit_seal_is_never_changed BEFORE UPDATE ON audit_seal
BEGIN SELECT RAISE(ABORT, 'audit seals are never changed'); END;
CREATE TRIGGER audit_seal_is_never_deleted BEFORE DELETE ON audit_seal
BEGIN SELECT RAISE(ABORT, 'audit seals are never deleted'); END;

-- One row: the newest seal. Whoever writes records holds it until the commit, so that seals follow one another.
CREATE TABLE audit_head (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    unsealed        INTEGER NOT NULL,       -- number up to which records are older than the seals
    hash            BLOB NOT NULL
) STRICT;
INSERT INTO audit_head (id, unsealed, hash) SELECT 1, COALESCE(MAX(number), 0), zeroblob(32) FROM audit;
