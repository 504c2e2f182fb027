//! The demo's payer: a browser that reads pages and presses their buttons.

use crate::demo::client::Client;
use crate::demo::step::print_step;
use std::time::Instant;
use ureq::http::Response;

/// A user before the sandbox's pages.
pub(super) struct Payer<'a> {
    client: &'a Client,
    cookie: String,
}

impl<'a> Payer<'a> {
    /// The chooser of users gives the browser its cookie.
    pub(super) fn of(client: &'a Client, user: &str) -> Result<Self, String> {
        let form = format!("user={user}&next=/me/cards");
        let answer = client.page("POST", "login", "", &form)?;
        let cookie = answer.headers().get("set-cookie").and_then(|cookie| cookie.to_str().ok());
        let cookie = cookie.and_then(|cookie| cookie.split(';').next());
        let cookie = cookie.ok_or("the chooser of users sets no cookie")?.to_owned();
        Ok(Self { client, cookie })
    }

    /// Reads a page, which must hold these words.
    pub(super) fn reads(&self, what: &str, path: &str, words: &str) -> Result<(), String> {
        let page = self.step(what, "GET", path, "")?;
        let holds = page.body().contains(words);
        holds.then_some(()).ok_or_else(|| format!("{what}: {path} does not say {words}"))
    }

    /// Presses the button of a page's form that leads to `target`: the address that its answer leads to.
    pub(super) fn presses(&self, what: &str, page: &str, target: &str) -> Result<String, String> {
        let shown = self.client.page("GET", page, &self.cookie, "")?;
        let (_, below) = shown
            .body()
            .split_once(&format!("action=\"{target}\""))
            .ok_or_else(|| format!("{what}: {page} has no button that leads to {target}"))?;
        let token = below.split_once("name=\"form_token\" value=\"").map(|(_, rest)| rest);
        let token = token.and_then(|rest| rest.split('"').next()).unwrap_or_default();
        let answer = self.step(what, "POST", target, &format!("form_token={token}"))?;
        location(&answer).ok_or_else(|| format!("{what}: {}", answer.status()))
    }

    fn step(
        &self,
        what: &str,
        method: &str,
        path: &str,
        form: &str,
    ) -> Result<Response<String>, String> {
        let started = Instant::now();
        let answer = self.client.page(method, path, &self.cookie, form);
        let answer = answer.map_err(|why| format!("{what}: {why}"))?;
        let took_ms = started.elapsed().as_secs_f64() * 1000.0;
        let shown = location(&answer).unwrap_or_else(|| title(answer.body()).to_owned());
        print_step(what, took_ms, &format!("{method} {path}"), &shown);
        Ok(answer)
    }
}

fn location(answer: &Response<String>) -> Option<String> {
    let location = answer.headers().get("location")?.to_str().ok()?;
    Some(location.to_owned())
}

fn title(page: &str) -> &str {
    let title = page.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    title.map_or("a page without a title", |(title, _)| title)
}
