-- Members who are not in a full roster, as the review showed them, and what became of each. The key keeps everybody once.
CREATE TABLE import_absent (
    import_id       uuid NOT NULL,
    account_id      uuid NOT NULL,          -- may be gone by now
    username        text NOT NULL,
    name            text NOT NULL,
    outcome         text CHECK (outcome IN ('deactivated', 'kept')), -- none while the import goes on
    reason          text,                   -- why the account was kept
    closed_at       bigint,
    undo            text,                   -- 'reopened' or 'kept'
    undo_reason     text,                   -- why it stays closed
    PRIMARY KEY (import_id, account_id)
);
CREATE INDEX import_absent_waiting ON import_absent (import_id) WHERE outcome IS NULL;
CREATE INDEX import_absent_by_name ON import_absent (import_id, username);

-- Taking an import back has one part more: opening those accounts again.
DROP INDEX import_being_undone;
CREATE INDEX import_being_undone ON import (undone_at) WHERE undo_state IN ('removing', 'restoring', 'reopening');
