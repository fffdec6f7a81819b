-- What a person is told of the own sessions, and when the password was given last: dangerous actions ask for it again.
ALTER TABLE session ADD COLUMN agent TEXT NOT NULL DEFAULT '';        -- browser and system, in words
ALTER TABLE session ADD COLUMN proven_at BIGINT NOT NULL DEFAULT 0;
