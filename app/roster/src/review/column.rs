//! A list that grows in pieces: growing copies nothing and never asks for twice the memory that is needed.

/// Entries of one piece.
const PIECE: usize = 1 << 14;

#[derive(Clone, Debug)]
pub(super) struct Column<T> {
    /// Pieces that are full.
    full: Vec<Vec<T>>,
    last: Vec<T>,
}

impl<T> Default for Column<T> {
    fn default() -> Self {
        Column { full: Vec::new(), last: Vec::new() }
    }
}

impl<T: Copy> Column<T> {
    #[inline]
    pub(super) fn push(&mut self, value: T) {
        if self.last.len() == PIECE {
            self.begin();
        }
        self.last.push(value);
    }

    #[cold]
    fn begin(&mut self) {
        self.full.push(std::mem::replace(&mut self.last, Vec::with_capacity(PIECE)));
    }

    pub(super) fn len(&self) -> u32 {
        (self.full.len() * PIECE + self.last.len()) as u32
    }

    #[inline]
    pub(super) fn get(&self, at: u32) -> T {
        self.piece(at as usize / PIECE)[at as usize % PIECE]
    }

    #[inline]
    fn piece(&self, number: usize) -> &[T] {
        match self.full.get(number) {
            Some(piece) => piece,
            None if number == self.full.len() => &self.last,
            None => &[],
        }
    }

    #[inline]
    pub(super) fn set(&mut self, at: u32, value: T) {
        self.full.get_mut(at as usize / PIECE).unwrap_or(&mut self.last)[at as usize % PIECE] = value;
    }

    /// The values from a place on.
    pub(super) fn iter_from(&self, at: u32) -> impl Iterator<Item = T> {
        let (piece, within) = (at as usize / PIECE, at as usize % PIECE);
        let first = self.piece(piece).get(within..).unwrap_or_default();
        let rest = self.full.get(piece + 1..).unwrap_or_default();
        let last = if piece < self.full.len() { &self.last[..] } else { &[] };
        first.iter().chain(rest.iter().flatten()).chain(last).copied()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = T> {
        self.full.iter().flatten().chain(&self.last).copied()
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
        assert_eq!(column.iter_from(70_000).count() + column.iter_from(4 * PIECE as u32).count(), 0);
    }
}
