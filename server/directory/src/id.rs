//! Identifiers: UUID version 7 (RFC 9562), so that they sort by the time of creation and cannot be guessed.

use crate::clock::Timestamp;
use crate::random::{self, Random};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, sqlx::Type,
        )]
        #[sqlx(transparent)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A fresh identifier for something created at `now`.
            pub(crate) fn new(now: Timestamp, random: &dyn Random) -> Self {
                Self(at(now, &random::bytes(random)))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

/// UUID version 7 of a moment.
fn at(now: Timestamp, random: &[u8; 10]) -> Uuid {
    let millis = u64::try_from(now.0).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, random).into_uuid()
}

id! {
    /// Names an account.
    AccountId
}

impl AccountId {
    /// Fresh identifiers for what is created together, in their order.
    pub(crate) fn ascending(now: Timestamp, random: &dyn Random, count: usize) -> Vec<Self> {
        let mut bytes = vec![[0; 10]; count];
        random.fill(bytes.as_flattened_mut());
        let mut ids: Vec<Self> = bytes.iter().map(|bytes| Self(at(now, bytes))).collect();
        ids.sort_unstable();
        ids
    }
}

id! {
    /// Names an import.
    ImportId
}
id! {
    /// Names a message in the outbox.
    MessageId
}

id! {
    /// Names a wave.
    WaveId
}

impl AccountId {
    /// Stands for the server itself (command line, background work) where an account is asked for.
    pub const SYSTEM: Self = Self(Uuid::nil());

    /// Its sixteen bytes.
    #[must_use]
    pub fn bytes(self) -> [u8; 16] {
        self.0.into_bytes()
    }

    /// The identifier with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}
