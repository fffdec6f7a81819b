//! One page of a longer list.

use serde::{Deserialize, Serialize};

/// The largest page that is ever answered.
pub const MAX_PAGE_SIZE: u32 = 500;

/// Which page: numbered from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PageRequest {
    /// The page, from 1; 0 is taken as 1.
    pub page: u32,
    /// Items on a page, 1 to [`MAX_PAGE_SIZE`]; other values are moved into that range.
    pub page_size: u32,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { page: 1, page_size: 50 }
    }
}

impl PageRequest {
    /// A request within the limits.
    pub(crate) fn within_limits(self) -> Self {
        Self { page: self.page.max(1), page_size: self.page_size.clamp(1, MAX_PAGE_SIZE) }
    }

    /// A page of the usual size.
    pub(crate) fn number(page: u32) -> Self {
        Self { page, ..Self::default() }.within_limits()
    }

    pub(crate) fn limit(self) -> i64 {
        i64::from(self.page_size)
    }

    pub(crate) fn offset(self) -> i64 {
        i64::from(self.page - 1) * i64::from(self.page_size)
    }
}

/// One page and how many items there are in all.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// Items on all pages together.
    pub total: u64,
    /// This page, from 1.
    pub page: u32,
    /// Items asked for.
    pub page_size: u32,
}

impl<T> Page<T> {
    pub(crate) fn of((items, total): (Vec<T>, u64), request: PageRequest) -> Self {
        Self { items, total, page: request.page, page_size: request.page_size }
    }
}
