//! Links for newcomers.

use super::unit::Unit;
use crate::clock::Timestamp;
use crate::id::AccountId;
use crate::store::{LinkRow, LinkStore, Result, within};
use async_trait::async_trait;

const FIND: &str = "SELECT a.id AS account_id, a.username, a.email, a.first_name, a.last_name, c.issue_number, \
     c.verifier, c.expires_at FROM account a JOIN credential c ON c.account_id = a.id \
     WHERE a.id = $1 AND a.status = 'active' AND c.verifier IS NOT NULL AND c.expires_at > $2";

#[async_trait]
impl LinkStore for Unit {
    async fn find_link(&mut self, account: AccountId, now: Timestamp) -> Result<Option<LinkRow>> {
        let query = sqlx::query_as(FIND).bind(account).bind(now);
        within(query.fetch_optional(self.connection())).await
    }
}
