//! The audit trail.

use super::unit::Unit;
use crate::audit::AuditEntry;
use crate::page::PageRequest;
use crate::store::{AuditRecord, AuditStore, Result, within};
use async_trait::async_trait;
use sqlx::types::Json;

const RECORD: &str = concat!(
    "WITH r AS (",
    rows!(at int, actor_id uuid, actor_name text, event text, target text, detail text),
    ") INSERT INTO audit (at, actor_id, actor_name, event, target, detail) ",
    "SELECT at, actor_id, actor_name, event, target, detail FROM r"
);

const PAGE: &str = "SELECT number, at, actor_id, actor_name, event, target, detail FROM audit \
     ORDER BY number DESC LIMIT $1 OFFSET $2";

#[async_trait]
impl AuditStore for Unit {
    async fn record(&mut self, records: &[AuditRecord]) -> Result<()> {
        within(sqlx::query(RECORD).bind(Json(records)).execute(self.connection())).await?;
        Ok(())
    }

    async fn audit_page(&mut self, page: PageRequest) -> Result<(Vec<AuditEntry>, u64)> {
        let query = sqlx::query_as(PAGE).bind(page.limit()).bind(page.offset());
        let entries = within(query.fetch_all(self.connection())).await?;
        let count = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM audit");
        let total = within(count.fetch_one(self.connection())).await?;
        Ok((entries, total.unsigned_abs()))
    }
}
