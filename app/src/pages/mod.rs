//! One file per route.

#[cfg(feature = "admin-pages")]
pub mod audit;
pub mod forgotten;
#[cfg(feature = "import-page")]
pub mod import;
#[cfg(feature = "admin-pages")]
pub mod import_detail;
#[cfg(feature = "admin-pages")]
pub mod imports;
#[cfg(feature = "admin-pages")]
pub mod mail;
pub mod not_found;
pub mod password;
pub mod people;
#[cfg(feature = "admin-pages")]
pub mod people_admin;
pub mod person;
#[cfg(feature = "admin-pages")]
pub mod settings;
pub mod setup;
pub mod sign_in;
