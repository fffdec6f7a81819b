-- How often something was asked for: a row per limit and network, until it is forgotten.
CREATE TABLE rate (
    scope           TEXT NOT NULL,          -- what is limited
    subject         TEXT NOT NULL,          -- whom: a network
    free_at         INTEGER NOT NULL,       -- when everything will have been earned back
    PRIMARY KEY (scope, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX rate_by_end ON rate (free_at);
