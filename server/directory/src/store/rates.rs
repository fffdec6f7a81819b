//! Rates as the store sees them: a time per limit and subject.

use super::Result;
use crate::clock::Timestamp;
use crate::rates::Rate;
use async_trait::async_trait;

/// How often something was asked for.
#[async_trait]
pub(crate) trait RateStore {
    /// Takes one from what `subject` may have; false when nothing is left. Decided and counted by one statement.
    async fn take_one(
        &mut self,
        scope: &'static str,
        subject: &str,
        rate: Rate,
        now: Timestamp,
    ) -> Result<bool>;
    /// The same for each of many subjects; answers for which of them one was left.
    async fn take_one_each(
        &mut self,
        scope: &'static str,
        subjects: &[String],
        rate: Rate,
        now: Timestamp,
    ) -> Result<Vec<String>>;
    /// When everything will have been earned back, if anything is missing.
    async fn free_at(&mut self, scope: &'static str, subject: &str) -> Result<Option<Timestamp>>;
    /// Gives one back.
    async fn give_back(&mut self, scope: &'static str, subject: &str, rate: Rate) -> Result<()>;
    /// Forgets those who may have everything again.
    async fn forget_rates(&mut self, now: Timestamp) -> Result<()>;
}
