//! Small, accessible pieces that every page is made of; no rules of their own.
//!
//! Their classes are explained at the top of each file in `style/components`.

pub mod dialog;
pub mod empty;
pub mod field;
pub mod funnel;
pub mod gate;
pub mod icon;
pub mod layout;
pub mod load;
pub mod logo;
#[cfg(feature = "admin")]
pub mod mail_banner;
pub mod nav;
pub mod new_password;
pub mod notice;
pub mod number;
pub mod page_head;
pub mod pagination;
pub mod poll;
pub mod post_form;
pub mod progress;
#[cfg(feature = "admin")]
pub mod proof;
pub mod skeleton;
pub mod time;
pub mod toast;
pub mod verdict;
