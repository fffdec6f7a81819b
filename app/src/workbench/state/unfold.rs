//! Many rows come into view step by step: to make all of them at once would keep the page from answering.

use super::Window;
use std::ops::Range;

/// Rows that are made at a time.
const AT_ONCE: u32 = 16;

impl Window {
    fn places(&self) -> Range<u32> {
        self.first..self.first + self.rows.len() as u32
    }

    /// The same list with the rows of these places at hand only.
    fn part(&self, places: Range<u32>) -> Window {
        let within = |place: u32| (place - self.first) as usize;
        Window {
            total: self.total,
            first: places.start,
            rows: self.rows[within(places.start)..within(places.end)].to_vec(),
        }
    }

    /// Which of this window's rows are shown already.
    fn shown_in(&self, before: &Window) -> Range<u32> {
        let (mine, theirs) = (self.places(), before.places());
        let both = mine.start.max(theirs.start)..mine.end.min(theirs.end);
        let same = |place: u32| {
            let of = |window: &Window| window.rows.get((place - window.first) as usize).map(|row| row.row);
            of(self) == of(before)
        };
        if both.is_empty() || !same(both.start) || !same(both.end - 1) { 0..0 } else { both }
    }

    /// What is to be shown next on the way to this window: what was shown `before`, and some rows more. Those that are in
    /// `view` (place of the first one, and how many) come first. `None`: all of them.
    pub(super) fn step(&self, before: &Window, view: (u32, u32)) -> Option<Window> {
        let whole = self.places();
        let view = view.0.clamp(whole.start, whole.end)..(view.0 + view.1).clamp(whole.start, whole.end);
        let mut next = self.shown_in(before);
        if next.is_empty() {
            let start = if view.is_empty() { whole.start } else { view.start };
            next = start..start;
        }
        let mut left = AT_ONCE;
        let mut reach = |next: &mut Range<u32>, until: &Range<u32>| {
            let below = until.end.saturating_sub(next.end).min(left);
            next.end += below;
            let above = next.start.saturating_sub(until.start).min(left - below);
            next.start -= above;
            left -= below + above;
        };
        reach(&mut next, &view);
        reach(&mut next, &whole);
        (next != whole).then(|| self.part(next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use roster::review::{RowView, Verdict};

    fn window(first: u32, rows: impl Iterator<Item = u32>) -> Window {
        let view = |row| RowView {
            row,
            line: row + 1,
            verdict: Verdict::AddNew,
            chosen: true,
            can_choose: true,
            reason: None,
            exists: false,
            person_key: None,
            cells: Vec::new(),
            problems: Vec::new(),
        };
        Window { total: 10_000, first, rows: rows.map(view).collect() }
    }

    /// The places shown on the way from one window to another.
    fn steps(before: &Window, after: &Window, view: (u32, u32)) -> Vec<Range<u32>> {
        let (mut shown, mut steps) = (before.clone(), Vec::new());
        while let Some(next) = after.step(&shown, view) {
            let news = next.places().filter(|place| !shown.places().contains(place)).count();
            assert!(news <= AT_ONCE as usize && steps.len() < 20);
            steps.push(next.places());
            shown = next;
        }
        steps
    }

    #[test]
    fn what_is_in_view_comes_first() {
        let (none, first) = (Window::default(), window(0, 1..=40));
        assert_eq!(steps(&none, &first, (0, 20)), [0..16, 0..32]);
        let far = window(980, 981..=1_040);
        assert_eq!(steps(&first, &far, (1_000, 20)), [1_000..1_016, 1_000..1_032, 992..1_040]);
        // A little further down or up.
        assert!(steps(&far, &window(990, 991..=1_050), (1_010, 20)).is_empty());
        let at_once = steps(&far, &window(950, 951..=1_010), (970, 20));
        assert_eq!((at_once.len(), at_once.first()), (1, Some(&(964..1_010))));
    }

    #[test]
    fn rows_of_another_list_are_new_though_they_stand_in_the_same_place() {
        let (all, odd) = (window(0, 1..=40), window(0, (1..=79).step_by(2)));
        assert_eq!(steps(&all, &odd, (0, 20)), [0..16, 0..32]);
        assert!(steps(&all, &window(0, 1..=40), (0, 20)).is_empty());
        assert!(steps(&all, &window(0, 1..=3), (0, 20)).is_empty());
        assert!(steps(&all, &window(0, 0..0), (0, 20)).is_empty());
    }
}
