-- Members who are not in a full roster, as the review showed them, and what became of each. The key keeps everybody once.
CREATE TABLE import_absent (
    import_id       BLOB NOT NULL,
    account_id      BLOB NOT NULL,          -- may be gone by now
    username        TEXT NOT NULL,
    name            TEXT NOT NULL,
    outcome         TEXT CHECK (outcome IN ('deactivated', 'kept')), -- none while the import goes on
    reason          TEXT,                   -- why the account was kept
    closed_at       INTEGER,
    undo            TEXT,                   -- 'reopened' or 'kept'
    undo_reason     TEXT,                   -- why it stays closed
    PRIMARY KEY (import_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX import_absent_waiting ON import_absent (import_id) WHERE outcome IS NULL;
CREATE INDEX import_absent_by_name ON import_absent (import_id, username);

-- Taking an import back has one part more: opening those accounts again.
DROP INDEX import_being_undone;
CREATE INDEX import_being_undone ON import (undone_at) WHERE undo_state IN ('removing', 'restoring', 'reopening');
