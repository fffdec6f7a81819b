//! How often something was asked for.

use super::unit::Unit;
use crate::clock::Timestamp;
use crate::rates::Rate;
use crate::store::{RateStore, Result, within};
use async_trait::async_trait;
use sqlx::types::Json;

/// Each one taken moves the end by $4; it may lie $5 ahead at most before the next one is taken.
const TAKE: &str = "INSERT INTO rate (scope, subject, free_at) VALUES ($1, $2, $3 + $4) \
     ON CONFLICT (scope, subject) DO UPDATE SET free_at = \
     CASE WHEN rate.free_at > $3 THEN rate.free_at + $4 ELSE $3 + $4 END WHERE rate.free_at <= $3 + $5";

const TAKE_EACH: &str = concat!(
    "INSERT INTO rate (scope, subject, free_at) SELECT $2, s.value, $3 + $4 FROM (",
    texts!("$1"),
    ") AS s WHERE true ON CONFLICT (scope, subject) DO UPDATE SET free_at = ",
    "CASE WHEN rate.free_at > $3 THEN rate.free_at + $4 ELSE $3 + $4 END WHERE rate.free_at <= $3 + $5 ",
    "RETURNING subject"
);

#[async_trait]
impl RateStore for Unit {
    async fn take_one(
        &mut self,
        scope: &'static str,
        subject: &str,
        rate: Rate,
        now: Timestamp,
    ) -> Result<bool> {
        let query = sqlx::query(TAKE)
            .bind(scope)
            .bind(subject)
            .bind(now)
            .bind(rate.every_ms())
            .bind(rate.ahead_ms());
        Ok(within(query.execute(self.connection())).await?.rows_affected() == 1)
    }

    async fn take_one_each(
        &mut self,
        scope: &'static str,
        subjects: &[String],
        rate: Rate,
        now: Timestamp,
    ) -> Result<Vec<String>> {
        let query = sqlx::query_scalar(TAKE_EACH)
            .bind(Json(subjects))
            .bind(scope)
            .bind(now)
            .bind(rate.every_ms())
            .bind(rate.ahead_ms());
        within(query.fetch_all(self.connection())).await
    }

    async fn free_at(&mut self, scope: &'static str, subject: &str) -> Result<Option<Timestamp>> {
        let query = sqlx::query_scalar("SELECT free_at FROM rate WHERE scope = $1 AND subject = $2");
        within(query.bind(scope).bind(subject).fetch_optional(self.connection())).await
    }

    async fn give_back(&mut self, scope: &'static str, subject: &str, rate: Rate) -> Result<()> {
        let query = sqlx::query("UPDATE rate SET free_at = free_at - $3 WHERE scope = $1 AND subject = $2");
        within(query.bind(scope).bind(subject).bind(rate.every_ms()).execute(self.connection())).await?;
        Ok(())
    }

    async fn forget_rates(&mut self, now: Timestamp) -> Result<()> {
        within(sqlx::query("DELETE FROM rate WHERE free_at <= $1").bind(now).execute(self.connection())).await?;
        Ok(())
    }
}
