//! The same site while its database fails in the middle of what it does: people are told that it does not work now, and
//! nobody is told why (T70).

use super::crawl::routes;
use super::eye::Eye;
use super::town::{Role, Town};
use super::{ENDS, calls};
use axum::http::StatusCode;
use sqlx::{Connection, SqliteConnection};

/// What the door itself reads; while these work, requests come as far as what they ask for.
const OF_THE_DOOR: &[&str] = &["session", "account", "settings", "second_factor"];

/// Takes tables away from under the running site.
async fn break_tables(town: &Town, broken: impl Fn(&str) -> bool) -> usize {
    let url = format!("sqlite://{}", town.site.database().display());
    let mut database = SqliteConnection::connect(&url).await.expect("opened");
    sqlx::query("PRAGMA foreign_keys = OFF").execute(&mut database).await.expect("set");
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%sqlite%' AND name NOT LIKE '%sqlx%'";
    let tables: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut database).await.expect("read");
    let broken: Vec<&String> = tables.iter().filter(|name| broken(name)).collect();
    for name in &broken {
        let drop = format!("DROP TABLE \"{name}\"");
        sqlx::query(sqlx::AssertSqlSafe(drop)).execute(&mut database).await.expect("dropped");
    }
    database.close().await.expect("closed");
    broken.len()
}

/// Asks for everything there is, as everybody.
async fn ask_for_everything(town: &Town, eye: &mut Eye) {
    let (import, wave) = (town.import.to_string(), town.wave.to_string());
    let numbers = calls::with_numbers(&import, &wave);
    let words = ["zq1", import.as_str(), wave.as_str()].into_iter().flat_map(calls::with_text);
    for call in words.chain(numbers).filter(|call| call.path != ENDS) {
        for role in [Role::Administrator, Role::Member, Role::Nobody] {
            let answer = town.post(role, call.path, call.form, call.body.clone()).await;
            eye.look(&format!("{role:?} {}", call.path), &answer, false);
        }
    }
    let downloads =
        ["/admin/audit/export.csv", "/admin/imports/:id/failed.csv", "/readyz"].map(str::to_owned);
    for route in routes().into_iter().chain(downloads) {
        let id = if route.starts_with("/admin/imports") { &import } else { &wave };
        let path = route.replace(":username", "zq1").replace(":id", id);
        for role in Role::ALL {
            let answer = town.open(role, &path).await;
            eye.look(&format!("{role:?} {path}"), &answer, false);
        }
    }
    for form in ["form=slips&matching=1", "form=csv&accounts=x"] {
        let answer = town.post(Role::Administrator, "/admin/sheet", true, form.as_bytes().to_vec()).await;
        eye.look("/admin/sheet", &answer, false);
    }
}

#[tokio::test]
async fn a_database_that_fails_behind_the_door_is_not_described() {
    let town = Town::new().await;
    let broken = break_tables(&town, |name| !OF_THE_DOOR.contains(&name)).await;
    assert!(broken > 10, "{broken}");
    let mut eye = Eye::of_a_failing_site();
    ask_for_everything(&town, &mut eye).await;
    let told = town.open(Role::Member, "/admin/people").await;
    assert_eq!(told.status, StatusCode::FORBIDDEN, "the door itself works");
    assert!(eye.unavailable() > 100, "{} of {}", eye.unavailable(), eye.looked());
    eye.closes();
}

#[tokio::test]
async fn a_database_that_fails_at_the_door_is_not_described() {
    let town = Town::new().await;
    assert_eq!(break_tables(&town, |name| OF_THE_DOOR.contains(&name)).await, OF_THE_DOOR.len());
    let mut eye = Eye::of_a_failing_site();
    ask_for_everything(&town, &mut eye).await;
    assert!(eye.unavailable() > 300, "{} of {}", eye.unavailable(), eye.looked());
    eye.closes();
}
