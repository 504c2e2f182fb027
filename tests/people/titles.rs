//! A user's title book.

use kaipiao_tests::form_token;
use kaipiao_tests::{TestServer, USER};

/// A user's book, as its owner's browser has it open.
struct Book<'a> {
    server: &'a TestServer,
    cookie: String,
    form_token: String,
}

impl<'a> Book<'a> {
    fn open(server: &'a TestServer, user: &str) -> Self {
        let cookie = server.session(user);
        let page = server.page("GET", "/me/titles/new", &[("cookie", &cookie)], "");
        let form_token = form_token(page.body()).to_owned();
        Self { server, cookie, form_token }
    }

    fn get(&self, path: &str) -> ureq::http::Response<String> {
        self.server.page("GET", path, &[("cookie", &self.cookie)], "")
    }

    /// Sends a form: the status.
    fn post(&self, path: &str, fields: &str) -> u16 {
        let body = format!("form_token={}{fields}", self.form_token);
        self.server.page("POST", path, &[("cookie", &self.cookie)], &body).status().as_u16()
    }

    fn add(&self, name: &str) -> u16 {
        self.post("/me/titles/new", &format!("&company.title={name}"))
    }

    /// The ids of its titles.
    fn ids(&self) -> Vec<String> {
        let titles = self.server.all_pages(&format!("users/{USER}/titles?limit=50"), "titles");
        titles.iter().map(|title| title["id"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn a_book_has_its_limit_and_is_its_owners_alone() {
    let server = TestServer::start();
    let book = Book::open(&server, USER);
    for n in 0..97 {
        assert_eq!(book.add(&format!("Company{n}")), 303);
    }
    assert_eq!(book.add("Company97"), 409);
    let html = book.get("/me/titles").body().clone();
    let (_, rest) = html.split_once("/me/titles/0-demo-1").map_or(("", ""), |parts| parts);
    assert!(!rest.is_empty());
    let other = Book::open(&server, "lina");
    assert_eq!(other.post("/me/titles/0-demo-1/delete", ""), 303);
    assert!(book.get("/me/titles").body().contains("0-demo-1"));
    assert_eq!(book.get("/me/titles/0-demo-1/steal").status(), 303);
}

/// People tap twice, and have the book open on two devices.
#[test]
fn titles_that_are_added_at_once_do_not_overfill_the_book() {
    let server = TestServer::start();
    let book = Book::open(&server, USER);
    // Three are there from the beginning.
    for n in 0..95 {
        assert_eq!(book.add(&format!("Company{n}")), 303);
    }
    assert_eq!(book.ids().len(), 98);
    let statuses: Vec<_> = std::thread::scope(|scope| {
        let book = &book;
        let adding = (0..30).map(|n| scope.spawn(move || book.add(&format!("AtOnce{n}"))));
        let adding: Vec<_> = adding.collect();
        adding.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 2, "{statuses:?}");
    assert_eq!(book.ids().len(), 100);
}

#[test]
fn an_edit_beside_a_delete_does_not_bring_the_title_back() {
    let server = TestServer::start();
    let book = Book::open(&server, USER);
    for n in 0..20 {
        assert_eq!(book.add(&format!("Raced{n}")), 303);
        let id = book.ids().pop().unwrap();
        std::thread::scope(|scope| {
            let edited = format!("&company.title=Edited{n}");
            let (book, id) = (&book, &id);
            scope.spawn(move || book.post(&format!("/me/titles/{id}"), &edited));
            scope.spawn(move || assert_eq!(book.post(&format!("/me/titles/{id}/delete"), ""), 303));
        });
        assert!(!book.ids().contains(&id));
    }
}
