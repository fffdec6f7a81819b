//! The audit trail and its seals.

use super::unit::Unit;
use crate::audit::{AuditEntry, AuditFilter, Head, Seal};
use crate::page::PageRequest;
use crate::search::like_pattern;
use crate::store::{AuditRecord, AuditStore, Result, within};
use async_trait::async_trait;

macro_rules! entries {
    ($rest:expr) => {
        concat!("SELECT number, at, actor_id, actor_name, event, target, detail FROM audit ", $rest)
    };
}

/// Parameters $1 to $4 of an [`AuditFilter`].
macro_rules! filter {
    () => {
        "WHERE ($1 IS NULL OR event = $1) AND ($2 IS NULL OR lower(target) LIKE $2 ESCAPE '\\' \
         OR lower(actor_name) LIKE $2 ESCAPE '\\' OR lower(detail) LIKE $2 ESCAPE '\\') \
         AND ($3 IS NULL OR at >= $3) AND ($4 IS NULL OR at < $4) "
    };
}

macro_rules! filtered {
    ($query:expr, $filter:expr) => {
        $query
            .bind(Some($filter.event.as_str()).filter(|event| !event.is_empty()))
            .bind(like_pattern(&$filter.text.to_ascii_lowercase()))
            .bind($filter.from)
            .bind($filter.until)
    };
}

const PAGE: &str = entries!(concat!(filter!(), "ORDER BY number DESC LIMIT $5 OFFSET $6"));
const COUNT: &str = concat!("SELECT COUNT(*) FROM audit ", filter!());
const MATCHING: &str = entries!(concat!(filter!(), "AND number > $5 ORDER BY number LIMIT $6"));
const AFTER: &str = entries!("WHERE number > $1 ORDER BY number LIMIT $2");

/// Held until the commit: the seals of two transactions follow one another, and so do the numbers of their records.
const LOCK_HEAD: &str = concat!("SELECT hash FROM audit_head WHERE id = 1", for_update!());
const INSERT_SEAL: &str = "INSERT INTO audit_seal (last_number, records, hash) SELECT MAX(number), $1, $2 FROM audit";

impl Unit {
    /// Writes the records of this transaction and their seal. The last thing it does before the commit, because whoever
    /// else writes records waits from here on.
    pub(super) async fn seal_records(&mut self) -> Result<()> {
        let records = std::mem::take(&mut self.records);
        let head = within(sqlx::query_scalar(LOCK_HEAD).fetch_one(self.connection())).await;
        let previous: Vec<u8> = head?;
        let hash = self.audit_key.seal(&previous, &records);
        let unit = &mut *self;
        insert_many!(
            unit, records, "audit",
            |record| {
                event text = record.event,
                target text = record.target.as_str(),
            },
            same {
                at int = record.at,
                actor_id uuid = record.actor_id,
                actor_name text = record.actor_name.as_str(),
                detail text = record.detail.as_str(),
            },
            fail
        );
        let count = i64::try_from(records.len()).expect("a batch has some thousand rows");
        let seal = sqlx::query(INSERT_SEAL).bind(count).bind(hash.as_slice());
        within(seal.execute(self.connection())).await?;
        let head = sqlx::query("UPDATE audit_head SET hash = $1 WHERE id = 1").bind(hash.as_slice());
        within(head.execute(self.connection())).await?;
        Ok(())
    }
}

#[async_trait]
impl AuditStore for Unit {
    fn record_all(&mut self, records: Vec<AuditRecord>) {
        if self.records.is_empty() {
            self.records = records;
        } else {
            self.records.extend(records);
        }
    }

    async fn record(&mut self, records: &[AuditRecord]) -> Result<()> {
        self.records.extend_from_slice(records);
        Ok(())
    }

    async fn audit_page(&mut self, filter: &AuditFilter, page: PageRequest) -> Result<(Vec<AuditEntry>, u64)> {
        let query = filtered!(sqlx::query_as(PAGE), filter).bind(page.limit()).bind(page.offset());
        let entries = within(query.fetch_all(self.connection())).await?;
        let count = filtered!(sqlx::query_scalar::<_, i64>(COUNT), filter);
        let total = within(count.fetch_one(self.connection())).await?;
        Ok((entries, total.unsigned_abs()))
    }

    async fn audit_matching(&mut self, filter: &AuditFilter, after: i64, most: u32) -> Result<Vec<AuditEntry>> {
        let query = filtered!(sqlx::query_as(MATCHING), filter).bind(after).bind(i64::from(most));
        within(query.fetch_all(self.connection())).await
    }

    async fn audit_after(&mut self, after: i64, most: u32) -> Result<Vec<AuditEntry>> {
        let query = sqlx::query_as(AFTER).bind(after).bind(i64::from(most));
        within(query.fetch_all(self.connection())).await
    }

    async fn audit_count_up_to(&mut self, number: i64) -> Result<u64> {
        let query = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM audit WHERE number <= $1").bind(number);
        Ok(within(query.fetch_one(self.connection())).await?.unsigned_abs())
    }

    async fn audit_head(&mut self) -> Result<Head> {
        let sql = "SELECT unsealed, hash FROM audit_head WHERE id = 1";
        within(sqlx::query_as(sql).fetch_one(self.connection())).await
    }

    async fn audit_seals_after(&mut self, number: i64, most: u32) -> Result<Vec<Seal>> {
        let sql = "SELECT last_number, records, hash FROM audit_seal WHERE last_number > $1 ORDER BY last_number LIMIT $2";
        let query = sqlx::query_as(sql).bind(number).bind(i64::from(most));
        within(query.fetch_all(self.connection())).await
    }

    async fn audit_seal_before(&mut self, newest: u32) -> Result<Option<Seal>> {
        let sql = "SELECT last_number, records, hash FROM audit_seal ORDER BY last_number DESC LIMIT 1 OFFSET $1";
        let query = sqlx::query_as(sql).bind(i64::from(newest));
        within(query.fetch_optional(self.connection())).await
    }
}
