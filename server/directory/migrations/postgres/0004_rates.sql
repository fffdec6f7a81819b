-- How often something was asked for: a row per limit and network, until it is forgotten.
CREATE TABLE rate (
    scope           text NOT NULL,          -- what is limited
    subject         text NOT NULL,          -- whom: a network
    free_at         bigint NOT NULL,        -- when everything will have been earned back
    PRIMARY KEY (scope, subject)
);
CREATE INDEX rate_by_end ON rate (free_at);
