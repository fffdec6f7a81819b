//! The audit trail.

use super::unit::Unit;
use crate::audit::AuditEntry;
use crate::page::PageRequest;
use crate::store::{AuditRecord, AuditStore, Result, within};
use async_trait::async_trait;

const PAGE: &str = "SELECT number, at, actor_id, actor_name, event, target, detail FROM audit \
     ORDER BY number DESC LIMIT $1 OFFSET $2";

#[async_trait]
impl AuditStore for Unit {
    async fn record(&mut self, records: &[AuditRecord]) -> Result<()> {
        insert_many!(
            self, records, "audit",
            |record| {
                at int = record.at,
                actor_id uuid = record.actor_id,
                actor_name text = record.actor_name.as_str(),
                event text = record.event,
                target text = record.target.as_str(),
                detail text = record.detail.as_str(),
            },
            fail
        );
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
