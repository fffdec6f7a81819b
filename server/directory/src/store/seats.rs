//! Seats as the store sees them: one row, changed by single conditional statements.

use super::Result;
use crate::seats::Seats;
use async_trait::async_trait;

/// Seats.
#[async_trait]
pub(crate) trait SeatStore {
    async fn seats(&mut self) -> Result<Seats>;
    /// Keeps everybody else from taking or freeing seats until this transaction ends. What needs seats and accounts
    /// takes the seats first, so that transactions wait for each other instead of crossing.
    async fn lock_seats(&mut self) -> Result<()>;
    /// Takes up to `wanted` seats; answers how many there were.
    async fn take_seats(&mut self, wanted: u32) -> Result<u32>;
    async fn free_seats(&mut self, count: u32) -> Result<()>;
    async fn set_seat_limit(&mut self, limit: Option<u32>) -> Result<()>;
}
