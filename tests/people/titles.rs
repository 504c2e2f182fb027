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
