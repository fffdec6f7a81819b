//! Messages.

use super::unit::Unit;
use crate::clock::Timestamp;
use crate::held::Held;
use crate::id::{AccountId, MessageId};
use crate::outbox::{MessageState, OutboxCounts, OutboxItem};
use crate::page::PageRequest;
use crate::store::{
    ClaimedMessage, ConcludedMessage, HELD, HOLD_MESSAGES, NewMessage, OutboxStore, RELEASE_HELD, Result,
    STOP_WAVES, within,
};
use crate::trouble::Trouble;
use async_trait::async_trait;
use sqlx::types::Json;

const ENQUEUE: &str = concat!(
    "WITH r AS (",
    rows!(id uuid, account_id uuid, import_id uuid, kind text, with_secret bool, created_at int),
    ") INSERT INTO message (id, account_id, import_id, kind, with_secret, state, due_at, created_at) ",
    "SELECT id, account_id, import_id, kind, with_secret, 'queued', created_at, created_at FROM r WHERE true ",
    "ON CONFLICT DO NOTHING RETURNING account_id"
);

/// A message that is being sent is due again when its lease ends, so one condition finds both kinds.
const CLAIM: &str = concat!(
    "UPDATE message SET state = 'sending', attempts = attempts + 1, fence = fence + 1, worker = $1, due_at = $3 ",
    "WHERE id IN (SELECT id FROM message WHERE state IN ('queued', 'sending') AND due_at <= $2 ",
    "ORDER BY due_at, id LIMIT $4",
    skip_locked!(),
    ") RETURNING id"
);

const CLAIMED: &str = concat!(
    "SELECT m.id, m.fence, m.account_id, m.kind, m.with_secret, m.attempts, m.created_at, a.username, a.email, ",
    "a.first_name, a.last_name, a.status, COALESCE(c.issue_number, 0) AS issue_number, c.verifier, c.expires_at ",
    "FROM message m JOIN account a ON a.id = m.account_id LEFT JOIN credential c ON c.account_id = a.id ",
    "WHERE m.id IN (",
    ids!("$1"),
    ") ORDER BY m.created_at, m.id"
);

const HOLDERS: &str = "SELECT DISTINCT worker FROM message WHERE state = 'sending' AND worker IS NOT NULL";

const RELEASE: &str = "UPDATE message SET due_at = $2 WHERE state = 'sending' AND worker = $1";

const CONCLUDE: &str = concat!(
    "WITH r AS (",
    rows!(message_id uuid, fence int, state text, reply text, due_at int, finished_at int, counts bool),
    ") UPDATE message SET state = r.state, reply = r.reply, due_at = r.due_at, worker = NULL, ",
    "finished_at = r.finished_at, attempts = attempts - CASE WHEN r.counts THEN 0 ELSE 1 END FROM r WHERE message.id = r.message_id AND message.fence = r.fence ",
    "AND message.state = 'sending' RETURNING id"
);

macro_rules! item {
    ($rest:literal) => {
        concat!(
            "SELECT m.id, m.account_id, a.username, a.email, m.import_id, m.kind, m.state, m.attempts, m.due_at, ",
            "m.reply, m.created_at, m.finished_at FROM message m JOIN account a ON a.id = m.account_id ",
            $rest
        )
    };
}

const PUT_TROUBLE: &str = "INSERT INTO mail_trouble (id, kind, words, since, next_try_at) VALUES (1, $1, $2, $3, $4) \
     ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, words = excluded.words, next_try_at = excluded.next_try_at, \
     since = CASE WHEN mail_trouble.next_try_at <= $5 THEN excluded.since ELSE mail_trouble.since END";

const HASTEN: &str = "UPDATE message SET due_at = $1 \
     WHERE state = 'queued' AND due_at > $1 AND reply IN (SELECT words FROM mail_trouble)";

const DROP_OF: &str = concat!(
    "UPDATE message SET state = 'failed', reply = 'not sent: the account was closed', finished_at = $2 ",
    "WHERE state = 'queued' AND account_id IN (",
    ids!("$1"),
    ")"
);

#[async_trait]
impl OutboxStore for Unit {
    async fn enqueue(&mut self, messages: &[NewMessage]) -> Result<Vec<AccountId>> {
        within(sqlx::query_scalar(ENQUEUE).bind(Json(messages)).fetch_all(self.connection())).await
    }

    async fn claim_messages(
        &mut self,
        worker: &str,
        max: u32,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Vec<ClaimedMessage>> {
        let claim = sqlx::query_scalar(CLAIM).bind(worker).bind(now).bind(lease_until).bind(i64::from(max));
        let ids: Vec<MessageId> = within(claim.fetch_all(self.connection())).await?;
        within(sqlx::query_as(CLAIMED).bind(Json(ids)).fetch_all(self.connection())).await
    }

    async fn conclude(&mut self, messages: &[ConcludedMessage]) -> Result<Vec<MessageId>> {
        within(sqlx::query_scalar(CONCLUDE).bind(Json(messages)).fetch_all(self.connection())).await
    }

    async fn holders(&mut self) -> Result<Vec<String>> {
        within(sqlx::query_scalar(HOLDERS).fetch_all(self.connection())).await
    }

    async fn release_messages(&mut self, workers: &[String], now: Timestamp) -> Result<u64> {
        let mut released = 0;
        for worker in workers {
            let query = sqlx::query(RELEASE).bind(worker).bind(now);
            released += within(query.execute(self.connection())).await?.rows_affected();
        }
        Ok(released)
    }

    async fn outbox_page(
        &mut self,
        state: Option<MessageState>,
        page: PageRequest,
    ) -> Result<(Vec<OutboxItem>, u64)> {
        let sql = item!(
            "WHERE $1 IS NULL OR m.state = $1 ORDER BY m.created_at DESC, m.id DESC LIMIT $2 OFFSET $3"
        );
        let query = sqlx::query_as(sql).bind(state).bind(page.limit()).bind(page.offset());
        let items = within(query.fetch_all(self.connection())).await?;
        let sql = "SELECT COUNT(*) FROM message WHERE $1 IS NULL OR state = $1";
        let total: i64 = within(sqlx::query_scalar(sql).bind(state).fetch_one(self.connection())).await?;
        Ok((items, total.unsigned_abs()))
    }

    async fn outbox_item(&mut self, id: MessageId) -> Result<Option<OutboxItem>> {
        let query = sqlx::query_as(item!("WHERE m.id = $1")).bind(id);
        within(query.fetch_optional(self.connection())).await
    }

    async fn outbox_counts(&mut self) -> Result<OutboxCounts> {
        let sql = "SELECT state, COUNT(*) FROM message GROUP BY state";
        let rows: Vec<(MessageState, i64)> = within(sqlx::query_as(sql).fetch_all(self.connection())).await?;
        let mut counts = OutboxCounts::default();
        for (state, number) in rows {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            match state {
                MessageState::Queued => counts.queued = number,
                MessageState::Sending => counts.sending = number,
                MessageState::Sent => counts.sent = number,
                MessageState::Failed => counts.failed = number,
            }
        }
        Ok(counts)
    }

    async fn requeue(&mut self, id: MessageId, now: Timestamp) -> Result<bool> {
        let sql = "UPDATE message SET state = 'queued', due_at = $2, finished_at = NULL \
             WHERE id = $1 AND state IN ('queued', 'failed')";
        let query = sqlx::query(sql).bind(id).bind(now);
        Ok(within(query.execute(self.connection())).await?.rows_affected() == 1)
    }

    async fn hold_mail(&mut self, now: Timestamp) -> Result<(u64, u64)> {
        let waves = sqlx::query(STOP_WAVES).bind(now).execute(self.connection());
        let waves = within(waves).await?.rows_affected();
        let mails = sqlx::query(HOLD_MESSAGES).bind(now).execute(self.connection());
        Ok((within(mails).await?.rows_affected(), waves))
    }

    async fn held_mail(&mut self) -> Result<Held> {
        within(sqlx::query_as(HELD).fetch_one(self.connection())).await
    }

    async fn release_held_mail(&mut self, now: Timestamp) -> Result<u64> {
        let released = sqlx::query(RELEASE_HELD).bind(now).execute(self.connection());
        Ok(within(released).await?.rows_affected())
    }

    async fn mail_trouble(&mut self) -> Result<Option<Trouble>> {
        let query = sqlx::query_as("SELECT kind, words, since, next_try_at FROM mail_trouble");
        within(query.fetch_optional(self.connection())).await
    }

    async fn put_mail_trouble(&mut self, trouble: &Trouble, forgotten: Timestamp) -> Result<()> {
        let Trouble { kind, words, since, next_try_at } = trouble;
        let query = sqlx::query(PUT_TROUBLE).bind(kind).bind(words).bind(since).bind(next_try_at);
        within(query.bind(forgotten).execute(self.connection())).await?;
        Ok(())
    }

    async fn drop_mail_trouble(&mut self) -> Result<()> {
        within(sqlx::query("DELETE FROM mail_trouble").execute(self.connection())).await?;
        Ok(())
    }

    async fn hasten_messages(&mut self, now: Timestamp) -> Result<()> {
        within(sqlx::query(HASTEN).bind(now).execute(self.connection())).await?;
        Ok(())
    }

    async fn messages_under_way(&mut self) -> Result<u32> {
        let sql = "SELECT COUNT(*) FROM message WHERE state IN ('queued', 'sending')";
        let number: i64 = within(sqlx::query_scalar(sql).fetch_one(self.connection())).await?;
        Ok(u32::try_from(number).unwrap_or(u32::MAX))
    }

    async fn drop_messages_of(&mut self, accounts: &[AccountId], now: Timestamp) -> Result<()> {
        within(sqlx::query(DROP_OF).bind(Json(accounts)).bind(now).execute(self.connection())).await?;
        Ok(())
    }
}
