//! The API's reference, for whoever writes a program against it: what `/openapi.json` says, to be read.

use crate::docs_curl::curl;
use crate::docs_schema::{Row, resolved, rows};
use crate::home::Ready;
use crate::lang::Lang;
use crate::page::{Frame, html};
use askama::Template;
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use serde_json::Value;
use std::sync::{Arc, OnceLock};

/// The page.
pub(crate) const DOCS_PATH: &str = "/docs";

#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage<'a> {
    frame: &'a Frame,
    about: Vec<&'a str>,
    sections: Vec<Section<'a>>,
}

/// The calls of a tag.
struct Section<'a> {
    name: &'a str,
    what: &'a str,
    operations: Vec<Operation<'a>>,
}

struct Operation<'a> {
    id: &'a str,
    method: String,
    path: &'a str,
    what: &'a str,
    description: &'a str,
    parameters: Vec<Row>,
    body: Vec<Row>,
    answers: Vec<Answer<'a>>,
    errcodes: Vec<i64>,
    examples: Vec<(String, String)>,
    curl: String,
}

struct Answer<'a> {
    status: &'a str,
    what: &'a str,
    rows: Vec<Row>,
}

/// The document, written when it is first looked at.
pub type Document = dyn AsRef<Value> + Send + Sync;

/// `GET /docs`, rendered in each language when it is first asked for.
pub(crate) fn docs_route(document: Arc<Document>) -> Router {
    let rendered = Arc::new((OnceLock::new(), OnceLock::new()));
    let show = move |headers: HeaderMap| async move {
        let lang = Lang::of(&headers);
        let (zh, en) = &*rendered;
        let page = match lang {
            Lang::Zh => zh,
            Lang::En => en,
        };
        let page = page.get_or_init(|| render((*document).as_ref(), lang));
        html(StatusCode::OK, &Ready(page))
    };
    Router::new().route(DOCS_PATH, get(show))
}

fn render(document: &Value, lang: Lang) -> String {
    let frame = Frame { here: DOCS_PATH.to_owned(), ..Frame::of_nobody(lang) };
    let about = document["info"]["description"].as_str().unwrap_or_default().split("\n\n");
    let page =
        DocsPage { frame: &frame, about: about.collect(), sections: sections(document, lang) };
    page.render().expect("the reference has no part that can fail")
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// The sections that have a call, in the document's order.
fn sections(document: &Value, lang: Lang) -> Vec<Section<'_>> {
    let tags = document["tags"].as_array().into_iter().flatten();
    let sections = tags.map(|tag| {
        let name = text(tag, "name");
        let what = lang.t(text(tag, "x-description-zh"), text(tag, "description"));
        Section { name, what, operations: operations(document, name, lang) }
    });
    sections.filter(|section| !section.operations.is_empty()).collect()
}

fn operations<'a>(document: &'a Value, tag: &str, lang: Lang) -> Vec<Operation<'a>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let all = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    });
    let own = all.filter(|(.., operation)| operation["tags"][0] == tag);
    own.map(|(path, method, said)| operation(document, (path, method), said, lang)).collect()
}

fn operation<'a>(
    document: &'a Value,
    (path, method): (&'a str, &'a str),
    said: &'a Value,
    lang: Lang,
) -> Operation<'a> {
    let contents = said["requestBody"]["content"].as_object().into_iter().flatten();
    let bodies: Vec<_> = contents.collect();
    let codes = said["x-errcodes"].as_array().into_iter().flatten();
    Operation {
        id: text(said, "operationId"),
        method: method.to_ascii_uppercase(),
        path,
        what: lang.t(text(said, "x-summary-zh"), text(said, "summary")),
        description: text(said, "description"),
        parameters: parameters(said),
        body: bodies.iter().flat_map(|(_, body)| rows(document, &body["schema"])).collect(),
        answers: answers(document, said),
        errcodes: codes.filter_map(Value::as_i64).collect(),
        examples: examples(said),
        curl: curl(document, (path, method), said),
    }
}

fn parameters(said: &Value) -> Vec<Row> {
    let all = said["parameters"].as_array().into_iter().flatten();
    all.map(Row::of_parameter).collect()
}

/// Each status with its members; of the merchant API's calls those of the success, whose refusals are all alike.
fn answers<'a>(document: &'a Value, said: &'a Value) -> Vec<Answer<'a>> {
    let all = said["responses"].as_object().into_iter().flatten();
    let answers = all.map(|(status, response)| {
        let schema = &response["content"]["application/json"]["schema"];
        let schema = match said.get("x-errcodes") {
            Some(_) => &schema["oneOf"][0],
            None => schema,
        };
        let what = text(resolved(document, response), "description");
        Answer { status, what, rows: rows(document, schema) }
    });
    answers.collect()
}

/// The examples of the body and of the answers, each with its name.
fn examples(said: &Value) -> Vec<(String, String)> {
    let answers = said["responses"].as_object().into_iter().flatten();
    let places = [("→", &said["requestBody"])].into_iter();
    let places = places.chain(answers.map(|(_, response)| ("←", response)));
    let all = places.flat_map(|(arrow, place)| {
        let examples = place["content"]["application/json"]["examples"].as_object();
        examples.into_iter().flatten().map(move |(name, example)| {
            (format!("{arrow} {name}"), format!("{:#}", example["value"]))
        })
    });
    all.collect()
}
