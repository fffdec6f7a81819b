-- Passwords that a roster brings take their time: how many of the batch under way are hashed.
ALTER TABLE import ADD COLUMN hashed bigint NOT NULL DEFAULT 0;

-- A failed row that came again, mended, and waits for its turn; counts as failed until then.
ALTER TABLE import_outcome ADD COLUMN mending boolean NOT NULL DEFAULT false;
