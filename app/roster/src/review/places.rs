//! Where rows lie in the file, in little more than two bytes for each.
//!
//! Every 64th row has its place and line in full; in between, each row has the distance to the next one. Lines are
//! counted along with the rows; a block in which that does not work out (blank lines, line breaks inside cells) keeps
//! a list of its own.

use super::column::Column;
use super::key::Map;

/// Rows of one block.
const BLOCK: u32 = 64;
/// Stands for a distance that is kept apart.
const FAR: u16 = u16::MAX;

#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    rows: u32,
    /// Start and line of each block's first row.
    blocks: Column<(u64, u32)>,
    /// From each row's start to the next row's; the last row has none yet.
    distances: Column<u16>,
    far: Map<u32, u64>,
    /// The lines of the rows of blocks that are not as regular.
    lines: Map<u32, Vec<u32>>,
    /// Start, length and line of the last row.
    last: (u64, u32, u32),
    /// The line that the next row is expected on.
    expected: u32,
}

impl Places {
    #[inline]
    pub(super) fn push(&mut self, start: u64, len: u32, line: u32) {
        if self.rows > 0 {
            let distance = start - self.last.0;
            match u16::try_from(distance) {
                Ok(short) if short != FAR => self.distances.push(short),
                _ => {
                    self.far.insert(self.rows - 1, distance);
                    self.distances.push(FAR);
                }
            }
        }
        if self.rows.is_multiple_of(BLOCK) {
            self.blocks.push((start, line));
        } else if line != self.expected {
            self.keep_line(line);
        }
        self.expected = line + 1;
        self.last = (start, len, line);
        self.rows += 1;
    }

    /// From the first row on that is not one line below the one before, a block lists its lines.
    #[cold]
    fn keep_line(&mut self, line: u32) {
        let (block, within) = (self.rows / BLOCK, self.rows % BLOCK);
        let first = self.blocks.get(block).1;
        let lines = self.lines.entry(block).or_default();
        // Rows since the last one listed were each one line further.
        while (lines.len() as u32) < within {
            lines.push(lines.last().map_or(first, |last| last + 1));
        }
        lines.push(line);
    }

    pub(super) fn len(&self) -> u32 {
        self.rows
    }

    /// Where a row (counted from 0) starts, and how long it is; whatever follows up to the next row is included.
    pub(super) fn span(&self, at: u32) -> (u64, u32) {
        let first = at - at % BLOCK;
        let start = self.blocks.get(at / BLOCK).0;
        let start = start + (first..at).map(|at| self.distance(at)).sum::<u64>();
        if at + 1 == self.rows {
            return (self.last.0, self.last.1);
        }
        (start, u32::try_from(self.distance(at)).unwrap_or(u32::MAX))
    }

    fn distance(&self, at: u32) -> u64 {
        match self.distances.get(at) {
            FAR => self.far.get(&at).copied().unwrap_or(u64::from(FAR)),
            short => u64::from(short),
        }
    }

    /// The line of the file a row (counted from 0) starts on.
    pub(super) fn line(&self, at: u32) -> u32 {
        let (block, within) = (at / BLOCK, at % BLOCK);
        let first = self.blocks.get(block).1;
        match self.lines.get(&block) {
            None => first + within,
            Some(lines) => match lines.get(within as usize) {
                Some(line) => *line,
                None => lines.last().map_or(first, |last| last + within + 1 - lines.len() as u32),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_row_is_found_again(
            steps in prop::collection::vec((prop_oneof![8 => 1u64..200, 1 => 60_000u64..90_000], prop_oneof![9 => Just(1u32), 1 => 1u32..5]), 1..400)
        ) {
            let (mut places, mut start, mut line, mut kept) = (Places::default(), 30, 2, Vec::new());
            for (distance, lines) in steps {
                places.push(start, 10, line);
                kept.push((start, line));
                start += distance;
                line += lines;
            }
            for (at, (start, line)) in (0..).zip(&kept) {
                prop_assert_eq!((places.span(at).0, places.line(at)), (*start, *line));
            }
            for (at, pair) in (0..).zip(kept.windows(2)) {
                prop_assert_eq!(u64::from(places.span(at).1), pair[1].0 - pair[0].0);
            }
        }
    }
}
