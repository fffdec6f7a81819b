//! Seats.

use super::unit::Unit;
use crate::seats::Seats;
use crate::store::{Result, SeatStore, within};
use async_trait::async_trait;

/// As many of the wanted seats as there are, taken and answered in one statement.
const TAKE: &str = "UPDATE seat SET \
     granted = CASE WHEN seat_limit IS NULL OR used + $1 <= seat_limit THEN $1 \
         WHEN used >= seat_limit THEN 0 ELSE seat_limit - used END, \
     used = CASE WHEN seat_limit IS NULL OR used + $1 <= seat_limit THEN used + $1 \
         WHEN used >= seat_limit THEN used ELSE seat_limit END \
     RETURNING granted";

#[async_trait]
impl SeatStore for Unit {
    async fn seats(&mut self) -> Result<Seats> {
        let query = sqlx::query_as("SELECT seat_limit, used FROM seat");
        let (limit, used): (Option<i64>, i64) = within(query.fetch_one(self.connection())).await?;
        Ok(Seats { limit: limit.map(whole), used: whole(used) })
    }

    async fn lock_seats(&mut self) -> Result<()> {
        within(sqlx::query("UPDATE seat SET granted = 0").execute(self.connection())).await?;
        Ok(())
    }

    async fn take_seats(&mut self, wanted: u32) -> Result<u32> {
        let granted: i64 =
            within(sqlx::query_scalar(TAKE).bind(i64::from(wanted)).fetch_one(self.connection())).await?;
        Ok(whole(granted))
    }

    async fn free_seats(&mut self, count: u32) -> Result<()> {
        let query = sqlx::query("UPDATE seat SET used = used - $1").bind(i64::from(count));
        within(query.execute(self.connection())).await?;
        Ok(())
    }

    async fn set_seat_limit(&mut self, limit: Option<u32>) -> Result<()> {
        let query = sqlx::query("UPDATE seat SET seat_limit = $1").bind(limit.map(i64::from));
        within(query.execute(self.connection())).await?;
        Ok(())
    }
}

/// The columns never hold anything else; see their constraints.
fn whole(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
