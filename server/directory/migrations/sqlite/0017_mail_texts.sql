-- Every mail has a text that can be edited, kept by its kind; kinds without a row have the built-in one.
CREATE TABLE mail_text (
    kind            TEXT NOT NULL PRIMARY KEY,
    subject         TEXT NOT NULL,
    text            TEXT NOT NULL
) STRICT, WITHOUT ROWID;
-- Until now there was one, among the settings.
INSERT INTO mail_text (kind, subject, text)
    SELECT 'login_details', value ->> 'mail_subject', value ->> 'mail_text' FROM settings
    WHERE value ->> 'mail_subject' IS NOT NULL AND value ->> 'mail_text' IS NOT NULL;
UPDATE settings SET value = json_remove(value, '$.mail_subject', '$.mail_text');
