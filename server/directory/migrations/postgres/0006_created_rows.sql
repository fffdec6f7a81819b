-- A row that created an account is told by the account itself; only other outcomes have a row of their own.

ALTER TABLE account ADD COLUMN import_row bigint;  -- the row that created it, while that is all there is to say of it
ALTER TABLE account ADD COLUMN import_line bigint; -- the line that the row begins on
DROP INDEX account_by_import;
CREATE INDEX account_by_import ON account (import_id, import_row) WHERE import_id IS NOT NULL;

UPDATE account SET import_row = r.row_number, import_line = r.line FROM import_row r
WHERE r.outcome = 'created' AND r.undo IS NULL AND r.account_id = account.id AND r.import_id = account.import_id;
DELETE FROM import_row
WHERE outcome = 'created' AND undo IS NULL AND account_id IN (SELECT id FROM account WHERE import_row IS NOT NULL);

ALTER TABLE import_row RENAME TO import_outcome;
CREATE VIEW import_row AS
SELECT import_id, row_number, line, outcome, code, message, username, name, account_id, undo, undo_reason
FROM import_outcome
UNION ALL
SELECT import_id, import_row, import_line, 'created', NULL, NULL, username, first_name || ' ' || last_name, id, NULL, NULL
FROM account WHERE import_id IS NOT NULL AND import_row IS NOT NULL;

-- Keys and what lists are sorted by are folded text, compared byte by byte whatever the database's language; and checks
-- of two words need no array.
ALTER TABLE account
    ALTER COLUMN username_key TYPE text COLLATE "C",
    ALTER COLUMN email_key TYPE text COLLATE "C",
    ALTER COLUMN sort_name TYPE text COLLATE "C",
    DROP CONSTRAINT account_role_check,
    ADD CONSTRAINT account_role_check CHECK (role = 'member' OR role = 'administrator'),
    DROP CONSTRAINT account_status_check,
    ADD CONSTRAINT account_status_check CHECK (status = 'active' OR status = 'deactivated');
