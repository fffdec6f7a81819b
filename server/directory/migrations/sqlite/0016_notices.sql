-- That the second factor was switched on or off is told by mail, beside whatever else is under way to the person.
DROP INDEX message_pending;
CREATE UNIQUE INDEX message_pending ON message (account_id, (CASE kind
    WHEN 'password_reset' THEN 1 WHEN 'second_factor_on' THEN 2 WHEN 'second_factor_off' THEN 3 ELSE 0 END))
    WHERE state IN ('queued', 'sending');
