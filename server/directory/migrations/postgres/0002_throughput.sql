-- What an import touches per row costs the most: indexes that only rare rows need hold only those rows.

DROP INDEX import_row_by_account;
CREATE INDEX import_row_of_existing ON import_row (account_id) WHERE outcome IN ('updated', 'unchanged', 'skipped');

DROP INDEX import_row_by_outcome;
CREATE INDEX import_row_not_created ON import_row (import_id, outcome, row_number) WHERE outcome <> 'created';

CREATE INDEX import_held ON import (lease_until) WHERE worker IS NOT NULL;

-- When the review looked at the people it would change; somebody changed later is left alone.
ALTER TABLE import ADD COLUMN reviewed_at bigint;

-- Taking an import back: the fields an update replaced, and what became of the row when it was taken back.
ALTER TABLE import ADD COLUMN undo_state text;     -- 'removing', 'restoring' or 'done'
ALTER TABLE import ADD COLUMN undo_row bigint NOT NULL DEFAULT 0; -- how far it is
ALTER TABLE import ADD COLUMN undo_actor uuid;
ALTER TABLE import ADD COLUMN undone_by text;      -- the username of who asked for it
ALTER TABLE import ADD COLUMN undone_at bigint;
ALTER TABLE import ADD COLUMN undo_removed bigint NOT NULL DEFAULT 0;
ALTER TABLE import ADD COLUMN undo_restored bigint NOT NULL DEFAULT 0;
ALTER TABLE import ADD COLUMN undo_kept bigint NOT NULL DEFAULT 0;
CREATE INDEX import_being_undone ON import (undone_at) WHERE undo_state IN ('removing', 'restoring');
ALTER TABLE import_row ADD COLUMN replaced jsonb;
ALTER TABLE import_row ADD COLUMN undo text;         -- 'removed', 'restored' or 'kept'
ALTER TABLE import_row ADD COLUMN undo_reason text;  -- why it was kept

-- Checked for every row at a price. Outcomes are written under the lock of their import, and imports are never deleted.
ALTER TABLE import_row DROP CONSTRAINT import_row_import_id_fkey;
