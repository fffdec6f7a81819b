//! A unit of work: a connection to read with, or a transaction that is taken back unless it is saved.

use super::Db;
use crate::error::StoreError;
use crate::store::{Result, Transaction, within};
use async_trait::async_trait;
use sqlx::Database;
use sqlx::pool::PoolConnection;

pub(super) enum Unit {
    Reading(PoolConnection<Db>),
    /// `None` after a statement for which nobody could wait any longer; nobody goes on with the unit then.
    Writing(Option<sqlx::Transaction<'static, Db>>),
}

impl Unit {
    /// What statements run on.
    pub(super) fn connection(&mut self) -> &mut <Db as Database>::Connection {
        match self {
            Self::Reading(connection) => connection,
            Self::Writing(transaction) => {
                transaction.as_mut().expect("nobody goes on with a unit of work after an error")
            }
        }
    }
}

#[async_trait]
impl Transaction for Unit {
    async fn save(self: Box<Self>) -> Result<()> {
        match *self {
            Self::Reading(_) => Ok(()),
            Self::Writing(Some(transaction)) => within(transaction.commit()).await,
            Self::Writing(None) => Err(StoreError::Unavailable(None)),
        }
    }
}
