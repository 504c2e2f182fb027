//! The reference of error codes that a server shows.

use kaipiao_errcode::ErrorCode;
use kaipiao_tests::TestServer;
use serde_json::Value;

fn in_html(text: &str) -> String {
    let text = text.replace('&', "&#38;").replace('<', "&#60;").replace('>', "&#62;");
    text.replace('"', "&#34;").replace('\'', "&#39;")
}

#[test]
fn every_code_has_a_page_in_both_languages_in_production_too() {
    let production = TestServer::start_with("mode = \"production\"");
    for server in [&TestServer::start(), &production] {
        for lang in ["zh-CN", "en"] {
            let headers = [("accept", "text/html"), ("accept-language", lang)];
            let get = |path: &str| server.page("GET", path, &headers, "");
            let all = get("/errors").body().clone();
            for code in ErrorCode::ALL {
                let (number, guide) = (code.number(), code.guide());
                let page = get(&format!("/errors/{number}"));
                assert_eq!(page.status(), 200, "{number}");
                let texts = [guide.meaning, guide.integrator, guide.operator];
                let texts = texts.map(|text| if lang == "en" { text.en } else { text.zh });
                for text in [code.message()].into_iter().chain(texts) {
                    assert!(page.body().contains(&in_html(text)), "{text}: {}", page.body());
                }
                let headers = [("accept", "application/json"), ("accept-language", lang)];
                let told = server.page("GET", &format!("/errors/{number}"), &headers, "");
                let told: Value = serde_json::from_str(told.body()).unwrap();
                assert_eq!(told["errcode"], number);
                let members = ["meaning", "integrator", "operator"].map(|name| &told[name]);
                assert_eq!(members, texts.map(Value::from).each_ref(), "{number}");
                assert_eq!(told["shown"]["answer"].as_str(), guide.shown.map(|shown| shown.answer));
                if let Some(shown) = guide.shown {
                    assert!(page.body().contains(&in_html(shown.path)), "{}", page.body());
                    assert!(page.body().contains(&in_html(shown.body)), "{}", page.body());
                    assert!(page.body().contains(&in_html(shown.answer)), "{}", page.body());
                }
                assert!(all.contains(&format!("href=\"/errors/{number}\"")), "{number}");
                assert!(all.contains(&in_html(texts[0])), "{number}");
            }
        }
    }
    let home = production.get_raw("/").body().clone();
    assert!(home.contains("href=\"/errors\""), "errmsg's readers are led there");
}

#[test]
fn what_is_no_code_is_said_to_be_none() {
    let server = TestServer::start();
    for none in ["40015", "0x1", "99999999999", "x"] {
        let headers = [("accept", "text/html"), ("accept-language", "en")];
        let page = server.page("GET", &format!("/errors/{none}"), &headers, "");
        assert_eq!(page.status(), 404, "{none}");
        assert!(page.body().contains("There is no such error code"), "{}", page.body());
        let told = server.page("GET", &format!("/errors/{none}"), &[], "");
        assert_eq!(told.status(), 404, "{none}");
        assert_eq!(told.body(), r#"{"error":"this server never answers with this code"}"#);
    }
}
