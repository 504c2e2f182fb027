//! A browser before the pages of payments.

use crate::payment::pay_client::MCHID;
use crate::people::login::jwt;
use kaipiao_tests::{TestServer, form_token};
use serde_json::json;
use ureq::http::Response;

/// A visitor whose browser speaks English; without a cookie nobody is known.
pub struct Visitor<'a> {
    pub server: &'a TestServer,
    /// What a chooser of users or an embedding app has given it.
    pub cookie: String,
}

impl<'a> Visitor<'a> {
    /// A demo user.
    pub fn new(server: &'a TestServer, user: &str) -> Self {
        Self { server, cookie: server.session(user) }
    }

    /// Somebody whom the embedding app has logged in.
    pub fn logged_in(server: &'a TestServer, user: &str) -> Self {
        let login = jwt(&json!({"sub": user, "exp": 4_102_444_800_i64}));
        let entered = server.page("GET", &format!("/login?next=/me/cards&token={login}"), &[], "");
        let cookie = entered.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap();
        Self { server, cookie: cookie.to_owned() }
    }

    /// Somebody whom the chooser of users has not met.
    pub fn nobody(server: &'a TestServer) -> Self {
        Self { server, cookie: String::new() }
    }

    /// GET or POST of a form.
    pub fn call(&self, method: &str, path: &str, body: &str) -> Response<String> {
        let headers = [("cookie", &*self.cookie), ("accept-language", "en")];
        self.server.page(method, path, &headers, body)
    }

    /// A page.
    pub fn get(&self, path: &str) -> Response<String> {
        self.call("GET", path, "")
    }

    /// Presses a page's button that leads to `target`.
    pub fn press(&self, path: &str, target: &str) -> Response<String> {
        let token = form_token(self.get(path).body());
        self.call("POST", target, &format!("form_token={token}"))
    }

    /// Wants a page to have this status and these words.
    pub fn says(&self, path: &str, status: u16, words: &str) {
        let page = self.get(path);
        assert_eq!(page.status(), status, "{path}: {}", page.body());
        assert!(page.body().contains(words), "{words}: {}", page.body());
    }
}

/// Where an answer leads.
pub fn location(answer: &Response<String>) -> &str {
    assert_eq!(answer.status(), 303, "{}", answer.body());
    answer.headers()["location"].to_str().unwrap()
}

/// Where the details of a payment of the demo pay merchant are.
pub fn details(number: &str) -> String {
    format!("/payments/{MCHID}/{number}")
}
