//! Where rows stand. All have one height, so a row's place is a product. A browser gives up on elements of some tens of
//! millions of pixels; beyond [`MOST_PIXELS`] the scroll bar is scaled instead.

/// Height that the list of rows never exceeds.
const MOST_PIXELS: f64 = 12_000_000.0;

/// Height of a row on the screen, as the header has it; `None` before anything is laid out.
pub fn measured_row(scroller: &web_sys::Element) -> Option<f64> {
    let height = scroller.query_selector(".rows-head .rows-row").ok()??.get_bounding_client_rect().height();
    (height > 0.0).then_some(height)
}

/// Sets a height through the style object, which a strict policy allows.
pub fn set_height(element: &web_sys::HtmlElement, pixels: f64) {
    let _ = element.style().set_property("height", &format!("{pixels}px"));
}

/// Which row is first in view when the list is scrolled to `top`.
pub fn first_row(top: f64, view: f64, row: f64, total: u32) -> u32 {
    let whole = f64::from(total) * row;
    if whole <= MOST_PIXELS {
        return (top / row) as u32;
    }
    let share = (top / (MOST_PIXELS - view).max(1.0)).clamp(0.0, 1.0);
    let most = (f64::from(total) - view / row).max(0.0);
    (share * most).round() as u32
}

/// Where the rows at hand stand, and how high the whole list is.
pub fn place(first: u32, total: u32, row: f64, first_shown: u32, top: f64) -> (f64, f64) {
    let whole = f64::from(total) * row;
    if whole <= MOST_PIXELS {
        return (f64::from(first) * row, whole);
    }
    // Scaled: the first row in view stands where the list is scrolled to; its neighbours follow from it.
    let start = top - (f64::from(first_shown) - f64::from(first)) * row;
    (start.max(0.0), MOST_PIXELS)
}

#[cfg(test)]
mod tests {
    use super::{MOST_PIXELS, first_row};

    #[test]
    fn a_short_list_scrolls_row_by_row() {
        assert_eq!(first_row(0.0, 400.0, 44.0, 1_000), 0);
        assert_eq!(first_row(4_400.0, 400.0, 44.0, 1_000), 100);
    }

    #[test]
    fn a_list_too_long_for_a_browser_still_reaches_its_last_row() {
        let total = 1_000_000;
        assert_eq!(first_row(0.0, 440.0, 44.0, total), 0);
        assert_eq!(first_row(MOST_PIXELS - 440.0, 440.0, 44.0, total), total - 10);
    }
}
