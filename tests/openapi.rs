//! `/openapi.json`: it holds what is served, and nothing else.

use kaipiao_errcode::ErrorCode;
use kaipiao_http::{Api, JSON_PAGES, ROUTES};
use kaipiao_tests::TestServer;
use kaipiao_wire::delivery::read_push::members;
use serde_json::Value;
use std::collections::BTreeSet;

/// Methods and paths of a document.
fn operations(document: &Value) -> BTreeSet<String> {
    let paths = document["paths"].as_object().unwrap().iter();
    let all = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().keys();
        methods.map(move |method| format!("{} {path}", method.to_ascii_uppercase()))
    });
    all.collect()
}

/// Those of the routes of these parts of the API, and of the pages that programs get as JSON.
fn routes(served: &[Api]) -> BTreeSet<String> {
    let own = ROUTES.iter().filter(|route| served.contains(&route.api()));
    let all = own.flat_map(|route| {
        route.methods.split(' ').map(move |method| format!("{method} {}", route.path))
    });
    all.chain(JSON_PAGES.iter().map(|page| format!("GET {}", page.path))).collect()
}

#[test]
fn every_json_route_is_in_the_document_and_nothing_else() {
    let production =
        |settings: &str| TestServer::start_with(&format!("mode = \"production\"\n{settings}"));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "0123456789abcdef0123456789abcdef").unwrap();
    let token = format!("admin_token_file = {:?}", file.path().to_str().unwrap());
    for (server, served) in [
        // WeChat Pay's calls speak XML.
        (TestServer::start(), &[Api::Merchant, Api::Admin, Api::Sandbox][..]),
        (production(""), &[Api::Merchant]),
        (production(&token), &[Api::Merchant, Api::Admin]),
    ] {
        let document = server.get_json("/openapi.json");
        assert_eq!(operations(&document), routes(served), "{served:?}");
        assert_eq!(document["servers"][0]["url"], server.base);
        for route in ROUTES.iter().filter(|route| served.contains(&route.api())) {
            let said = &document["paths"][route.path];
            let methods: Vec<_> =
                route.methods.split(' ').map(|method| &said[method.to_ascii_lowercase()]).collect();
            // A call of the merchant API does the same by either method.
            let are_alike = methods.len() == 1 || route.api() == Api::Merchant;
            for (name, what) in [("summary", route.what), ("x-summary-zh", route.what_zh)] {
                let says: BTreeSet<_> =
                    methods.iter().filter_map(|method| method[name].as_str()).collect();
                match are_alike {
                    true => assert_eq!(says, BTreeSet::from([what]), "{}", route.path),
                    false => assert_eq!(says.len(), methods.len(), "{}: {says:?}", route.path),
                }
            }
        }
        for page in JSON_PAGES {
            let operation = &document["paths"][page.path]["get"];
            assert_eq!(operation["summary"], page.what, "{}", page.path);
            assert_eq!(operation["x-summary-zh"], page.what_zh, "{}", page.path);
        }
    }
}

#[test]
fn pages_that_answer_programs_are_those_of_the_document() {
    let server = TestServer::start();
    let refused = server.get_json("/cgi-bin/ticket/getticket?type=wx_card");
    let errmsg = refused["errmsg"].as_str().unwrap();
    let rid = errmsg.rsplit(' ').next().unwrap();
    for page in JSON_PAGES {
        let path = page.path.replace("{code}", "40001").replace("{rid}", rid);
        let served = server.page("GET", &path, &[], "");
        assert_eq!(served.status(), 200, "{path}");
        let told: Value = serde_json::from_str(served.body()).unwrap();
        assert!(told.is_object(), "{path}: {told}");
        let browser = [("accept", "text/html,*/*")];
        assert!(server.page("GET", &path, &browser, "").body().contains("<!doctype html>"));
    }
    assert_eq!(server.page("GET", "/errors/40015", &[], "").status(), 404);
}

#[test]
fn every_operation_has_a_name_of_its_own_and_every_reference_leads_somewhere() {
    let document = TestServer::start().get_json("/openapi.json");
    let mut names = BTreeSet::new();
    for methods in document["paths"].as_object().unwrap().values() {
        for operation in methods.as_object().unwrap().values() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{name} stands twice");
        }
    }
    let text = document.to_string();
    let references: BTreeSet<_> =
        text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    for reference in references {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
}

#[test]
fn every_code_of_the_catalogue_is_some_calls() {
    let document = TestServer::start().get_json("/openapi.json");
    let operations = document["paths"].as_object().unwrap().values();
    let operations = operations.flat_map(|methods| methods.as_object().unwrap().values());
    let codes = operations.flat_map(|operation| operation["x-errcodes"].as_array());
    let named: BTreeSet<_> = codes.flatten().map(|code| code.as_i64().unwrap()).collect();
    // Success, answers to paths and methods that there are not, and what only a planned fault answers.
    let of_no_call = [0, 40014, 40066, 43001];
    let all = ErrorCode::ALL.iter().map(|code| i64::from(code.number()));
    let all: BTreeSet<_> = all.filter(|code| !of_no_call.contains(code)).collect();
    assert_eq!(named, all);
}

#[test]
fn whoever_has_the_document_is_told_so() {
    let server = TestServer::start();
    let (status, headers, bytes) = server.bytes("GET", "/openapi.json", &[]);
    assert_eq!(
        (status, headers["content-type"].to_str().unwrap()),
        (200, "application/json; charset=utf-8")
    );
    let tag = headers["etag"].to_str().unwrap();
    let (status, headers, none) = server.bytes("GET", "/openapi.json", &[("if-none-match", tag)]);
    assert_eq!((status, headers["etag"].to_str().unwrap(), none.len()), (304, tag, 0));
    let other = server.bytes("GET", "/openapi.json", &[("if-none-match", "\"other\"")]);
    assert_eq!((other.0, other.2), (200, bytes));
}

#[test]
fn the_methods_of_a_path_say_what_each_is_for() {
    let document = TestServer::start().get_json("/openapi.json");
    let said = &document["paths"]["/admin/v1/console-users/{name}"];
    assert_eq!(said["delete"]["summary"], "remove a user of the console");
    assert_eq!(said["put"]["x-summary-zh"], "添加或修改控制台用户");
    assert_eq!(document["paths"]["/sandbox/v1/clock"]["get"]["summary"], "what the clock shows");
}

#[test]
fn the_docs_show_every_operation_in_both_languages_in_production_too() {
    let production = TestServer::start_with("mode = \"production\"");
    for server in [&TestServer::start(), &production] {
        let document = server.get_json("/openapi.json");
        for lang in ["zh-CN", "en"] {
            let page = server.page("GET", "/docs", &[("accept-language", lang)], "");
            assert_eq!(page.status(), 200);
            let html = page.body();
            let prose = html
                .split("<pre>")
                .map(|part| part.split_once("</pre>").map_or(part, |(_, prose)| prose));
            assert!(
                prose.into_iter().all(|prose| !prose.contains('`')),
                "Markdown as it is written"
            );
            for (path, methods) in document["paths"].as_object().unwrap() {
                for operation in methods.as_object().unwrap().values() {
                    let id = operation["operationId"].as_str().unwrap();
                    assert!(html.contains(&format!("id=\"{id}\"")), "{id}");
                    let summary = if lang == "en" { "summary" } else { "x-summary-zh" };
                    let summary = operation[summary].as_str().unwrap();
                    let summary = summary.replace('&', "&#38;").replace('\'', "&#39;");
                    assert!(html.contains(path) && html.contains(&summary), "{path}: {summary}");
                }
            }
        }
    }
    let home = production.get_raw("/").body().clone();
    assert!(home.contains("href=\"/docs\"") && home.contains("href=\"/openapi.json\""), "{home}");
}

#[test]
fn the_contracts_pushes_are_in_the_document_element_by_element() {
    let document = TestServer::start().get_json("/openapi.json");
    for (event, sample) in [
        ("user_authorize_invoice", include_str!("../spec/s06_auth_push/authorized.xml")),
        ("cloud_invoice_invoiceresult_event", include_str!("../spec/s19_result_push/issued.xml")),
    ] {
        let push = &document["webhooks"][event]["post"];
        let schema = &push["requestBody"]["content"]["text/xml"]["schema"];
        let told: BTreeSet<_> = schema["properties"].as_object().unwrap().keys().cloned().collect();
        let sent: BTreeSet<_> =
            members(sample).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(told, sent, "{event}");
        assert_eq!(schema["properties"]["Event"]["const"], event);
    }
}
