//! What a kit's test needs besides the kit: the user with their phone, and the app's own backend. It is a service on
//! loopback, whose address a kit's test program finds in [`VARIABLE`], and which answers one request after another.
//!
//! | GET | answer |
//! |---|---|
//! | `/auth_url?type=` | JSON `{"order_id","auth_url"}`: the app's backend calls getauthurl. `&taken=1`: another user has authorized the order since |
//! | `/open?url=&tap=` | the address by which the page leads back to the app, once the user has tapped `authorize`, `decline` or `leave`; in the picker `choose` or `cancel` |
//! | `/status?order_id=` | what getauthdata answers the app's backend |
//! | `/push?order_id=` | the event of an order, decrypted, as XML; 404: none came |
//! | `/card_sign` | JSON `{"appid","timestamp","nonceStr","signType","cardSign","server"}`: what the picker is called with. The user has one more invoice by then |
//! | `/invoice?card_id=&encrypt_code=` | what getinvoiceinfo answers the app's backend |
//!
//! Anything else is 4xx, and says what the trouble is.

use crate::harness::{Browser, PHONE};
use kaipiao_tests::{
    ADMIN, Client, MERCHANT, MOBILE_APP, OTHER_USER, Received, Receiver, TestServer, USER, element,
    read_request,
};
use kaipiao_wire::delivery::push_crypto::signature;
use serde_json::{Value, json};
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::runtime::{Builder, Runtime};

/// The variable that has the service's address, `http://127.0.0.1:<port>`.
pub const VARIABLE: &str = "KAIPIAO_PHONE";

/// The title that the user fills in.
pub const TITLE: &str = "手机示例有限公司";

const TIMESTAMP: &str = "1489030247";
const NONCE: &str = "p6N7WOAF";

/// Runs `play` with the address of a phone beside this server.
pub fn beside<T>(server: &TestServer, play: impl FnOnce(&str) -> T) -> T {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| Phone::new(server).serve(&listener, &is_over));
        let _end = End { is_over: &is_over, address };
        play(&format!("http://{address}"))
    })
}

/// Ends the service, also when a test has failed.
struct End<'a> {
    is_over: &'a AtomicBool,
    address: SocketAddr,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // It looks when somebody connects; it may be gone already.
        let _ = TcpStream::connect(self.address);
    }
}

struct Phone<'a> {
    server: &'a TestServer,
    /// The mobile app's own account.
    app: Client<'a>,
    merchant: Client<'a>,
    /// The merchant's callback: an app has none of its own (D-45).
    receiver: Receiver,
    /// The phone's browser, from the first address on.
    browser: Option<Browser>,
    runtime: Runtime,
    orders: usize,
}

/// A status and a text.
type Told = (u16, String);

/// The page is not one of which this can be tapped.
struct Trouble(String);

impl<'a> Phone<'a> {
    fn new(server: &'a TestServer) -> Self {
        let receiver = Receiver::start();
        server.set_callback(MERCHANT, &receiver, "safe");
        let (status, answer) =
            server.put_account(MOBILE_APP, &json!({"reimbursement_api": true}), ADMIN);
        assert_eq!(status, 200, "{answer}");
        Self {
            server,
            app: server.client(MOBILE_APP),
            merchant: server.merchant(),
            receiver,
            browser: None,
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
            orders: 0,
        }
    }

    fn serve(mut self, listener: &TcpListener, is_over: &AtomicBool) {
        for mut stream in listener.incoming().map_while(Result::ok) {
            if is_over.load(Ordering::SeqCst) {
                break;
            }
            let Some((_, asked)) = read_request(&mut stream) else { continue };
            // The kit's test fails by what it is told, this one by the program's end.
            let told = catch_unwind(AssertUnwindSafe(|| self.answer(&asked)));
            let (status, text) =
                told.unwrap_or_else(|_| (500, "the phone has failed: see its test".to_owned()));
            let head = "Content-Type: text/plain; charset=utf-8\r\nConnection: close";
            let length = text.len();
            let answer =
                format!("HTTP/1.1 {status} -\r\n{head}\r\nContent-Length: {length}\r\n\r\n{text}");
            // Whoever asked may be gone.
            let _ = stream.write_all(answer.as_bytes());
        }
        if let Some(browser) = self.browser {
            self.runtime.block_on(browser.close());
        }
    }

    fn answer(&mut self, asked: &Received) -> Told {
        let of = |name: &str| asked.query.get(name).map_or("", String::as_str);
        match asked.target.split('?').next().unwrap_or_default() {
            "/auth_url" => match of("type").parse() {
                Ok(page_type @ 0..=2) => self.auth_url(page_type, of("taken") == "1"),
                _ => (400, format!("type must be 0, 1 or 2, not {:?}", of("type"))),
            },
            "/open" if !of("url").starts_with(&self.server.base) => {
                (400, format!("url must begin with {}: {:?}", self.server.base, of("url")))
            }
            "/open" => match self.open(of("url"), of("tap")) {
                Ok(address) => (200, address),
                Err(Trouble(what)) => (409, what),
            },
            "/status" => (200, self.app.status(of("order_id")).to_string()),
            "/push" => match self.event(of("order_id")) {
                Some(event) => (200, event),
                None => (404, format!("no event of the order {:?} came", of("order_id"))),
            },
            "/card_sign" => (200, self.card_sign().to_string()),
            "/invoice" => {
                let card = json!({"card_id": of("card_id"), "encrypt_code": of("encrypt_code")});
                (200, self.app.post("/card/invoice/reimburse/getinvoiceinfo", &card).to_string())
            }
            other => (404, format!("there is no {other}")),
        }
    }

    /// An order's number holds what a link must encode.
    fn auth_url(&mut self, page_type: i64, is_taken: bool) -> Told {
        self.orders += 1;
        let order_id = format!("P-{}/发票 +&%", self.orders);
        let mut asked = self.app.asked(&order_id, page_type);
        asked["source"] = json!("app");
        asked["redirect_url"] = Value::Null;
        let answer = self.app.auth_url_answer(&asked);
        let Some(auth_url) = answer["auth_url"].as_str() else { return (400, answer.to_string()) };
        if is_taken {
            let (status, answer) = self.server.answer(auth_url, OTHER_USER, "authorize", None);
            assert_eq!(status, 200, "{answer}");
        }
        (200, json!({"order_id": order_id, "auth_url": auth_url}).to_string())
    }

    fn open(&mut self, url: &str, tap: &str) -> Result<String, Trouble> {
        let browser = &mut self.browser;
        self.runtime.block_on(async {
            if browser.is_none() {
                *browser = Some(Browser::open(PHONE).await);
            }
            tapped(browser.as_ref().unwrap(), url, tap).await
        })
    }

    fn event(&self, order_id: &str) -> Option<String> {
        // What the user has decided and its push are one commit, so it is there by now.
        self.server.all_completed();
        let is_of = |event: &String| {
            let names = |name| element(event, name).is_some_and(|named| named == order_id);
            names("SuccOrderId") || names("FailOrderId")
        };
        self.receiver.received().iter().map(|push| push.event(MERCHANT)).find(is_of)
    }

    fn card_sign(&mut self) -> Value {
        self.orders += 1;
        let number = self.orders;
        self.merchant.issued(&format!("issued-{number}"), &format!("R{number}"));
        let signed = [&*self.app.ticket(), MOBILE_APP, TIMESTAMP, NONCE, "INVOICE"];
        json!({
            "appid": MOBILE_APP, "timestamp": TIMESTAMP, "nonceStr": NONCE, "signType": "SHA1",
            "cardSign": signature(&signed), "server": self.server.base,
        })
    }
}

/// Opens the address, taps, and says where the page leads the app back to.
async fn tapped(browser: &Browser, url: &str, tap: &str) -> Result<String, Trouble> {
    browser.go(url).await;
    if browser.has("form[action='/login']").await {
        browser.submit(&format!("[value='{USER}']")).await;
    }
    match tap {
        "authorize" => {
            if browser.has("[name='company.title']").await {
                browser.fill("company.title", TITLE).await;
            }
            press(browser, ".actions [value='authorize']").await?;
        }
        "decline" => press(browser, ".actions [value='decline']").await?,
        // What leads back without an answer stands on the page as it is.
        "leave" => {}
        "choose" => {
            if browser.has("[name='code']").await {
                browser.click("[name='code']").await;
            }
            press(browser, ".actions .primary:not(a)").await?;
        }
        "cancel" => press(browser, ".actions [name='cancel']").await?,
        other => return Err(Trouble(format!("nothing is called {other:?}"))),
    }
    // A browser asks before it opens an app by such a link; where it leads is all that the app is told.
    let way_back = "a[href^='wx'][href*='://']";
    if !browser.has(way_back).await {
        return Err(Trouble(format!("the page leads no app back: {}", browser.text().await)));
    }
    Ok(browser.find(way_back).await.attr("href").await.unwrap().unwrap())
}

async fn press(browser: &Browser, css: &str) -> Result<(), Trouble> {
    if !browser.has(css).await {
        return Err(Trouble(format!("{css} is not on the page: {}", browser.text().await)));
    }
    browser.submit(css).await;
    Ok(())
}
