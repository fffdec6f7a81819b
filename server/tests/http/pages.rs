//! Pages as they leave the server: to the end, whatever they wait for and whichever thread finishes them.

use crate::site::Site;
use directory::handover::HandOver;
use directory::people::Actor;
use directory::waves::NewWave;
use std::sync::Arc;
use std::time::Duration;

const HERE: &str = "http://people.example.org";

/// One thread is another order of events than several: what is woken by whom differs.
#[tokio::test]
async fn they_arrive_whole_from_one_thread() {
    pages_arrive_whole().await;
}

/// What a page makes for the browser alone must not be made on the server: it would be dropped by whichever thread sends
/// the end of the answer, and take the answer with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn they_arrive_whole_whatever_thread_ends_them() {
    pages_arrive_whole().await;
}

/// Pages of each kind, also those that load something within what was loaded.
async fn pages_arrive_whole() {
    let site = Site::at(HERE).await;
    let petra = site.administrator("petra", "Petra").await;
    site.world.import(&["anna", "bert"], false).await;
    let directory = &site.world.directory;
    let import = directory.imports(1).await.expect("read").items[0].id;
    let anna = directory.account_by_username("anna").await.expect("read").expect("there").id;
    let plan = NewWave {
        name: "autumn".to_owned(),
        chosen: "two".to_owned(),
        hand_over: HandOver::Link,
        begins_at: None,
        per_hour: None,
    };
    let wave = directory.plan_wave(&Actor::system(), plan, &[anna]).await.expect("planned");
    let pages = [
        "/people".to_owned(),
        "/people/anna".to_owned(),
        "/me".to_owned(),
        "/admin/people".to_owned(),
        "/admin/waves".to_owned(),
        "/admin/settings".to_owned(),
        format!("/admin/imports/{import}"),
        format!("/admin/waves/{wave}"),
    ];
    for _ in 0..25 {
        for page in &pages {
            let answer = tokio::time::timeout(Duration::from_secs(20), site.open(page, Some(&petra))).await;
            let body = answer.unwrap_or_else(|_| panic!("{page} does not end")).body;
            // What the stream of a page ends with, after everything that it waited for.
            assert!(body.ends_with("__INCOMPLETE_CHUNKS=[];</script>"), "{page}: {body}");
        }
    }
}

/// Many readers at the same time, on several threads, as on a busy day.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn they_arrive_whole_for_many_at_once() {
    let site = Arc::new(Site::at(HERE).await);
    let petra = site.administrator("petra", "Petra").await;
    site.world.import(&["anna", "bert"], false).await;
    let readers = (0..8).map(|reader| {
        let (site, petra) = (site.clone(), petra.clone());
        tokio::spawn(async move {
            for time in 0..40 {
                let page =
                    ["/people", "/me", "/people/anna", "/admin/people", "/admin/settings", "/admin/audit"]
                        [(reader + time) % 6];
                let answer =
                    tokio::time::timeout(Duration::from_secs(20), site.open(page, Some(&petra))).await;
                let body = answer.unwrap_or_else(|_| panic!("{page} does not end")).body;
                assert!(body.ends_with("__INCOMPLETE_CHUNKS=[];</script>"), "{page}: {body}");
            }
        })
    });
    let readers: Vec<_> = readers.collect();
    for reader in readers {
        reader.await.expect("every page arrives");
    }
}
