//! The audit trail as the store sees it: written, read, never changed.

use super::Result;
use crate::audit::AuditEntry;
use crate::clock::Timestamp;
use crate::id::AccountId;
use crate::page::PageRequest;
use async_trait::async_trait;

/// A record to be written.
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
    async fn record(&mut self, records: &[AuditRecord]) -> Result<()>;
    async fn audit_page(&mut self, page: PageRequest) -> Result<(Vec<AuditEntry>, u64)>;
}
