//! A list that grows in pieces: growing copies nothing and never asks for twice the memory that is needed.

/// Entries of one piece.
const PIECE: usize = 1 << 14;

#[derive(Clone, Debug)]
pub(super) struct Column<T> {
    pieces: Vec<Vec<T>>,
}

impl<T> Default for Column<T> {
    fn default() -> Self {
        Column { pieces: Vec::new() }
    }
}

impl<T: Copy> Column<T> {
    #[inline]
    pub(super) fn push(&mut self, value: T) {
        match self.pieces.last_mut() {
            Some(piece) if piece.len() < PIECE => piece.push(value),
            _ => self.begin(value),
        }
    }

    #[cold]
    fn begin(&mut self, value: T) {
        let mut piece = Vec::with_capacity(PIECE);
        piece.push(value);
        self.pieces.push(piece);
    }

    pub(super) fn len(&self) -> u32 {
        let last = self.pieces.last().map_or(0, Vec::len);
        (self.pieces.len().saturating_sub(1) * PIECE + last) as u32
    }

    #[inline]
    pub(super) fn get(&self, at: u32) -> T {
        self.pieces[at as usize / PIECE][at as usize % PIECE]
    }

    #[inline]
    pub(super) fn set(&mut self, at: u32, value: T) {
        self.pieces[at as usize / PIECE][at as usize % PIECE] = value;
    }

    /// The values from a place on.
    pub(super) fn iter_from(&self, at: u32) -> impl Iterator<Item = T> {
        let (piece, within) = (at as usize / PIECE, at as usize % PIECE);
        let first = self.pieces.get(piece).and_then(|piece| piece.get(within..)).unwrap_or_default();
        let rest = self.pieces.get(piece + 1..).unwrap_or_default();
        first.iter().chain(rest.iter().flatten()).copied()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = T> {
        self.pieces.iter().flatten().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_one_list() {
        let mut column = Column::default();
        for value in 0..50_000u32 {
            column.push(value);
        }
        column.set(20_000, 7);
        assert_eq!((column.get(16_383), column.get(16_384), column.get(20_000)), (16_383, 16_384, 7));
        assert!(column.iter_from(30_000).eq(30_000..50_000));
        assert_eq!((column.iter().count(), column.len()), (50_000, 50_000));
        assert_eq!(Column::<u32>::default().len(), 0);
        assert_eq!(column.iter_from(50_000).count(), 0);
    }
}
