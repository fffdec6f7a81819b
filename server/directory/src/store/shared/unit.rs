//! A unit of work: a connection to read with, or a transaction that is taken back unless it is saved.

use super::Db;
use crate::audit::AuditKey;
use crate::error::StoreError;
use crate::store::{AuditRecord, Result, Transaction, within};
use async_trait::async_trait;
use sqlx::Database;
use sqlx::pool::PoolConnection;

pub(super) struct Unit {
    pub(super) on: On,
    /// What the audit trail gets when this is saved.
    pub(super) records: Vec<AuditRecord>,
    pub(super) audit_key: AuditKey,
}

/// What a unit of work runs on.
pub(super) enum On {
    Reading(PoolConnection<Db>),
    /// `None` after a statement for which nobody could wait any longer; nobody goes on with the unit then.
    Writing(Option<sqlx::Transaction<'static, Db>>),
}

impl Unit {
    pub(super) fn reading(connection: PoolConnection<Db>, audit_key: &AuditKey) -> Self {
        Self { on: On::Reading(connection), records: Vec::new(), audit_key: audit_key.clone() }
    }

    pub(super) fn writing(transaction: sqlx::Transaction<'static, Db>, audit_key: &AuditKey) -> Self {
        Self { on: On::Writing(Some(transaction)), records: Vec::new(), audit_key: audit_key.clone() }
    }

    /// What statements run on.
    pub(super) fn connection(&mut self) -> &mut <Db as Database>::Connection {
        match &mut self.on {
            On::Reading(connection) => connection,
            On::Writing(transaction) => {
                transaction.as_mut().expect("nobody goes on with a unit of work after an error")
            }
        }
    }
}

#[async_trait]
impl Transaction for Unit {
    async fn save(mut self: Box<Self>) -> Result<()> {
        if !self.records.is_empty() {
            self.seal_records().await?;
        }
        match self.on {
            On::Reading(_) => Ok(()),
            On::Writing(Some(transaction)) => within(transaction.commit()).await,
            On::Writing(None) => Err(StoreError::Unavailable(None)),
        }
    }
}
