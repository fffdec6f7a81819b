-- Login details handed over to many: to whom, when, how fast, and what became of each.
CREATE TABLE wave (
    id              uuid PRIMARY KEY,
    name            text NOT NULL,
    actor_id        uuid NOT NULL,
    actor_name      text NOT NULL,
    chosen          text NOT NULL,          -- whom it is for, in words
    by_link         boolean NOT NULL,       -- a link to set a password; else a temporary password
    per_hour        bigint CHECK (per_hour > 0),
    state           text NOT NULL CHECK (state IN ('scheduled', 'sending', 'done', 'cancelled')),
    begins_at       bigint NOT NULL,
    next_at         bigint NOT NULL,       -- when the next of them are due
    people          bigint NOT NULL,       -- all who were chosen
    released        bigint NOT NULL DEFAULT 0, -- whose mail was queued
    left_out        bigint NOT NULL DEFAULT 0, -- whom nothing was queued for
    note            text,                   -- why it was stopped
    created_at      bigint NOT NULL,
    finished_at     bigint
);
CREATE INDEX wave_by_time ON wave (created_at);
CREATE INDEX wave_due ON wave (next_at) WHERE state IN ('scheduled', 'sending');

-- The key keeps everybody in a wave once.
CREATE TABLE wave_person (
    wave_id         uuid NOT NULL REFERENCES wave (id) ON DELETE CASCADE,
    account_id      uuid NOT NULL,          -- may be gone by now
    position        bigint NOT NULL,
    username        text NOT NULL,
    message_id      uuid,                   -- the mail that was queued
    left_out        text,                   -- why none was
    PRIMARY KEY (wave_id, account_id)
);
CREATE UNIQUE INDEX wave_person_in_order ON wave_person (wave_id, position);
CREATE INDEX wave_person_waiting ON wave_person (wave_id, position) WHERE message_id IS NULL AND left_out IS NULL;

-- Whether by a link or by a temporary password: at most one message with login details is under way to a person, and one
-- for a forgotten password.
DROP INDEX message_pending;
CREATE UNIQUE INDEX message_pending ON message (account_id, (kind = 'password_reset')) WHERE state IN ('queued', 'sending');
