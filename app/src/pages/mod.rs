//! One file per route.

pub mod audit;
pub mod import;
pub mod import_detail;
pub mod imports;
pub mod mail;
pub mod not_found;
pub mod password;
pub mod people;
pub mod people_admin;
pub mod person;
pub mod setup;
pub mod settings;
pub mod sign_in;
