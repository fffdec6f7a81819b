//! The audit trail as the store sees it: written, read, never changed.

use super::Result;
use crate::audit::{AuditEntry, AuditFilter, Head, Seal};
use crate::clock::Timestamp;
use crate::id::AccountId;
use crate::page::PageRequest;
use async_trait::async_trait;

/// A record to be written.
#[derive(Clone)]
pub(crate) struct AuditRecord {
    pub at: Timestamp,
    pub actor_id: AccountId,
    pub actor_name: String,
    pub event: &'static str,
    pub target: String,
    pub detail: String,
}

/// The audit trail.
#[async_trait]
pub(crate) trait AuditStore {
    /// Has records written and sealed when the transaction is saved.
    fn record_all(&mut self, records: Vec<AuditRecord>);
    /// The same, for a few.
    async fn record(&mut self, records: &[AuditRecord]) -> Result<()>;
    async fn audit_page(&mut self, filter: &AuditFilter, page: PageRequest)
    -> Result<(Vec<AuditEntry>, u64)>;
    /// The next records after a number, oldest first.
    async fn audit_matching(
        &mut self,
        filter: &AuditFilter,
        after: i64,
        most: u32,
    ) -> Result<Vec<AuditEntry>>;
    /// The next records after a number, oldest first, whatever they are.
    async fn audit_after(&mut self, after: i64, most: u32) -> Result<Vec<AuditEntry>>;
    async fn audit_count_up_to(&mut self, number: i64) -> Result<u64>;
    async fn audit_head(&mut self) -> Result<Head>;
    /// The next seals, of records after a number.
    async fn audit_seals_after(&mut self, number: i64, most: u32) -> Result<Vec<Seal>>;
    /// The seal before the newest so many.
    async fn audit_seal_before(&mut self, newest: u32) -> Result<Option<Seal>>;
}
