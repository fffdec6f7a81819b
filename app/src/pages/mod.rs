//! One file per route.

#[cfg(feature = "admin")]
pub mod audit;
#[cfg(feature = "admin")]
pub mod import;
#[cfg(feature = "admin")]
pub mod import_detail;
#[cfg(feature = "admin")]
pub mod imports;
#[cfg(feature = "admin")]
pub mod mail;
pub mod not_found;
pub mod password;
pub mod people;
#[cfg(feature = "admin")]
pub mod people_admin;
pub mod person;
#[cfg(feature = "admin")]
pub mod settings;
pub mod setup;
pub mod sign_in;
