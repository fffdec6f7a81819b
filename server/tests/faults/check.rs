//! The invariants, asked of the database itself.

use super::world::{Engine, World};
use anyhow::{Context, ensure};
use directory::imports::ImportState;
use directory::people::PeopleQuery;
use secrecy::SecretString;
use sqlx::{PgPool, SqlitePool};
use std::collections::HashMap;
use std::fmt;

/// What the checker counted.
pub struct Checked {
    pub rows: i64,
    pub accounts: i64,
    pub mails: usize,
    pub signed_in: usize,
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Checked { rows, accounts, mails, signed_in } = self;
        write!(f, "{rows} outcomes, {accounts} accounts, {mails} mails, {signed_in} secrets tried: all hold")
    }
}

/// Each counts violations.
const INVARIANTS: &[(&str, &str)] = &[
    (
        "I1 every received row has one outcome",
        "SELECT COUNT(*) FROM import i WHERE state = 'completed' AND rows_received <> \
        (SELECT COUNT(*) FROM import_row r WHERE r.import_id = i.id)",
    ),
    (
        "I1 counters equal outcomes",
        "SELECT COUNT(*) FROM import i WHERE created <> \
        (SELECT COUNT(*) FROM import_row r WHERE r.import_id = i.id AND r.outcome = 'created') \
        OR updated <> (SELECT COUNT(*) FROM import_row r WHERE r.import_id = i.id AND r.outcome = 'updated') \
        OR unchanged <> (SELECT COUNT(*) FROM import_row r WHERE r.import_id = i.id AND r.outcome = 'unchanged') \
        OR skipped <> (SELECT COUNT(*) FROM import_row r WHERE r.import_id = i.id AND r.outcome = 'skipped') \
        OR failed <> (SELECT COUNT(*) FROM import_row r WHERE r.import_id = i.id AND r.outcome = 'failed')",
    ),
    (
        "I2 accounts equal created rows",
        "SELECT COUNT(*) FROM import i WHERE created <> \
        (SELECT COUNT(*) FROM account a WHERE a.import_id = i.id) + \
        (SELECT COUNT(*) FROM import_row r WHERE r.import_id = i.id AND r.undo = 'removed')",
    ),
    ("I2 usernames are unique", "SELECT COUNT(*) - COUNT(DISTINCT username_key) FROM account"),
    ("I2 addresses are unique", "SELECT COUNT(*) - COUNT(DISTINCT email_key) FROM account"),
    (
        "I3 one initial mail per account where mail was asked for",
        "SELECT COUNT(*) FROM account a \
        WHERE a.import_id IN (SELECT import_id FROM message) \
        AND 1 <> (SELECT COUNT(*) FROM message m WHERE m.account_id = a.id)",
    ),
    (
        "I5 seats equal active members",
        "SELECT COUNT(*) FROM seat WHERE used <> \
        (SELECT COUNT(*) FROM account WHERE role = 'member' AND status = 'active')",
    ),
    ("I5 seats are within the limit", "SELECT COUNT(*) FROM seat WHERE used > seat_limit"),
    (
        "I6 one record of each creation",
        "SELECT COUNT(*) FROM account a WHERE 1 <> \
        (SELECT COUNT(*) FROM audit e WHERE e.event = 'user_created' AND e.target = a.username) - \
        (SELECT COUNT(*) FROM audit e WHERE e.event = 'user_deleted' AND e.target = a.username)",
    ),
    (
        "I1 whoever is absent has an outcome",
        "SELECT COUNT(*) FROM import_absent x JOIN import i ON i.id = x.import_id \
        WHERE i.state IN ('completed', 'cancelled') AND x.outcome IS NULL",
    ),
    (
        "I6 one record of each account that was closed for being absent",
        "SELECT COUNT(*) FROM import_absent x WHERE x.outcome = 'deactivated' AND 1 <> \
        (SELECT COUNT(*) FROM audit e WHERE e.event = 'user_deactivated' AND e.target = x.username \
        AND e.at = x.closed_at)",
    ),
    (
        "I7 no payload is left",
        "SELECT COUNT(*) FROM import_chunk k JOIN import i ON i.id = k.import_id \
        WHERE i.state IN ('completed', 'cancelled') AND k.payload IS NOT NULL",
    ),
];

/// How many secrets are tried.
const SECRETS: usize = 25;

impl World {
    /// Checks I1 to I9; an error names what does not hold.
    pub async fn check(&mut self) -> anyhow::Result<Checked> {
        for (name, violations) in INVARIANTS {
            let found = self.number(violations).await?;
            ensure!(found == 0, "{name}: violated {found} times");
        }
        // I8: nothing waits for a hand.
        for import in self.directory.imports(1).await?.items {
            let ended = matches!(import.state, ImportState::Completed | ImportState::Cancelled);
            ensure!(ended, "I8: import {} is still {}", import.id, import.state.as_str());
        }
        if self.engine == Engine::Sqlite {
            let pool = SqlitePool::connect(&self.url).await?;
            let verdict: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&pool).await?;
            pool.close().await;
            ensure!(verdict == "ok", "I9: {verdict}");
        }
        let mails = self.mails()?;
        let signed_in = self.try_secrets(&mails).await?;
        Ok(Checked {
            rows: self.number("SELECT COUNT(*) FROM import_row").await?,
            accounts: self.number("SELECT COUNT(*) FROM account").await?,
            mails: mails.values().map(|mails| mails.len()).sum(),
            signed_in,
        })
    }

    /// I4: everybody who was to be told got a mail, and the secret of the last one opens the account.
    async fn try_secrets(&self, mails: &HashMap<String, Vec<String>>) -> anyhow::Result<usize> {
        if mails.is_empty() {
            return Ok(0);
        }
        let people = self.directory.search_people(&PeopleQuery::default()).await?;
        let mut tried = 0;
        for person in people.items.iter().take(SECRETS) {
            let received =
                mails.get(&person.email).with_context(|| format!("I4: {} got no mail", person.email))?;
            let last = received.last().context("a mail")?;
            let secret = SecretString::from(last.as_str());
            let entered = self.directory.sign_in(&person.username, secret, "192.0.2.7").await;
            ensure!(entered.is_ok(), "I4: the secret of {} does not open the account", person.username);
            tried += 1;
        }
        Ok(tried)
    }

    /// The one number that a statement answers.
    pub async fn number(&self, sql: &'static str) -> anyhow::Result<i64> {
        Ok(match self.engine {
            Engine::Sqlite => {
                let pool = SqlitePool::connect(&self.url).await?;
                let number = sqlx::query_scalar(sql).fetch_one(&pool).await?;
                pool.close().await;
                number
            }
            Engine::Postgres => {
                let pool = PgPool::connect(&self.url).await?;
                let number = sqlx::query_scalar(sql).fetch_one(&pool).await?;
                pool.close().await;
                number
            }
        })
    }

    /// The texts that a statement answers.
    pub async fn texts(&self, sql: &'static str) -> anyhow::Result<Vec<String>> {
        Ok(match self.engine {
            Engine::Sqlite => {
                let pool = SqlitePool::connect(&self.url).await?;
                let texts = sqlx::query_scalar(sql).fetch_all(&pool).await?;
                pool.close().await;
                texts
            }
            Engine::Postgres => {
                let pool = PgPool::connect(&self.url).await?;
                let texts = sqlx::query_scalar(sql).fetch_all(&pool).await?;
                pool.close().await;
                texts
            }
        })
    }
}
