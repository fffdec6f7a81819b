-- Why no mail leaves, as whoever tried last was told; without a row it does, as far as is known.
CREATE TABLE mail_trouble (
    id              BIGINT PRIMARY KEY CHECK (id = 1),
    kind            TEXT NOT NULL,
    words           TEXT NOT NULL,
    since           BIGINT NOT NULL,
    next_try_at     BIGINT NOT NULL
);
-- Every page of an administrator asks how many mails are held back.
CREATE INDEX message_failed ON message (created_at) WHERE state = 'failed';
