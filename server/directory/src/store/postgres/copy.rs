//! Inserting many rows by `COPY ... FROM STDIN` in the binary format: the server takes them as they come, without arrays
//! to unpack or a plan to carry out.

use super::Db;
use super::unit::{On, Unit};
use crate::error::StoreError;
use crate::store::{CALL_TIMEOUT, Result};
use sqlx::Encode;
use sqlx::encode::IsNull;
use sqlx::postgres::PgArgumentBuffer;

/// Signature, flags, and the length of a header extension (PostgreSQL documentation, COPY, "Binary Format").
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// In place of a row's number of fields.
const END: [u8; 2] = (-1_i16).to_be_bytes();

/// Bytes after which what was written so far is a piece: the connection keeps as much room as the largest one took.
const PIECE: usize = 256 * 1024;

/// Fewer rows are inserted by an ordinary statement: the end of a COPY is a packet of its own, which TCP holds back until the
/// small one before it is acknowledged, and that takes the other side some 40 ms.
pub(super) const FEW: usize = 200;

/// Rows in the binary format, in pieces as they are sent.
pub(super) struct Rows {
    fields: [u8; 2],
    pieces: Vec<Vec<u8>>,
    buffer: PgArgumentBuffer,
}

impl Rows {
    /// No rows yet, of so many fields each.
    pub(super) fn new(fields: usize) -> Self {
        let fields = i16::try_from(fields).expect("a table has some tens of columns").to_be_bytes();
        let mut buffer = PgArgumentBuffer::default();
        buffer.extend_from_slice(HEADER);
        Self { fields, pieces: Vec::new(), buffer }
    }

    /// Begins a row; its fields follow.
    pub(super) fn row(&mut self) {
        if self.buffer.len() >= PIECE {
            self.pieces.push(std::mem::take(&mut self.buffer));
        }
        self.buffer.extend_from_slice(&self.fields);
    }

    /// A field: its length, then its bytes as a parameter of a statement has them.
    pub(super) fn field<'v>(&mut self, value: impl Encode<'v, Db>) -> Result<()> {
        let at = self.buffer.len();
        self.buffer.extend_from_slice(&(-1_i32).to_be_bytes());
        let null = value.encode(&mut self.buffer).map_err(sqlx::Error::Encode)?;
        if let IsNull::No = null {
            let length = i32::try_from(self.buffer.len() - at - 4).expect("a row has at most some 100 kB");
            self.buffer[at..at + 4].copy_from_slice(&length.to_be_bytes());
        }
        Ok(())
    }

    fn finish(mut self) -> Vec<Vec<u8>> {
        self.buffer.extend_from_slice(&END);
        self.pieces.push(std::mem::take(&mut self.buffer));
        self.pieces
    }
}

/// Sends the rows into the table that `statement` names; how many there were.
///
/// Giving up in the middle would leave a connection that answers the next question with the end of this one. So when
/// time is up, connection and transaction are left to a task that waits for the end and takes it all back.
pub(super) async fn copy_in(unit: &mut Unit, statement: String, rows: Rows) -> Result<u64> {
    let On::Writing(held) = &mut unit.on else {
        return Err(StoreError::Unexpected(sqlx::Error::BeginFailed));
    };
    let mut transaction = held.take().expect("nobody goes on with a unit of work after an error");
    let pieces = rows.finish();
    let sending = tokio::spawn(async move {
        let sent = async {
            let mut copy = transaction.copy_in_raw(&statement).await?;
            for piece in pieces {
                if let Err(error) = copy.send(piece).await {
                    // The server's own words, if it had any.
                    copy.finish().await?;
                    return Err(error);
                }
            }
            copy.finish().await
        };
        let sent = sent.await;
        (transaction, sent)
    });
    match tokio::time::timeout(CALL_TIMEOUT, sending).await {
        Ok(Ok((transaction, sent))) => {
            *held = Some(transaction);
            Ok(sent?)
        }
        Ok(Err(_)) => Err(StoreError::Unexpected(sqlx::Error::WorkerCrashed)),
        Err(_) => Err(StoreError::Unavailable(None)),
    }
}
