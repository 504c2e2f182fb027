//! A user's title book.

use crate::people::login::{form_token, session};
use kaipiao_tests::{TestServer, USER};

#[test]
fn a_book_has_its_limit_and_is_its_owners_alone() {
    let server = TestServer::start();
    let cookie = session(&server, USER);
    let headers = [("cookie", cookie.as_str())];
    let token = form_token(server.page("GET", "/me/titles/new", &headers, "").body());
    let add = |n: usize| {
        let body = format!("form_token={token}&company.title=Company{n}");
        server.page("POST", "/me/titles/new", &headers, &body).status().as_u16()
    };
    for n in 0..97 {
        assert_eq!(add(n), 303);
    }
    assert_eq!(add(97), 409);
    let html = server.page("GET", "/me/titles", &headers, "").body().clone();
    let (_, rest) = html.split_once("/me/titles/0-demo-1").map_or(("", ""), |parts| parts);
    assert!(!rest.is_empty());
    let other = session(&server, "lina");
    let token = form_token(server.page("GET", "/me/titles/new", &[("cookie", &other)], "").body());
    let delete = format!("form_token={token}");
    let answer = server.page("POST", "/me/titles/0-demo-1/delete", &[("cookie", &other)], &delete);
    assert_eq!(answer.status(), 303);
    assert!(server.page("GET", "/me/titles", &headers, "").body().contains("0-demo-1"));
    assert_eq!(server.page("GET", "/me/titles/0-demo-1/steal", &headers, "").status(), 303);
}

/// People tap twice, and have the book open on two devices.
#[test]
fn titles_that_are_added_at_once_do_not_overfill_the_book() {
    let server = TestServer::start();
    let cookie = session(&server, USER);
    let headers = [("cookie", cookie.as_str())];
    let token = form_token(server.page("GET", "/me/titles/new", &headers, "").body());
    let add = |name: &str| {
        let body = format!("form_token={token}&company.title={name}");
        server.page("POST", "/me/titles/new", &headers, &body).status().as_u16()
    };
    let book = || server.all_pages(&format!("users/{USER}/titles?limit=50"), "titles").len();
    // Three are there from the beginning.
    for n in 0..95 {
        assert_eq!(add(&format!("Company{n}")), 303);
    }
    assert_eq!(book(), 98);
    let statuses: Vec<_> = std::thread::scope(|scope| {
        let adding = (0..30).map(|n| scope.spawn(move || add(&format!("AtOnce{n}"))));
        let adding: Vec<_> = adding.collect();
        adding.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 2, "{statuses:?}");
    assert_eq!(book(), 100);
}

#[test]
fn an_edit_beside_a_delete_does_not_bring_the_title_back() {
    let server = TestServer::start();
    let cookie = session(&server, USER);
    let headers = [("cookie", cookie.as_str())];
    let token = form_token(server.page("GET", "/me/titles/new", &headers, "").body());
    for n in 0..20 {
        let body = format!("form_token={token}&company.title=Raced{n}");
        assert_eq!(server.page("POST", "/me/titles/new", &headers, &body).status(), 303);
        let titles = server.all_pages(&format!("users/{USER}/titles?limit=50"), "titles");
        let id = titles.last().unwrap()["id"].as_str().unwrap().to_owned();
        std::thread::scope(|scope| {
            let (edit, delete) = (format!("/me/titles/{id}"), format!("/me/titles/{id}/delete"));
            scope.spawn(|| {
                let body = format!("form_token={token}&company.title=Edited{n}");
                server.page("POST", &{ edit }, &headers, &body);
            });
            scope.spawn(|| {
                let body = format!("form_token={token}");
                assert_eq!(server.page("POST", &{ delete }, &headers, &body).status(), 303);
            });
        });
        let left = server.all_pages(&format!("users/{USER}/titles?limit=50"), "titles");
        let left: Vec<_> = left.iter().map(|title| &title["id"]).collect();
        assert!(!left.contains(&&serde_json::json!(id)), "{left:?}");
    }
}
