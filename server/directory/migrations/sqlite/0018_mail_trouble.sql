-- Why no mail leaves, as whoever tried last was told; without a row it does, as far as is known.
CREATE TABLE mail_trouble (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    kind            TEXT NOT NULL,
    words           TEXT NOT NULL,
    since           INTEGER NOT NULL,
    next_try_at     INTEGER NOT NULL
) STRICT;
-- Every page of an administrator asks how many mails are held back.
CREATE INDEX message_failed ON message (created_at) WHERE state = 'failed';
