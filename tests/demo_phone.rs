//! The sandbox's phone: what its three apps and the merchant's server are told, whatever its user does.

use kaipiao_tests::{
    MERCHANT, MINI_PROGRAM, MOBILE_APP, OTHER_USER, Receiver, TestServer, USER, assert_ok,
    assert_sucesss, form_token, wait_for,
};
use serde_json::{Value, json};

/// Source and account.
const APPS: [(&str, &str); 3] = [("web", MERCHANT), ("wxa", MINI_PROGRAM), ("app", MOBILE_APP)];

/// A user with the phone in their hand.
struct Holder<'a> {
    server: &'a TestServer,
    cookie: String,
}

impl<'a> Holder<'a> {
    fn of(server: &'a TestServer, user: &str) -> Self {
        Self { server, cookie: server.session(user) }
    }

    fn get(&self, path: &str) -> ureq::http::Response<String> {
        let headers = [("cookie", &*self.cookie), ("accept-language", "en")];
        self.server.page("GET", path, &headers, "")
    }

    fn post(&self, path: &str, form: &str) -> ureq::http::Response<String> {
        self.server.page("POST", path, &[("cookie", &*self.cookie)], form)
    }

    /// Where an answer leads on this server.
    fn path_of(&self, answer: &ureq::http::Response<String>) -> String {
        let address = location(answer);
        let path = address.strip_prefix(&*self.server.base).unwrap_or(address);
        path.split('#').next().unwrap().to_owned()
    }

    /// Taps an app's button: the order's number, and the path of its authorization page.
    fn ask(&self, source: &str) -> (String, String) {
        let screen = self.get(&format!("/phone/apps/{source}"));
        assert_eq!(screen.status(), 200);
        let (_, rest) = screen.body().split_once("name=\"order_id\" value=\"").unwrap();
        let order_id = rest.split('"').next().unwrap().to_owned();
        let token = form_token(screen.body());
        let form = format!("form_token={token}&app={source}&order_id={order_id}");
        let asked = self.post("/phone/orders", &form);
        assert_eq!(asked.status(), 303, "{}", asked.body());
        (order_id, self.path_of(&asked))
    }

    /// Answers on the authorization page: what the browser is sent to.
    fn answer(&self, path: &str, decision: &str) -> String {
        let page = self.get(path);
        let (_, rest) = page.body().split_once("name=\"shown\" value=\"").unwrap();
        let shown = rest.split('"').next().unwrap();
        let token = form_token(page.body());
        let form = format!(
            "form_token={token}&shown={shown}&decision={decision}&kind=company\
             &company.title=Sample&company.tax_no=91440300MA5KP0001N"
        );
        let answered = self.post(path, &form);
        assert_eq!(answered.status(), 303, "{}", answered.body());
        self.path_of(&answered)
    }

    /// Where the phone's way back leads from an authorization page: its button, and the cross in the bar.
    fn way_back(&self, path: &str) -> String {
        let page = self.get(path);
        let (_, bar) = page.body().split_once("class=\"app-bar wechat\"").unwrap();
        let cross = first_link(bar);
        if let Some((_, button)) = page.body().split_once("<a class=\"primary\"") {
            assert_eq!(first_link(button), cross);
        }
        cross
    }
}

fn location(answer: &ureq::http::Response<String>) -> &str {
    answer.headers()["location"].to_str().unwrap()
}

fn first_link(html: &str) -> String {
    let (_, rest) = html.split_once("href=\"").unwrap();
    unescaped(rest.split('"').next().unwrap())
}

fn unescaped(html: &str) -> String {
    [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")]
        .iter()
        .fold(html.to_owned(), |text, (code, c)| text.replace(code, c))
}

/// A panel's text with its markup.
fn panel(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("aria-labelledby=\"panel-{name}\"")).unwrap();
    unescaped(rest.split("</section>").next().unwrap())
}

/// What the first code block of a panel holds.
fn block(panel: &str) -> &str {
    let (_, rest) = panel.split_once("<pre tabindex=\"0\"><code").unwrap();
    rest.split_once('>').unwrap().1.split("</code></pre>").next().unwrap()
}

/// The first event of the push panel, on one line as it was sent.
fn event(panel: &str) -> String {
    ["<span>", "</span>"].iter().fold(block(panel).to_owned(), |text, tag| text.replace(tag, ""))
}

/// What the "return" panel says the app was handed.
fn told(server: &TestServer, source: &str, appid: &str, order_id: &str, code: i32) -> String {
    match source {
        "web" => {
            let base = &server.base;
            format!("{base}/phone/orders/{order_id}?order_id={order_id}&errcode={code}")
        }
        "wxa" => format!("{{\"errCode\":{code},\"wxOrderId\":\"{order_id}\"}}"),
        _ => format!("{appid}://invoice?errCode={code}&wxOrderId={order_id}"),
    }
}

#[test]
fn every_app_is_told_of_a_yes_and_its_invoice_is_issued() {
    let (server, receiver) = (TestServer::start(), Receiver::start());
    server.set_callback(MERCHANT, &receiver, "plain");
    let holder = Holder::of(&server, USER);
    for (source, appid) in APPS {
        let (order_id, path) = holder.ask(source);
        let before = holder.get(&path);
        assert!(panel(before.body(), "status").contains("\"invoice_status\": \"never auth\""));
        assert!(panel(before.body(), "push").contains("No event yet"), "{}", before.body());
        assert!(before.body().contains(&format!("<code>{appid}</code>")));

        let mut back = holder.answer(&path, "authorize");
        if source != "web" {
            // What the page holds and where it is are the same for every mini program and app.
            assert!(back.contains("&done=1"), "{back}");
            back = holder.way_back(&back);
        }
        let page = wait_for("the invoice and both events", || {
            let page = holder.get(&back).into_body();
            let push = panel(&page, "push");
            let is_done = panel(&page, "invoice").contains("/me/cards/")
                && push.matches(">Delivered<").count() == 2;
            is_done.then_some(page)
        });
        let returned = panel(&page, "return");
        assert_eq!(block(&returned), told(&server, source, appid, &order_id, 0));
        assert!(returned.contains("the user has authorized"), "{returned}");

        // The event on the page is the one that was received, and its attempt is the receiver's.
        let push = panel(&page, "push");
        let (shown, sent) = (event(&push), receiver.next().event(MERCHANT));
        assert_eq!(shown, sent);
        assert!(sent.contains(&format!("<![CDATA[{appid}]]></AuthorizeAppId>")), "{sent}");
        assert!(push.contains("HTTP 200") && !push.contains("callback URL"), "{push}");
        receiver.next();

        // getauthdata's answer to the app's own account.
        let client = server.client(appid);
        let answer: Value = serde_json::from_str(block(&panel(&page, "status"))).unwrap();
        assert_eq!(answer, client.status(&order_id));
        assert_eq!(answer["user_auth_info"]["biz_field"]["title"], "Sample");

        let card = first_link(&panel(&page, "invoice"));
        assert_eq!(holder.get(&card).status(), 200);
    }
    server.all_completed();
}

#[test]
fn every_app_is_told_of_a_no() {
    let server = TestServer::start();
    let holder = Holder::of(&server, USER);
    for (source, appid) in APPS {
        let (order_id, path) = holder.ask(source);
        let mut back = holder.answer(&path, "decline");
        if source != "web" {
            back = holder.way_back(&back);
        }
        let page = wait_for("the event has nowhere to go", || {
            let page = holder.get(&back).into_body();
            panel(&page, "push").contains(">No callback URL<").then_some(page)
        });
        let returned = panel(&page, "return");
        assert_eq!(block(&returned), told(&server, source, appid, &order_id, -4));
        assert!(returned.contains("the user has declined"), "{returned}");
        let push = panel(&page, "push");
        assert!(event(&push).contains(&format!("<FailOrderId><![CDATA[{order_id}]]>")), "{push}");
        let set_callback = format!("/admin/v1/accounts/{MERCHANT}/callback'");
        assert!(push.contains(&set_callback) && push.contains("/replay'"), "{push}");
        assert!(panel(&page, "status").contains("never auth"));
        assert!(!panel(&page, "invoice").contains("/me/cards/"));
        // Declining is a "not now": the same order can be asked for again.
        assert!(page.contains(&format!("name=\"order_id\" value=\"{order_id}\"")));
        assert!(page.contains("You said not now"));
    }
}

#[test]
fn whoever_leaves_the_page_is_told_by_the_kit_and_nothing_is_pushed() {
    let server = TestServer::start();
    let holder = Holder::of(&server, USER);
    for (source, appid) in APPS {
        let (order_id, path) = holder.ask(source);
        let back = holder.way_back(&path);
        assert_eq!(back, format!("/phone/orders/{order_id}?left=1"));
        let page = holder.get(&back).into_body();
        let returned = panel(&page, "return");
        match source {
            "web" => assert!(returned.contains("a web page is told nothing"), "{returned}"),
            "wxa" => {
                assert_eq!(block(&returned), told(&server, source, appid, &order_id, -2));
            }
            _ => assert!(returned.contains("<code>-2</code>"), "{returned}"),
        }
        assert!(panel(&page, "push").contains("No event yet"));
        assert!(server.pushes(&format!("order_id={order_id}")).is_empty());
        assert!(page.contains("No invoice yet"), "{page}");
    }
}

/// A page that asks, and one that can no longer be answered, lead an app back by its own scheme, as all orders' pages do.
#[test]
fn the_links_back_of_an_app_that_has_no_answer_are_shown_and_played() {
    let server = TestServer::start();
    let holder = Holder::of(&server, USER);
    let (order_id, path) = holder.ask("app");
    let link = |code| told(&server, "app", MOBILE_APP, &order_id, code);
    let follow = |code: i32| {
        let page = holder.get(&path).into_body();
        let (_, rest) = page.split_once("<a class=\"plain\" href=\"").unwrap();
        let (address, rest) = rest.split_once('"').unwrap();
        let (_, rest) = rest.split_once("<p class=\"played\"><code>").unwrap();
        let shown = unescaped(rest.split("</code>").next().unwrap());
        assert_eq!(shown, link(code));
        let back = holder.get(&unescaped(address));
        assert_eq!(back.status(), 200, "{address}");
        let returned = panel(back.body(), "return");
        assert_eq!(block(&returned), link(code));
        assert!(returned.contains(&format!("<code>{code}</code>")), "{returned}");
        page
    };
    assert!(follow(-2).contains("Decide later"));
    assert!(server.pushes(&format!("order_id={order_id}")).is_empty());
    holder.answer(&path, "decline");
    assert_ok(&server.client(MOBILE_APP).reject(&order_id));
    assert!(follow(-1).contains("Back to the app"));
}

/// The mini program's own callback gets the event in the place of the merchant's, as ever.
#[test]
fn a_mini_programs_event_on_the_phone_goes_to_its_own_callback() {
    let (server, receiver) = (TestServer::start(), Receiver::start());
    server.set_callback(MINI_PROGRAM, &receiver, "plain");
    let holder = Holder::of(&server, USER);
    let (order_id, path) = holder.ask("wxa");
    let back = holder.way_back(&holder.answer(&path, "decline"));
    let push = wait_for("it is delivered", || {
        let push = panel(holder.get(&back).body(), "push");
        push.contains(">Delivered<").then_some(push)
    });
    assert!(push.contains(&format!("To <code>{MINI_PROGRAM}</code>")), "{push}");
    assert!(receiver.next().event(MINI_PROGRAM).contains(&order_id));
}

#[test]
fn an_order_that_is_not_the_phones_or_somebody_elses_is_not_shown() {
    let server = TestServer::start();
    let (holder, other) = (Holder::of(&server, USER), Holder::of(&server, OTHER_USER));
    let client = server.merchant();
    client.authorized("mine");
    let own = "phone-00000000000000000001";
    // An app that is not on the phone may use such a number: the order stays its own.
    let mut asked = client.asked(own, 0);
    asked["source"] = json!("wap");
    assert_ok(&client.auth_url_answer(&asked));
    for unknown in ["mine", "x", own, "phone-00000000000000000002"] {
        let page = holder.get(&format!("/phone/orders/{unknown}"));
        assert_eq!(page.status(), 404, "{unknown}");
        assert!(page.body().contains("Order not found"), "{}", page.body());
        assert!(!page.body().contains("panel-status"), "{}", page.body());
    }
    assert_eq!(holder.get("/phone/apps/wap").status(), 404);
    // The pages of other orders have no phone around them.
    let link = server.path_of(&client.auth_url("plain", 1));
    assert!(!holder.get(&link).body().contains("class=\"phone\""));

    let (order_id, path) = holder.ask("app");
    let back = holder.way_back(&holder.answer(&path, "authorize"));
    let page = other.get(&back);
    assert!(page.body().contains("No invoice this time"), "{}", page.body());
    assert!(!page.body().contains("panel-"), "{}", page.body());
    let page = other.get(&path);
    assert!(page.body().contains("Another user has authorized"), "{}", page.body());
    assert!(!page.body().contains("panel-"), "{}", page.body());

    // A return that is another order's, another app's or broken is none.
    let here = format!("/phone/orders/{order_id}");
    for bad in [
        format!("?link=javascript%3A%2F%2Finvoice%3FerrCode%3D0%26wxOrderId%3D{order_id}"),
        format!("?link={MERCHANT}%3A%2F%2Finvoice%3FerrCode%3D0%26wxOrderId%3D{order_id}"),
        format!("?errCode=0&wxOrderId={order_id}"),
        format!("?link={MOBILE_APP}%3A%2F%2Finvoice%3FerrCode%3D0%26wxOrderId%3Dx"),
        "?errcode=%3Cb%3E".to_owned(),
    ] {
        let page = holder.get(&format!("{here}{bad}"));
        assert_eq!(page.status(), 400, "{bad}");
        assert!(page.body().contains("not complete"), "{}", page.body());
    }
}

/// A code that a browser brings is no proof: what the app's server knows decides.
#[test]
fn a_forged_return_gets_no_invoice() {
    let server = TestServer::start();
    let holder = Holder::of(&server, USER);
    let (order_id, _) = holder.ask("web");
    let forged = format!("/phone/orders/{order_id}?order_id={order_id}&errcode=0");
    let page = holder.get(&forged).into_body();
    assert!(panel(&page, "return").contains("<code>0</code>"));
    assert!(panel(&page, "status").contains("never auth"));
    assert!(page.contains("No invoice yet"), "{page}");
    let (_, invoices) = server.admin("GET", &format!("invoices?appid={MERCHANT}"), &json!({}));
    assert_eq!(invoices["invoices"], json!([]));
}

#[test]
fn the_phone_follows_what_becomes_of_the_invoice() {
    let server = TestServer::start();
    let holder = Holder::of(&server, USER);
    server.fault(json!({"target": "issuer", "errcode": 73000}));
    let (order_id, path) = holder.ask("web");
    let back = holder.answer(&path, "authorize");
    // A page that waits looks again by itself, without a script.
    let first = holder.get(&back);
    let next = first.headers()["refresh"].to_str().unwrap().to_owned();
    assert_eq!(next, format!("1;url={back}&look=1"));
    let failed = wait_for("it has failed", || {
        let page = holder.get(&back);
        page.body().contains("Your invoice could not be issued").then_some(page)
    });
    assert!(panel(failed.body(), "invoice").contains("the push says why"));
    let client = server.client(MERCHANT);
    assert_ok(&client.reject(&order_id));
    let rejected = wait_for("all is told", || {
        let page = holder.get(&back);
        page.headers().get("refresh").is_none().then_some(page)
    });
    assert!(rejected.body().contains("The merchant has rejected"), "{}", rejected.body());
    assert!(panel(rejected.body(), "status").contains("reject insert"));

    // Invoiced by the merchant's own program, which was faster.
    let (order_id, path) = holder.ask("app");
    let done = holder.answer(&path, "authorize");
    assert_sucesss(&client.make_out(&client.invoice(&order_id, "faster")));
    client.result("faster");
    let page = holder.get(&holder.way_back(&done)).into_body();
    assert!(panel(&page, "invoice").contains("/me/cards/"), "{page}");
}

#[test]
fn production_has_no_phone() {
    let server = TestServer::start_with("mode = \"production\"");
    for path in ["/phone", "/phone/apps/web", "/phone/orders/phone-00000000000000000001"] {
        assert_eq!(server.page("GET", path, &[], "").status(), 404, "{path}");
    }
    assert_eq!(server.page("POST", "/phone/orders", &[], "").status(), 404);
    assert!(!server.get_raw("/").body().contains("/phone"));
}

#[test]
fn only_the_phones_own_screens_ask_for_an_invoice() {
    let server = TestServer::start();
    let holder = Holder::of(&server, USER);
    let form = "app=web&order_id=phone-00000000000000000001";
    assert_eq!(holder.post("/phone/orders", form).status(), 403);
    let token = form_token(holder.get("/phone/apps/web").body());
    let asked = |rest: &str| {
        holder.post("/phone/orders", &format!("form_token={token}&{rest}")).status().as_u16()
    };
    assert_eq!(asked(form), 303);
    assert_eq!(asked("app=web&order_id=mine"), 404);
    assert_eq!(asked("app=wap&order_id=phone-00000000000000000001"), 404);
    let nobody = server.page("GET", "/phone", &[], "");
    assert_eq!((nobody.status().as_u16(), location(&nobody)), (303, "/login?next=%2Fphone"));
}
