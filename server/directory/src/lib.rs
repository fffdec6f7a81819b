//! People, imports, credentials, outbox, sessions and audit over SQLite or PostgreSQL.
