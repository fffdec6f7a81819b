-- The records of each transaction are sealed together with the seal before them, so that none can be changed, left out or
-- put in between without breaking every later seal.

CREATE TABLE audit_seal (
    last_number     bigint PRIMARY KEY,     -- of the records that are sealed; they begin after the seal before
    records         bigint NOT NULL,        -- how many they are
    hash            bytea NOT NULL          -- HMAC-SHA-256 under the server key, of the hash before and the records
);
CREATE TRIGGER audit_seal_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seal
FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- One row: the newest seal. Whoever writes records holds it until the commit, so that seals follow one another.
CREATE TABLE audit_head (
    id              bigint PRIMARY KEY CHECK (id = 1),
    unsealed        bigint NOT NULL,        -- number up to which records are older than the seals
    hash            bytea NOT NULL
);
INSERT INTO audit_head (id, unsealed, hash)
SELECT 1, COALESCE(MAX(number), 0), decode(repeat('00', 32), 'hex') FROM audit;
