//! Titles that accounts offer, ask for and scan (wire_facts 1.3).

use kaipiao_domain::people::title_link::TITLE_CODE_LIFE;
use kaipiao_tests::{
    Client, MERCHANT, MINI_PROGRAM, Receiver, TestServer, USER, assert_ok, assert_refused, element,
    form_token, scanned,
};
use serde_json::{Value, json};

const OFFER: &str = "/card/invoice/biz/getusertitleurl";
const ASK: &str = "/card/invoice/biz/getselecttitleurl";
const SCAN: &str = "/card/invoice/scantitle";

/// A user before a page of this server.
struct Visitor<'a> {
    server: &'a TestServer,
    cookie: String,
}

impl<'a> Visitor<'a> {
    fn new(server: &'a TestServer, user: &str) -> Self {
        Self { server, cookie: server.session(user) }
    }

    fn get(&self, path: &str) -> (u16, String) {
        let headers = [("cookie", &*self.cookie), ("accept-language", "en")];
        let page = self.server.page("GET", path, &headers, "");
        (page.status().as_u16(), page.into_body())
    }

    /// Sends the page's form with these fields: the status, and where it leads.
    fn post(&self, path: &str, fields: &str) -> (u16, String) {
        let token = form_token(&self.get(path).1);
        let headers = [("cookie", &*self.cookie), ("accept-language", "en")];
        let body = format!("form_token={token}{fields}");
        let page = self.server.page("POST", path, &headers, &body);
        let location = page.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        (page.status().as_u16(), location.unwrap_or_else(|| page.body().clone()))
    }

    /// The text of the QR code that a title's page shows, as a camera reads it.
    fn code(&self, title: &str) -> String {
        let (status, html) = self.get(&format!("/me/titles/{title}/code"));
        assert_eq!(status, 200, "{html}");
        scanned(&html)
    }
}

fn url(client: &Client<'_>, call: &str, body: &Value) -> String {
    let answer = client.post(call, body);
    assert_ok(&answer);
    answer["url"].as_str().unwrap().to_owned()
}

fn book(server: &TestServer, user: &str) -> Vec<Value> {
    server.all_pages(&format!("users/{user}/titles?limit=50"), "titles")
}

#[test]
fn an_offered_title_is_saved_once_and_its_link_ends() {
    let server = TestServer::start_with("[authorization]\nlink_life_s = 3600\n");
    let merchant = server.client(MERCHANT);
    let offered = json!({
        "title": "星期一科技", "phone": "0755-1234567", "tax_no": "91440300MA5KP0009X", "addr": "深圳",
        "bank_type": "示例银行", "bank_no": "6200", "user_fill": 0, "out_title_id": "K7",
    });
    let link = url(&merchant, OFFER, &offered);
    assert!(link.contains("/intp/invoice/usertitle?action=list_auth&biz_title_key="), "{link}");
    let path = server.path_of(&link);
    assert_eq!(server.page("GET", &path, &[], "").status(), 303);
    let lina = Visitor::new(&server, "lina");
    let before = book(&server, "lina").len();
    let (status, html) = lina.get(&path);
    assert!(status == 200 && html.contains("星期一科技") && html.contains("K7"), "{html}");
    assert!(!html.contains("name=\"company."), "nothing is left to fill: {html}");
    for _ in 0..2 {
        let (status, to) = lina.post(&path, "&company.title=other");
        assert_eq!((status, &*to), (303, &*format!("{path}&done=1")));
        assert!(lina.get(&to).1.contains("The title is saved"));
    }
    let after = book(&server, "lina");
    assert_eq!(after.len(), before + 1);
    let saved = &after[before]["biz_field"];
    for name in ["title", "phone", "tax_no", "addr", "bank_type", "bank_no"] {
        assert_eq!(saved[name], offered[name], "{name}");
    }
    server.advance_s(3601);
    assert_eq!(lina.get(&path).0, 410);
    let forged = path.replacen("biz_title_key=", "biz_title_key=A", 1);
    assert_eq!(lina.get(&forged).0, 404);
}

#[test]
fn a_user_fills_what_the_account_leaves_open() {
    let server = TestServer::start();
    let merchant = server.client(MERCHANT);
    // As wechatpy sends it: only what is given; as PHP users do: the rest as empty texts.
    for body in [
        json!({"user_fill": 1, "phone": "0755-1"}),
        json!({"user_fill": "1", "phone": "0755-1", "title": "", "out_title_id": ""}),
    ] {
        let path = server.path_of(&url(&merchant, OFFER, &body));
        let lina = Visitor::new(&server, "lina");
        let (status, html) = lina.post(&path, "");
        assert!(status == 422 && html.contains("Please fill in: Company name"), "{html}");
        let name = format!("填写{}", body["user_fill"]).replace('"', "s");
        let typed =
            format!("&company.title={name}&company.tax_no=91440300MA5KP0009X&company.phone=9");
        assert_eq!(lina.post(&path, &typed).0, 303);
        let saved = book(&server, "lina").pop().unwrap()["biz_field"].clone();
        assert_eq!(saved["title"], json!(name));
        assert_eq!(saved["phone"], "0755-1", "what is given cannot be typed over");
    }
}

#[test]
fn what_is_wrong_with_a_title_is_named() {
    let server = TestServer::start();
    let merchant = server.client(MERCHANT);
    for (body, words) in [
        (json!({}), "title is empty"),
        (json!({"title": "x", "phone": "+86 755"}), "phone holds digits and - only"),
        (json!({"title": "x", "tax_no": "123"}), "tax_no has 15 to 20"),
        (json!({"title": "x".repeat(101)}), "title has 101 characters, at most 100"),
        (json!({"title": "x", "user_fill": "maybe"}), "user_fill"),
        (json!({"title": {}}), "title"),
    ] {
        assert_refused(&merchant.post(OFFER, &body), 72031, words);
    }
    let long = json!({"attach": "x".repeat(101)});
    assert_refused(&merchant.post(ASK, &long), 72031, "attach has 101 characters");
    let long = json!({"biz_name": "x".repeat(33)});
    assert_refused(&merchant.post(ASK, &long), 72031, "biz_name has 33 characters");
    let platform = server.client(kaipiao_tests::PLATFORM);
    assert_refused(&platform.post(OFFER, &json!({"title": "x"})), 48001, "merchant_api");
}

#[test]
fn a_picked_title_is_pushed_to_whoever_asked() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    server.set_callback(MERCHANT, &receiver, "safe");
    let link =
        url(&server.client(MERCHANT), ASK, &json!({"attach": "桌7<&]]>", "biz_name": "面馆"}));
    assert!(link.contains("?action=select_title&select_title_key="), "{link}");
    let path = server.path_of(&link);
    let visitor = Visitor::new(&server, USER);
    let (status, html) = visitor.get(&path);
    assert!(status == 200 && html.contains("面馆") && html.contains("0-demo-1"), "{html}");
    let picked = book(&server, USER)[1].clone();
    let id = picked["id"].as_str().unwrap();
    assert_eq!(visitor.post(&path, "&title=nobodys").0, 200);
    let (status, to) = visitor.post(&path, &format!("&title={id}"));
    assert_eq!(status, 303);
    assert!(visitor.get(&to).1.contains("Your title has been sent"));

    let push = receiver.next();
    let openid = server.openid(USER, MERCHANT);
    assert_eq!(push.query["openid"], openid);
    let xml = push.event(MERCHANT);
    let (side, kind) = match picked["biz_field"].is_object() {
        true => ("biz_field", "InvoiceUserTitleBusinessType"),
        false => ("user_field", "InvoiceUserTitlePersonType"),
    };
    let of = |name: &str| element(&xml, name).unwrap_or_else(|| panic!("no {name}: {xml}"));
    assert_eq!((of("FromUserName"), of("MsgType")), (openid, "event".to_owned()));
    assert_eq!((of("Event"), of("title_type")), ("submit_invoice_title".to_owned(), kind.into()));
    for name in ["title", "phone", "tax_no", "addr", "bank_type", "bank_no"] {
        assert_eq!(of(name), picked[side][name].as_str().unwrap_or(""), "{name}");
    }
    assert!(xml.contains("<attach><![CDATA[桌7<&]]]]><![CDATA[>]]></attach>"), "{xml}");
    server.all_completed();
    let listed = server.pushes(&format!("appid={MERCHANT}"));
    assert_eq!((&listed[0]["event"], &listed[0]["order_id"]), (&of("Event").into(), &json!("")));
    // A reload, or the way back, tells nobody twice; the link serves others, and at any time.
    visitor.get(&to);
    server.advance_s(400 * 86_400);
    let visitor = Visitor::new(&server, "lina");
    assert_eq!(visitor.get(&path).0, 200);
    assert_eq!(receiver.received().len(), 1);
    // An app's users are told to the merchant, as long as it has no callback of its own; without a name
    // the account's stands there.
    let link = url(&server.client(MINI_PROGRAM), ASK, &json!({}));
    let path = server.path_of(&link);
    let visitor = Visitor::new(&server, USER);
    assert_eq!(visitor.post(&path, &format!("&title={id}")).0, 303);
    let xml = receiver.next().event(MERCHANT);
    assert_eq!(element(&xml, "attach").as_deref(), Some(""));
}

#[test]
fn a_title_page_says_who_asks_beside_what_they_call_themselves() {
    let server = TestServer::start();
    let merchant = server.client(MERCHANT);
    let visitor = Visitor::new(&server, USER);
    let listed = server.get_json("/sandbox/v1/accounts")["accounts"].clone();
    let of_merchant = listed.as_array().unwrap().iter().find(|it| it["appid"] == MERCHANT);
    let account = of_merchant.unwrap()["name"].as_str().unwrap();
    let shown = |body: &Value| {
        let path = server.path_of(&url(&merchant, ASK, body));
        let (status, html) = visitor.get(&path);
        assert_eq!(status, 200, "{html}");
        (path, html)
    };
    let (path, html) = shown(&json!({"biz_name": "国家税务总局"}));
    let (own, given) = (html.find(account), html.find("The name it goes by: 国家税务总局"));
    assert!(own.is_some() && given.is_some() && own < given, "{html}");
    assert!(html.contains(&format!("<h1 class=\"name\">{account}</h1>")), "{html}");
    let id = book(&server, USER)[0]["id"].as_str().unwrap().to_owned();
    let (_, to) = visitor.post(&path, &format!("&title={id}"));
    let (_, done) = visitor.get(&to);
    assert!(done.contains(&format!("{account} will put it on")), "{done}");
    for body in [json!({}), json!({"biz_name": account})] {
        assert!(!shown(&body).1.contains("The name it goes by"), "{body}");
    }
}

#[test]
fn whoever_adds_a_title_comes_back_to_the_page_that_asked() {
    let server = TestServer::start();
    let path = server.path_of(&url(&server.client(MERCHANT), ASK, &json!({"attach": "7"})));
    let visitor = Visitor::new(&server, "lina");
    for (kind, form) in [
        ("company", "&company.title=新单位&company.tax_no=91440300MA5KP0009X"),
        ("personal", "&personal.title=新个人"),
    ] {
        let (_, html) = visitor.get(&path);
        let start = html.find(&format!("/me/titles/new?kind={kind}")).expect("a link");
        let to = html[start..].split('"').next().unwrap();
        let to = to.replace("&#38;", "&").replace("&amp;", "&");
        let (_, form_page) = visitor.get(&to);
        let cancel = form_page.replace("&#38;", "&").replace("&amp;", "&");
        assert!(cancel.contains(&format!("href=\"{path}\"")), "{form_page}");
        // What cannot stand is typed again, and the way back is kept.
        assert_eq!(visitor.post(&to, "").0, 422);
        assert_eq!(visitor.post(&to, form), (303, path.clone()));
        let name = form.split_once("title=").unwrap().1.split('&').next().unwrap();
        assert!(visitor.get(&path).1.contains(name));
    }
    let start = book(&server, "lina").len();
    for next in ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:x"] {
        let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let to = format!("/me/titles/new?kind=personal&next={next}");
        let form_page = visitor.get(&to).1;
        assert!(form_page.contains("href=\"/me/titles\""), "{next}: {form_page}");
        for bad in ["href=\"https://evil", "href=\"//", "href=\"/\\", "href=\"javascript"] {
            assert!(!form_page.contains(bad), "{next}: {form_page}");
        }
        let added = visitor.post(&to, &format!("&personal.title=x{}", next.len()));
        assert_eq!(added, (303, "/me/titles".to_owned()), "{next}");
    }
    assert_eq!(book(&server, "lina").len(), start + 4);
}

#[test]
fn a_form_sent_twice_is_one_event_and_a_flood_is_refused() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    server.set_callback(MERCHANT, &receiver, "safe");
    let merchant = server.client(MERCHANT);
    let link = |attach: &str| server.path_of(&url(&merchant, ASK, &json!({"attach": attach})));
    let (path, other) = (link("1"), link("2"));
    let titles = book(&server, USER);
    let visitor = Visitor::new(&server, USER);
    let pick = |path: &str, title: usize| {
        visitor.post(path, &format!("&title={}", titles[title]["id"].as_str().unwrap()))
    };
    let events = || {
        server.all_completed();
        server.pushes(&format!("appid={MERCHANT}")).len()
    };
    std::thread::scope(|scope| {
        let clicks = [(); 2].map(|()| scope.spawn(|| pick(&path, 0)));
        for click in clicks {
            assert_eq!(click.join().unwrap().0, 303);
        }
    });
    assert_eq!(events(), 1);
    for _ in 1..5 {
        server.advance_s(11);
        assert_eq!(pick(&path, 0).0, 303);
    }
    let (status, html) = pick(&path, 1);
    assert!(status == 429 && html.contains("You have sent too many"), "{html}");
    assert_eq!(pick(&other, 1).0, 303);
    assert_eq!(events(), 6);
    server.advance_s(17);
    assert_eq!(pick(&path, 1).0, 303);
    assert_eq!(events(), 7);
}

#[test]
fn a_titles_code_is_scanned_for_ten_minutes() {
    let server = TestServer::start();
    let merchant = server.client(MERCHANT);
    let visitor = Visitor::new(&server, USER);
    for title in book(&server, USER) {
        let code = visitor.code(title["id"].as_str().unwrap());
        let answer = merchant.post(SCAN, &json!({"scan_text": code}));
        assert_ok(&answer);
        let is_company = title["biz_field"].is_object();
        let side = if is_company { "biz_field" } else { "user_field" };
        assert_eq!(answer["title_type"], json!(u8::from(!is_company)));
        for name in ["title", "phone", "tax_no", "addr", "bank_type", "bank_no"] {
            let kept = title[side][name].as_str().unwrap_or("");
            assert_eq!(answer[name], json!(kept), "{name}");
        }
    }
    let code = visitor.code("0-demo-1");
    // A person's camera opens a page that says whom it is for.
    let page = server.page("GET", &server.path_of(&code), &[("accept-language", "en")], "");
    assert!(page.status() == 200 && page.body().contains("till or invoicing system"));
    let scan = |text: &str| merchant.post(SCAN, &json!({"scan_text": text}));
    assert_ok(&scan(&code.replace("://", "//")));
    assert_refused(&scan(""), 72031, "scan_text is empty");
    let samples =
        "https//mp.weixingg.com/intp/invoice/usertitlewxa?action=list_auth&invoice_key=abcd";
    assert_refused(&scan(samples), 72031, "scan_text is no title's QR code of this server");
    assert_refused(&scan(&format!("{code}A")), 72031, "scan_text is no title's");
    server.advance_s(i64::try_from(TITLE_CODE_LIFE.as_secs()).unwrap() + 1);
    assert_refused(&scan(&code), 72044, "10 minutes");
    let code = visitor.code("0-demo-1");
    assert_ok(&scan(&code));
    let delete = "/me/titles/0-demo-1/delete";
    let token = form_token(&visitor.get("/me/titles").1);
    let headers = [("cookie", &*visitor.cookie)];
    let form = format!("form_token={token}");
    assert_eq!(server.page("POST", delete, &headers, &form).status(), 303);
    assert_refused(&scan(&code), 72092, "deleted this title");
    assert_eq!(visitor.get("/me/titles/0-demo-1/code").0, 404);
}
