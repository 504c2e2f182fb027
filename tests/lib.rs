//! A real server for the tests: SQLite in a temporary directory, or a database of its own where [`STORE`] says
//! so, HTTP on a free port.
//!
//! The tests in `http.rs`'s modules carry the sections' stems; each starts its own server.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

pub mod card_model;
pub mod card_races;
pub mod company_client;
mod documented;
pub mod pay_client;
pub mod pay_races;
pub mod pdfs;
pub mod platform_client;
mod raised;
mod receiver;
mod scanned;
mod wait;

pub use receiver::{AES_KEY, Received, Receiver, Reply, element, read_request};
pub use scanned::scanned;
pub use wait::{Ends, PATIENCE, PAUSE, let_pass, poll_within, wait_for, wait_until};

use kaipiao_cli::compose;
use kaipiao_cli::settings::Settings;
use kaipiao_testkit::postgres::Database;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::oneshot;

/// The demo merchant's Official Account.
pub const MERCHANT: &str = "wx6b61697069616f31";
/// The demo invoicing platform.
pub const PLATFORM: &str = "wx6b61697069616f32";
/// The demo reimburser.
pub const REIMBURSER: &str = "wx6b61697069616f33";
/// The demo mini program, bound to the merchant.
pub const MINI_PROGRAM: &str = "wx6b61697069616f34";
/// The demo mobile app, bound to the merchant.
pub const MOBILE_APP: &str = "wx6b61697069616f35";
/// A demo user.
pub const USER: &str = "zhangwei";
/// Another demo user.
pub const OTHER_USER: &str = "lina";

/// The variable that has every [`TestServer`] keep its data on PostgreSQL: `postgres`.
pub const STORE: &str = "KAIPIAO_TEST_STORE";

/// A server that runs until it is dropped.
pub struct TestServer {
    /// `http://127.0.0.1:<port>`
    pub base: String,
    agent: ureq::Agent,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    data: Data,
    /// Pushes that are still on their way at the end, and invoices that are still being issued, fail
    /// the test, unless it says that it leaves some.
    leaves_pushes: AtomicBool,
}

/// Where a server keeps its data.
struct Data {
    directory: TempDir,
    database: Option<Database>,
}

impl Data {
    fn new() -> Self {
        let is_shared = std::env::var(STORE).is_ok_and(|store| store == "postgres");
        // A test may be within a runtime itself.
        let make = || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(Database::new())
        };
        let database = is_shared.then(|| std::thread::spawn(make).join().unwrap());
        Self { database, ..Self::embedded() }
    }

    fn embedded() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), database: None }
    }

    fn settings(&self, settings: &str) -> Settings {
        let mut settings = load(self.directory.path(), settings);
        if let Some(database) = &self.database {
            settings.database.choose(database.url());
            settings.database.node = "main".to_owned();
        }
        settings
    }
}

/// The token of a page's forms.
pub fn form_token(html: &str) -> String {
    let (_, rest) = html.split_once("name=\"form_token\" value=\"").expect("a form");
    rest.split_once('"').expect("its value ends").0.to_owned()
}

/// The sandbox's admin token.
pub const ADMIN: &str = "kaipiao-sandbox-admin";

impl TestServer {
    /// A sandbox with the default settings.
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// A server with these settings (TOML) on top of the defaults.
    pub fn start_with(settings: &str) -> Self {
        Self::over(Data::new(), settings)
    }

    /// A sandbox with the embedded store whatever [`STORE`] says, for tests that change it by themselves.
    pub fn start_embedded() -> Self {
        Self::over(Data::embedded(), "")
    }

    /// A sandbox whose PDFs are read by this program.
    pub fn start_reading_with(program: PathBuf) -> Self {
        let data = Data::new();
        let mut settings = data.settings("");
        settings.files.reader = Some(program);
        Self::run(data, settings)
    }

    /// A server over a directory whose `data` folder may hold a store.
    pub fn start_on(directory: TempDir, settings: &str) -> Self {
        Self::over(Data { directory, database: None }, settings)
    }

    /// Stops, and starts again over the same data.
    pub fn restart_with(self, settings: &str) -> Self {
        Self::over(self.end(), settings)
    }

    /// Stops, changes what is stored, and starts again over it.
    pub fn restart_after(self, change: impl FnOnce(&rusqlite::Connection), settings: &str) -> Self {
        let data = self.end();
        assert!(data.database.is_none(), "start_embedded() is for tests that change the store");
        change(&open_store(&data.directory.path().join("data")));
        Self::over(data, settings)
    }

    /// The cookie of a demo user, as the chooser sets it.
    pub fn session(&self, user: &str) -> String {
        let answer = self.page("POST", "/login", &[], &format!("user={user}&next=/me/titles"));
        assert_eq!(answer.status(), 303);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// What stable_token answers the merchant.
    pub fn stable_token(&self, force_refresh: bool) -> Value {
        let body = json!({
            "grant_type": "client_credential", "appid": MERCHANT, "secret": self.secret(MERCHANT),
            "force_refresh": force_refresh,
        });
        self.post("/cgi-bin/stable_token", &body)
    }

    /// Stops, and leaves the data.
    pub fn stop(self) -> TempDir {
        self.end().directory
    }

    fn end(mut self) -> Data {
        self.leaves_pushes();
        self.halt();
        std::mem::replace(&mut self.data, Data::embedded())
    }

    fn over(data: Data, settings: &str) -> Self {
        let settings = data.settings(settings);
        Self::run(data, settings)
    }

    fn run(data: Data, settings: Settings) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listening = compose::listen(&settings, None).await.unwrap();
                ready.send(listening.address).unwrap();
                listening.serve(async { drop(stopped.await) }).await.unwrap();
            });
        });
        let base = format!("http://{}", is_ready.recv().expect("the server starts"));
        Self {
            base,
            agent: agent(),
            stop: Some(stop),
            thread: Some(thread),
            data,
            leaves_pushes: AtomicBool::new(false),
        }
    }

    /// The settings of a command that looks at this server's store.
    pub fn settings_beside(&self) -> Settings {
        self.data.settings("")
    }

    /// A server that runs as a process of its own, which nobody stops here.
    pub fn beside(base: &str) -> Self {
        let base = base.trim_end_matches('/').to_owned();
        let (stop, thread) = (None, None);
        let leaves_pushes = AtomicBool::new(true);
        Self { base, agent: agent(), stop, thread, data: Data::embedded(), leaves_pushes }
    }

    /// Says that this test leaves pushes on their way, or invoices being issued.
    pub fn leaves_pushes(&self) {
        self.leaves_pushes.store(true, Ordering::SeqCst);
    }

    /// A call of the admin API: status and answer.
    pub fn admin(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}/admin/v1/{path}", self.base))
            .header("authorization", format!("Bearer {ADMIN}"))
            .body(if method == "GET" { String::new() } else { body.to_string() })
            .unwrap();
        let response = finish(self.agent.run(request).unwrap());
        let body = serde_json::from_str(response.body()).unwrap_or(Value::Null);
        (response.status().as_u16(), body)
    }

    /// GET of a listing of the admin API, page by page to its end: the entries of that name.
    pub fn all_pages(&self, listing: &str, name: &str) -> Vec<Value> {
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let path = format!("{listing}&after={after}");
            let (status, page) = self.admin("GET", &path, &json!({}));
            assert_eq!(status, 200, "{path}: {page}");
            all.extend(page[name].as_array().unwrap().iter().cloned());
            let Some(next) = page["next"].as_str() else { return all };
            after = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        }
    }

    /// The pushes that the admin API lists, newest first within an account.
    pub fn pushes(&self, query: &str) -> Vec<Value> {
        let (status, answer) = self.admin("GET", &format!("pushes?{query}"), &json!({}));
        assert_eq!(status, 200, "{answer}");
        answer["pushes"].as_array().unwrap().clone()
    }

    /// Waits until no push is on its way.
    pub fn all_completed(&self) {
        self.wait_until("every push is completed", || self.pushes("state=open").is_empty());
    }

    /// [`wait_until`] it is so; a failure lists the pushes.
    pub fn wait_until(&self, what: &str, is_so: impl Fn() -> bool) {
        if poll_within(PATIENCE, || is_so().then_some(())).is_none() {
            panic!("not within {PATIENCE:?}: {what}: {:#?}", self.pushes(""));
        }
    }

    /// Sets an account's callback to a receiver that verifies it.
    pub fn set_callback(&self, appid: &str, receiver: &Receiver, mode: &str) {
        let (status, answer) =
            self.admin("PUT", &format!("accounts/{appid}/callback"), &receiver.settings(mode));
        assert_eq!(status, 200, "{answer}");
    }

    /// Where the server keeps its data.
    pub fn data(&self) -> &Path {
        self.data.directory.path()
    }

    /// Stops the server and waits for it; a panic in it fails the test.
    fn halt(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !std::thread::panicking()
        {
            panic!("the server did not stop in order");
        }
    }

    /// GET of a whole address that must be answered with success: its bytes.
    pub fn get_raw_bytes(&self, url: &str) -> Vec<u8> {
        let mut response = self.agent.get(url).call().unwrap();
        assert_eq!(response.status(), 200, "{url}");
        response.body_mut().read_to_vec().unwrap()
    }

    /// What poppler reads in the PDF of an answer's `invoicedetail`, without the blanks.
    pub fn pdf_text(&self, detail: &Value) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        let pdf = self.get_raw_bytes(detail["pdfurl"].as_str().unwrap());
        std::fs::write(file.path(), pdf).unwrap();
        let mut command = std::process::Command::new("pdftotext");
        let read = command.args(["-raw", "-enc", "UTF-8"]).arg(file.path()).arg("-").output();
        let text = String::from_utf8(read.expect("poppler-utils is installed").stdout).unwrap();
        text.chars().filter(|c| !c.is_whitespace()).collect()
    }

    /// Any method, with headers: status, headers and bytes of the answer.
    pub fn bytes(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> (u16, ureq::http::HeaderMap, Vec<u8>) {
        let mut request =
            ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, mut body) = self.agent.run(request.body(()).unwrap()).unwrap().into_parts();
        (parts.status.as_u16(), parts.headers, body.read_to_vec().unwrap())
    }

    /// GET: the headers of the answer.
    pub fn get_raw_headers(&self, path: &str) -> ureq::http::HeaderMap {
        self.agent.get(format!("{}{path}", self.base)).call().unwrap().headers().clone()
    }

    /// GET; any status.
    pub fn get_raw(&self, path: &str) -> ureq::http::Response<String> {
        finish(self.agent.get(format!("{}{path}", self.base)).call().unwrap())
    }

    /// POST with a Content-Type; any status.
    pub fn post_raw(
        &self,
        path: &str,
        content_type: Option<&str>,
        body: &str,
    ) -> ureq::http::Response<String> {
        let mut request = self.agent.post(format!("{}{path}", self.base));
        if let Some(content_type) = content_type {
            request = request.content_type(content_type);
        }
        finish(request.send(body).unwrap())
    }

    /// POST of an API call with bytes.
    pub fn post_bytes(&self, path: &str, content_type: &str, body: &[u8]) -> Value {
        let request = self.agent.post(format!("{}{path}", self.base)).content_type(content_type);
        api_answer(&finish(request.send(body).unwrap()))
    }

    /// GET of an API call.
    pub fn get(&self, path: &str) -> Value {
        noted("GET", path, "", api_answer(&self.get_raw(path)))
    }

    /// POST of an API call with JSON.
    pub fn post(&self, path: &str, body: &Value) -> Value {
        self.post_text(path, &body.to_string())
    }

    /// POST of an API call with whatever text, without a Content-Type.
    pub fn post_text(&self, path: &str, body: &str) -> Value {
        noted("POST", path, body, api_answer(&self.post_raw(path, None, body)))
    }

    /// A call by any method.
    pub fn call(&self, method: &str, path: &str, body: &str) -> Value {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .body(body.to_owned())
            .unwrap();
        noted(method, path, body, api_answer(&finish(self.agent.run(request).unwrap())))
    }

    /// GET or POST of a page as a browser without redirects sends it: the headers are its own.
    pub fn page(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> ureq::http::Response<String> {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(20)));
        let agent: ureq::Agent = config.build().into();
        finish(agent.run(request.body(body.to_owned()).unwrap()).unwrap())
    }

    /// POST as a browser sends it from a page of that origin: the status.
    pub fn post_from(&self, origin: &str, path: &str, body: &str) -> u16 {
        let request = self.agent.post(format!("{}{path}", self.base)).header("origin", origin);
        request.content_type("text/plain").send(body).unwrap().status().as_u16()
    }

    /// PUT of an account through the admin API: status and answer.
    pub fn put_account(&self, appid: &str, body: &Value, token: &str) -> (u16, Value) {
        let response = self
            .agent
            .put(format!("{}/admin/v1/accounts/{appid}", self.base))
            .header("authorization", format!("Bearer {token}"))
            .send(body.to_string())
            .unwrap();
        let response = finish(response);
        (response.status().as_u16(), serde_json::from_str(response.body()).unwrap())
    }

    /// The documented secret of a demo account.
    pub fn secret(&self, appid: &str) -> String {
        let demo = kaipiao_app::sandbox::DEMO_ACCOUNTS.iter().find(|demo| demo.appid == appid);
        demo.expect("a demo account").secret.to_owned()
    }

    /// The answer of `/cgi-bin/token`.
    pub fn token_answer(&self, appid: &str, secret: &str) -> Value {
        self.get(&format!(
            "/cgi-bin/token?grant_type=client_credential&appid={appid}&secret={secret}"
        ))
    }

    /// A fresh token of a demo account.
    pub fn token(&self, appid: &str) -> String {
        let answer = self.token_answer(appid, &self.secret(appid));
        answer["access_token"].as_str().unwrap_or_else(|| panic!("no token: {answer}")).to_owned()
    }

    /// A demo account's client.
    pub fn client(&self, appid: &str) -> Client<'_> {
        Client { server: self, token: self.token(appid) }
    }

    /// The client of whoever has this token.
    pub fn client_with(&self, token: String) -> Client<'_> {
        Client { server: self, token }
    }

    /// The demo merchant's client, with the contact set.
    pub fn merchant(&self) -> Client<'_> {
        let client = self.client(MERCHANT);
        client.set_contact();
        client
    }

    /// The demo platform's s_pappid.
    pub fn s_pappid(&self) -> String {
        self.get_json("/sandbox/v1/accounts")["s_pappid"].as_str().unwrap().to_owned()
    }

    /// A demo user's openid under an account.
    pub fn openid(&self, user: &str, appid: &str) -> String {
        self.demo_user(user)["openids"][appid].as_str().unwrap().to_owned()
    }

    /// A demo user as the sandbox lists them.
    pub fn demo_user(&self, user: &str) -> Value {
        let sandbox = self.get_json("/sandbox/v1/accounts");
        let mut users = sandbox["users"].as_array().unwrap().iter();
        users.find(|listed| listed["id"] == user).expect("a known user").clone()
    }

    /// What the issuer does to the next requests.
    pub fn fault(&self, fault: Value) {
        let (status, answer) = self.post_json("/sandbox/v1/faults", &fault);
        assert_eq!(status, 200, "{answer}");
    }

    /// GET of JSON outside the merchant API.
    pub fn get_json(&self, path: &str) -> Value {
        serde_json::from_str(self.get_raw(path).body()).unwrap()
    }

    /// POST of JSON outside the merchant API: status and answer.
    pub fn post_json(&self, path: &str, body: &Value) -> (u16, Value) {
        let response = self.post_raw(path, Some("application/json"), &body.to_string());
        (response.status().as_u16(), serde_json::from_str(response.body()).unwrap())
    }

    /// Moves the sandbox's clock forward.
    pub fn advance_s(&self, seconds: i64) {
        let (status, answer) = self.post_json("/sandbox/v1/clock", &json!({"advance_s": seconds}));
        assert_eq!(status, 200, "{answer}");
    }

    /// The path and query of an address of this server, without its fragment.
    pub fn path_of(&self, url: &str) -> String {
        let path = url.strip_prefix(&*self.base).unwrap_or_else(|| panic!("not here: {url}"));
        path.split('#').next().unwrap_or(path).to_owned()
    }

    /// A user answers on an authorization page.
    pub fn answer(
        &self,
        auth_url: &str,
        user: &str,
        decision: &str,
        title: Option<Value>,
    ) -> (u16, Value) {
        let mut body = json!({"auth_url": auth_url, "user": user, "decision": decision});
        if let Some(title) = title {
            body["title"] = title;
        }
        self.post_json("/sandbox/v1/authorize", &body)
    }
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .timeout_global(Some(Duration::from_secs(20)));
    config.build().into()
}

/// The store in a data directory that no server has open.
pub fn open_store(data: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(data.join(kaipiao_store_sqlite::FILE_NAME)).unwrap()
}

/// The request log in a data directory that no server has open.
pub fn open_requests(data: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(data.join("requests.sqlite3")).unwrap()
}

impl Drop for TestServer {
    fn drop(&mut self) {
        // A server without the sandbox's admin API (production, an own token) answers null.
        let open = || self.admin("GET", "pushes?state=open", &json!({})).1["pushes"].clone();
        let invoices = || {
            let path = format!("invoices?limit=1000&appid={MERCHANT}");
            self.admin("GET", &path, &json!({})).1["invoices"].clone()
        };
        let is_some = |all: Value| all.as_array().is_some_and(|all| !all.is_empty());
        let is_running = |all: Value| {
            all.as_array().is_some_and(|all| all.iter().any(|one| one["state"] == "running"))
        };
        if self.thread.is_some()
            && !self.leaves_pushes.load(Ordering::SeqCst)
            && !std::thread::panicking()
        {
            let is_idle = || !is_running(invoices()) && !is_some(open());
            if poll_within(PATIENCE, || is_idle().then_some(())).is_none() {
                panic!("unexplained jobs or pushes: {:#} {:#}", invoices(), open());
            }
        }
        self.halt();
    }
}

/// Settings over a data directory, from TOML text.
pub fn load(data: &Path, settings: &str) -> Settings {
    let file = data.join("test.toml");
    std::fs::write(&file, settings).unwrap();
    let mut settings = Settings::load(Some(&file)).unwrap();
    settings.data = data.join("data");
    settings.listen.set_port(0);
    settings.files.reader = Some(pdf_reader());
    settings
}

/// This package's program that reads PDFs: cargo builds it beside its tests.
pub fn pdf_reader() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let built = own.ancestors().find(|path| path.join(PDF_READER).is_file());
    built.map_or_else(|| PathBuf::from("/nowhere"), |path| path.join(PDF_READER))
}

/// Its name.
const PDF_READER: &str = "kaipiao-read-pdf";

/// A client of the merchant API: its token goes into every call.
pub struct Client<'a> {
    server: &'a TestServer,
    /// Its access token.
    pub token: String,
}

impl Client<'_> {
    /// POST of a call.
    pub fn post(&self, call: &str, body: &Value) -> Value {
        self.post_text(call, &body.to_string())
    }

    /// POST of a call with bytes.
    pub fn post_bytes(&self, call: &str, content_type: &str, body: &[u8]) -> Value {
        self.server.post_bytes(&self.path(call), content_type, body)
    }

    /// POST of a call with whatever text.
    pub fn post_text(&self, call: &str, body: &str) -> Value {
        self.server.post_text(&self.path(call), body)
    }

    /// A call's path with the token in its query.
    pub fn path(&self, call: &str) -> String {
        let joint = if call.contains('?') { '&' } else { '?' };
        format!("{call}{joint}access_token={}", self.token)
    }

    /// setbizattr.
    pub fn attribute(&self, action: &str, body: &Value) -> Value {
        self.post(&format!("/card/invoice/setbizattr?action={action}"), body)
    }

    /// set_contact with the contract's sample.
    pub fn set_contact(&self) {
        let contact = json!({"contact": {"phone": "88888888", "time_out": 12345}});
        assert_ok(&self.attribute("set_contact", &contact));
    }

    /// A wx_card ticket.
    pub fn ticket(&self) -> String {
        let answer = self.server.get(&self.path("/cgi-bin/ticket/getticket?type=wx_card"));
        answer["ticket"].as_str().unwrap_or_else(|| panic!("no ticket: {answer}")).to_owned()
    }

    /// A getauthurl body that is right in every field.
    pub fn asked(&self, order_id: &str, page_type: i64) -> Value {
        json!({
            "s_pappid": self.server.s_pappid(), "order_id": order_id, "money": 11,
            "timestamp": 1474875876, "source": "web", "redirect_url": "https://mp.weixin.qq.com",
            "ticket": self.ticket(), "type": page_type,
        })
    }

    /// getauthurl.
    pub fn auth_url_answer(&self, body: &Value) -> Value {
        self.post("/card/invoice/getauthurl", body)
    }

    /// getauthurl that must succeed: its link.
    pub fn auth_url(&self, order_id: &str, page_type: i64) -> String {
        let answer = self.auth_url_answer(&self.asked(order_id, page_type));
        assert_ok(&answer);
        answer["auth_url"].as_str().unwrap().to_owned()
    }

    /// An order that the demo user has authorized on a type 0 page.
    pub fn authorized(&self, order_id: &str) {
        let (status, answer) =
            self.server.answer(&self.auth_url(order_id, 0), USER, "authorize", None);
        assert_eq!((status, answer["result"].as_str()), (200, Some("authorized")), "{answer}");
    }

    /// The body of makeoutinvoice: right in every field, for an order that the demo user authorized.
    pub fn invoice(&self, order_id: &str, serial: &str) -> Value {
        let merchant = self.server.get_json("/sandbox/v1/accounts")["merchant"].clone();
        let code = merchant["code"].as_str().unwrap();
        json!({
            "wxopenid": self.server.openid(USER, MERCHANT), "ddh": order_id,
            "fpqqlsh": format!("{code}{serial}"), "nsrsbh": merchant["nsrsbh"],
            "nsrmc": merchant["nsrmc"], "nsrdz": "深圳市南山区示例路9号", "nsrdh": "0755-80000009",
            "nsrbank": "示例银行", "nsrbankid": "6200000000000009", "ghfmc": "星期一", "kpr": "张三",
            "jshj": "159", "hjje": "135.9", "hjse": "23.1",
            "invoicedetail_list": [{
                "fphxz": "0", "spbm": "1090418010000000000", "xmmc": "洗衣机", "dw": "台",
                "ggxh": "60L", "xmsl": "1", "xmdj": "135.9", "xmje": "135.9", "sl": "0.17",
                "se": "23.1",
            }],
        })
    }

    /// makeoutinvoice.
    pub fn make_out(&self, body: &Value) -> Value {
        self.post("/card/invoice/makeoutinvoice", body)
    }

    /// queryinvoceinfo of a serial, without the merchant's code.
    pub fn query(&self, serial: &str) -> Value {
        let merchant = self.server.get_json("/sandbox/v1/accounts")["merchant"].clone();
        let serial = format!("{}{serial}", merchant["code"].as_str().unwrap());
        let body = json!({"fpqqlsh": serial, "nsrsbh": merchant["nsrsbh"]});
        self.post("/card/invoice/queryinvoceinfo", &body)
    }

    /// The answer of a query once the issuer has answered.
    pub fn result(&self, serial: &str) -> Value {
        wait_for("the issuer's answer", || {
            Some(self.query(serial)).filter(|answer| answer["errcode"] != json!(73107))
        })
    }

    /// An order that was authorized and issued: the answer's `invoicedetail`.
    pub fn issued(&self, order_id: &str, serial: &str) -> Value {
        self.authorized(order_id);
        assert_sucesss(&self.make_out(&self.invoice(order_id, serial)));
        let answer = self.result(serial);
        assert_eq!(answer["errcode"], json!(0), "{answer}");
        answer["invoicedetail"].clone()
    }

    /// The body of clearoutinvoice for an invoice, right in every field.
    pub fn offset_of(&self, detail: &Value, serial: &str) -> Value {
        let merchant = self.server.get_json("/sandbox/v1/accounts")["merchant"].clone();
        json!({
            "wxopenid": self.server.openid(USER, MERCHANT),
            "fpqqlsh": format!("{}{serial}", merchant["code"].as_str().unwrap()),
            "nsrsbh": merchant["nsrsbh"], "nsrmc": merchant["nsrmc"],
            "yfpdm": detail["fpdm"], "yfphm": detail["fphm"],
        })
    }

    /// clearoutinvoice.
    pub fn offset(&self, body: &Value) -> Value {
        self.post("/card/invoice/clearoutinvoice", body)
    }

    /// getauthdata.
    pub fn status(&self, order_id: &str) -> Value {
        let body = json!({"s_pappid": self.server.s_pappid(), "order_id": order_id});
        self.post("/card/invoice/getauthdata", &body)
    }

    /// rejectinsert.
    pub fn reject(&self, order_id: &str) -> Value {
        let body = json!({
            "s_pappid": self.server.s_pappid(), "order_id": order_id,
            "reason": "抬头有误", "url": "http://xxx.com",
        });
        self.post("/card/invoice/rejectinsert", &body)
    }
}

/// Success, and nothing behind "ok".
pub fn assert_ok(answer: &Value) {
    assert_eq!((&answer["errcode"], &answer["errmsg"]), (&json!(0), &json!("ok")), "{answer}");
}

/// The success of sections 14 and 15.
pub fn assert_sucesss(answer: &Value) {
    assert_eq!(answer, &json!({"errcode": 0, "errmsg": "sucesss"}));
}

/// A refusal: its code, the published text first, the words that follow, and a rid at the end.
pub fn assert_refused(answer: &Value, code: i32, words: &str) {
    assert_eq!(answer["errcode"], json!(code), "{answer}");
    let text = answer["errmsg"].as_str().unwrap();
    let known = kaipiao_errcode::ErrorCode::from_number(code).expect("a code of the catalogue");
    assert!(text.starts_with(known.message()), "{text}");
    assert!(text.contains(words), "\"{words}\" is not in: {text}");
    let (_, rid) = text.rsplit_once(" rid: ").unwrap_or_else(|| panic!("no rid: {text}"));
    let parts: Vec<_> = rid.split('-').collect();
    assert!(parts.len() == 3 && parts.iter().all(|part| part.len() == 8), "{rid}");
}

/// What every answer of the API is, whatever it says (D-92).
fn api_answer(response: &ureq::http::Response<String>) -> Value {
    let text = response.body();
    assert_eq!(response.status(), 200, "{text}");
    assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
    let value: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert!(!text.ends_with('\n') && !text.contains("\":  ") && !text.contains("\": "), "{text}");
    if value.get("access_token").is_none() {
        assert!(text.starts_with("{\"errcode\":") && value["errmsg"].is_string(), "{text}");
    }
    value
}

fn noted(method: &str, path: &str, body: &str, answer: Value) -> Value {
    raised::note(method, path, body, &answer);
    documented::check(method, path, &answer);
    answer
}

fn finish(response: ureq::http::Response<ureq::Body>) -> ureq::http::Response<String> {
    let (parts, mut body) = response.into_parts();
    ureq::http::Response::from_parts(parts, body.read_to_string().unwrap())
}
