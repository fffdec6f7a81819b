//! The chain of seals over the audit trail: which records a transaction wrote, and that all before them are still there.
//!
//! A seal is an HMAC under a key derived from the server key, so that a copy of the database is not enough to forge one.
//! Somebody who can write to the database can still cut the newest records off together with their seals; a seal that was
//! noted elsewhere shows it.

use super::AuditEntry;
use crate::Directory;
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::AccountId;
use crate::store::AuditRecord;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::collections::VecDeque;
use thiserror::Error;
use zeroize::Zeroizing;

/// Records and seals read at a time.
const PAGE: u32 = 5_000;

/// A seal: the records of one transaction, and all before them.
pub(crate) type SealHash = [u8; 32];

/// What seals are made with.
#[derive(Clone)]
pub(crate) struct AuditKey(pub(crate) Zeroizing<[u8; 32]>);

/// A seal in the making.
struct Sealing(Hmac<Sha256>);

impl AuditKey {
    fn after(&self, previous: &[u8]) -> Sealing {
        let mut mac =
            <Hmac<Sha256> as KeyInit>::new_from_slice(&*self.0).expect("HMAC takes keys of any length");
        mac.update(previous);
        Sealing(mac)
    }

    /// The seal of a transaction's records, in their order, after the one before.
    pub(crate) fn seal(&self, previous: &[u8], records: &[AuditRecord]) -> SealHash {
        let mut sealing = self.after(previous);
        for record in records {
            let texts = [record.actor_name.as_str(), record.event, &record.target, &record.detail];
            sealing.add(record.at, record.actor_id, texts);
        }
        sealing.finish()
    }
}

impl Sealing {
    /// Lengths keep the texts apart.
    fn add(&mut self, at: Timestamp, actor: AccountId, texts: [&str; 4]) {
        self.0.update(&at.0.to_be_bytes());
        self.0.update(actor.0.as_bytes());
        for text in texts {
            self.0.update(&(text.len() as u64).to_be_bytes());
            self.0.update(text.as_bytes());
        }
    }

    fn add_entry(&mut self, entry: &AuditEntry) {
        self.add(entry.at, entry.actor_id, [&entry.actor, &entry.event, &entry.target, &entry.detail]);
    }

    fn finish(self) -> SealHash {
        self.0.finalize().into_bytes().into()
    }
}

/// A seal as it is kept.
#[derive(sqlx::FromRow)]
pub(crate) struct Seal {
    pub last_number: i64,
    pub records: i64,
    pub hash: Vec<u8>,
}

/// The newest seal, and where the seals begin.
#[derive(sqlx::FromRow)]
pub(crate) struct Head {
    pub unsealed: i64,
    pub hash: Vec<u8>,
}

/// An audit trail whose seals are whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditCheck {
    /// Records that were looked at.
    pub records: u64,
    /// Their seals, one for each transaction.
    pub seals: u64,
    /// Records from before there were seals; nothing can be said of them.
    pub unsealed: u64,
    /// The newest seal, in hexadecimal. Noted elsewhere, it shows later that nothing up to it is gone.
    pub newest: String,
    /// Whether the seal that was asked for is one of those that were looked at.
    pub contains: bool,
}

/// Why an audit trail is not as it was written.
#[derive(Debug, Error)]
pub enum AuditError {
    /// The records of one seal are not those that were sealed.
    #[error(
        "the audit records {first} to {last} are not those that were written: one was changed, removed or added"
    )]
    Changed {
        /// Number of the first one.
        first: i64,
        /// Number of the last one.
        last: i64,
    },
    /// The newest records are gone, or there are some that nobody sealed.
    #[error(
        "the audit records after number {after} are not those that were written: some were removed or added at the end"
    )]
    End {
        /// Up to here all is well.
        after: i64,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Directory {
    /// Whether the audit trail is as it was written: all of it, or what the `newest` so many transactions wrote. Looks
    /// for the seal `wanted` (hexadecimal) on the way.
    ///
    /// # Errors
    /// It is not, or the database failed.
    pub async fn check_audit(
        &self,
        newest: Option<u32>,
        wanted: Option<&str>,
    ) -> Result<AuditCheck, AuditError> {
        let mut tx = self.store().read().await?;
        // In this order: records are written between two statements, and the check must not begin behind its end.
        let start = match newest {
            Some(count) => tx.audit_seal_before(count).await?,
            None => None,
        };
        let head = tx.audit_head().await?;
        let is_wanted =
            |hash: &[u8]| wanted.is_some_and(|wanted| data_encoding::HEXLOWER.encode(hash) == wanted);
        let (mut records, mut seals) = (0, 0);
        let (mut number, mut previous, mut contains) = match start {
            Some(seal) => (seal.last_number, seal.hash.clone(), is_wanted(&seal.hash)),
            None => (head.unsealed, vec![0; 32], false),
        };
        let keys = self.key().audit_keys();
        let mut entries = VecDeque::new();
        'pages: while previous != head.hash {
            let page = tx.audit_seals_after(number, PAGE).await?;
            if page.is_empty() {
                break;
            }
            for seal in page {
                let changed = AuditError::Changed { first: number + 1, last: seal.last_number };
                // Sealed with the key of its time.
                let mut sealings: Vec<Sealing> = keys.iter().map(|key| key.after(&previous)).collect();
                for _ in 0..seal.records {
                    if entries.is_empty() {
                        entries.extend(tx.audit_after(number, PAGE).await?);
                    }
                    let Some(entry) = entries.pop_front() else { return Err(changed) };
                    for sealing in &mut sealings {
                        sealing.add_entry(&entry);
                    }
                    number = entry.number;
                }
                let known = sealings.into_iter().any(|sealing| sealing.finish().as_slice() == seal.hash);
                if number != seal.last_number || !known {
                    return Err(changed);
                }
                records += seal.records.unsigned_abs();
                seals += 1;
                contains |= is_wanted(&seal.hash);
                let last = seal.hash == head.hash;
                previous = seal.hash;
                if last {
                    break 'pages;
                }
            }
        }
        // What was written since the head was read has seals of its own.
        let unsealed_end = tx.audit_after(number, 1).await?.pop().is_some()
            && tx.audit_seals_after(number, 1).await?.is_empty();
        if previous != head.hash || unsealed_end {
            return Err(AuditError::End { after: number });
        }
        let unsealed = tx.audit_count_up_to(head.unsealed).await?;
        Ok(AuditCheck {
            records,
            seals,
            unsealed,
            newest: data_encoding::HEXLOWER.encode(&previous),
            contains,
        })
    }
}
