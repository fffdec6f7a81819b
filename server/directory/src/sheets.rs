//! Sheets with login details for people without mail: made once, for somebody to print and hand out.
//!
//! Making a sheet issues anew, so that it can be made as often as it is needed and only the newest one works; nothing of
//! it is kept but who made it, and for whom.

use crate::Directory;
use crate::account::Actor;
use crate::audit::{self, Event};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::handover::{ISSUE_BATCH, number};
use crate::id::AccountId;
use crate::secret::{LinkToken, TemporarySecret};
use std::collections::{HashMap, HashSet};
use thiserror::Error;

/// Most people on one sheet.
pub const MOST: usize = 5_000;

/// One person's part of a sheet.
pub struct Slip {
    /// Username.
    pub username: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// What to type.
    pub secret: TemporarySecret,
    /// What to open instead.
    pub link: LinkToken,
}

/// Login details for some people.
pub struct Sheet {
    /// One for each, in the order of their names.
    pub slips: Vec<Slip>,
    /// How many were left out: closed, administrators, or with an own password.
    pub left_out: u32,
    /// First moment at which they no longer work.
    pub expires_at: Timestamp,
}

/// Why a sheet was not made.
#[derive(Debug, Error)]
pub enum SheetError {
    /// Nobody of those who were chosen can be handed anything.
    #[error("nobody who was chosen needs login details")]
    Nobody,
    /// More than [`MOST`].
    #[error("a sheet holds at most {MOST} people")]
    TooMany,
    /// The database failed; earlier login details still work.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Directory {
    /// Makes a sheet: issues new secrets, so that earlier ones stop working.
    ///
    /// # Errors
    /// Nobody can be on it, too many are, or the database failed; nothing was changed.
    pub async fn make_sheet(&self, actor: &Actor, accounts: &[AccountId]) -> Result<Sheet, SheetError> {
        // Two slips for one person would be one that works and one that does not.
        let mut seen = HashSet::new();
        let accounts: Vec<AccountId> = accounts.iter().copied().filter(|id| seen.insert(*id)).collect();
        if accounts.len() > MOST {
            return Err(SheetError::TooMany);
        }
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let (mut slips, mut expires_at) = (Vec::new(), now);
        for batch in accounts.chunks(ISSUE_BATCH) {
            let (able, _) = self.sorted_out(tx.as_mut(), batch).await?;
            expires_at = self.issue_anew(tx.as_mut(), actor, &able, ", on a sheet").await?;
            let ids: Vec<AccountId> = able.iter().map(|account| account.id).collect();
            let mut known: HashMap<AccountId, _> =
                tx.accounts_known(&ids).await?.into_iter().map(|row| (row.id, row)).collect();
            slips.extend(able.iter().filter_map(|account| {
                let row = known.remove(&account.id)?;
                Some(Slip {
                    username: row.username,
                    first_name: row.first_name,
                    last_name: row.last_name,
                    secret: self.key().temporary_secret(account.id, account.issue_number + 1),
                    link: self.key().link_token(account.id, account.issue_number + 1),
                })
            }));
        }
        if slips.is_empty() {
            return Err(SheetError::Nobody);
        }
        // Whom it is for stands in the record of each issue.
        let detail = format!("login details on a sheet for {} people", slips.len());
        tx.record(&[audit::record(now, actor, Event::SheetMade, "", &detail)]).await?;
        tx.save().await?;
        let left_out = number(accounts.len().saturating_sub(slips.len()));
        Ok(Sheet { slips, left_out, expires_at })
    }
}
