//! `kaipiao demo`: the whole flow, over real HTTP against a temporary store.
//! Every step is one line: what was sent, what came back, how long it took. The exit code is 0 only
//! if all of it held.

pub mod curl;
mod receiver;

use crate::compose;
use crate::settings::Settings;
use core::time::Duration;
use kaipiao_app::sandbox::{DEMO_ACCOUNTS, DEMO_USERS};
use receiver::Receiver;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::Instant;

/// Between two questions whether a push was delivered.
const PAUSE: Duration = Duration::from_millis(20);

/// Plays the flow.
#[expect(clippy::print_stderr, reason = "the command's own complaint")]
pub async fn run() -> ExitCode {
    match play().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("demo failed: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn play() -> Result<(), String> {
    let directory = tempfile::tempdir().map_err(|error| format!("temporary directory: {error}"))?;
    let mut settings = Settings::load(None).map_err(|error| error.to_string())?;
    settings.data = directory.path().join("data");
    settings.listen.set_port(0);
    let listening = compose::listen(&settings, None).await.map_err(|error| error.to_string())?;
    let home = listening.home_url();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(listening.serve(async move {
        // An error means that the demo is over, too.
        let _ = stopped.await;
    }));
    let receiver = Receiver::start(DEMO_ACCOUNTS[0].appid)?;
    let admin_token = compose::admin_token(&settings).map_err(|error| error.to_string())?;
    let client = Client::new(home, admin_token.unwrap_or_default());
    let played = tokio::task::spawn_blocking(move || flow(&client, &receiver))
        .await
        .map_err(|error| error.to_string())?;
    drop(stop);
    let served = server.await.map_err(|error| error.to_string())?;
    served.map_err(|error| error.to_string())?;
    played
}

/// The steps, in the order in which a merchant meets them.
fn flow(client: &Client, receiver: &Receiver) -> Result<(), String> {
    let merchant = &DEMO_ACCOUNTS[0];
    let user = DEMO_USERS[0].id;

    let accounts = client.get("what the sandbox has", "sandbox/v1/accounts")?;
    let s_pappid = text(&accounts, "s_pappid")?;

    let callback = json!({
        "url": format!("http://{}/callback", receiver.address), "token": receiver::TOKEN,
        "encoding_aes_key": receiver::AES_KEY, "mode": "safe",
    });
    let path = format!("admin/v1/accounts/{}/callback", merchant.appid);
    let set = client.put("set the callback, which is verified", &path, &callback)?;
    expect(&set["callback"], "mode", &json!("safe"))?;

    let token = client.get(
        "access token",
        &format!(
            "cgi-bin/token?grant_type=client_credential&appid={}&secret={}",
            merchant.appid, merchant.secret
        ),
    )?;
    expect(&token, "expires_in", &json!(7200))?;
    let token = text(&token, "access_token")?;

    let path = format!("cgi-bin/ticket/getticket?access_token={token}&type=wx_card");
    let ticket = text(&client.call("ticket (1)", &path, None)?, "ticket")?;

    let attribute =
        |action: &str| format!("card/invoice/setbizattr?action={action}&access_token={token}");
    let contact = json!({"contact": {"phone": "88888888", "time_out": 12345}});
    client.call("set contact (17)", &attribute("set_contact"), Some(contact.clone()))?;
    let got = client.call("get contact (18)", &attribute("get_contact"), Some(json!({})))?;
    expect(&got, "contact", &contact["contact"])?;

    let fields = json!({"auth_field": {
        "user_field": {"show_title": 1, "show_phone": 1, "require_phone": 1, "show_email": 1},
        "biz_field": {"show_title": 1, "show_tax_no": 1, "require_tax_no": 1, "custom_field": [{"key": "工号", "is_require": 1}]},
    }});
    client.call("set page fields (9)", &attribute("set_auth_field"), Some(fields))?;
    let got = client.call("get page fields (10)", &attribute("get_auth_field"), Some(json!({})))?;
    expect(&got["auth_field"]["biz_field"], "require_tax_no", &json!(1))?;

    let asked = json!({
        "s_pappid": s_pappid, "order_id": "demo-1", "money": 15900, "timestamp": 1474875876,
        "source": "web", "redirect_url": "https://shop.example/thanks", "ticket": ticket, "type": 1,
    });
    let path = format!("card/invoice/getauthurl?access_token={token}");
    let auth_url = text(&client.call("authorization link (2)", &path, Some(asked))?, "auth_url")?;

    let which = json!({"s_pappid": s_pappid, "order_id": "demo-1"});
    let status_path = format!("card/invoice/getauthdata?access_token={token}");
    let status = client.call("status before (7)", &status_path, Some(which.clone()))?;
    expect(&status, "invoice_status", &json!("never auth"))?;

    let title = json!({
        "title": "深圳市示例科技有限公司", "tax_no": "91440300MA5KP0001N",
        "custom_field": [{"key": "工号", "value": "A-007"}],
    });
    let yes = json!({"auth_url": auth_url, "user": user, "decision": "authorize", "title": {"biz_field": title}});
    let answered = client.post("the user authorizes", "sandbox/v1/authorize", &yes)?;
    expect(&answered, "result", &json!("authorized"))?;
    expect(&answered, "redirect", &json!("https://shop.example/thanks?order_id=demo-1&errcode=0"))?;

    let pushed = receiver.expect(
        "push (6), decrypted",
        &[
            "<Event><![CDATA[user_authorize_invoice]]></Event>",
            "<SuccOrderId><![CDATA[demo-1]]></SuccOrderId><FailOrderId><![CDATA[]]></FailOrderId>",
            &format!("<SPAppId><![CDATA[{s_pappid}]]></SPAppId>"),
        ],
    )?;
    client.delivered("demo-1")?;

    let status = client.call("status after (7)", &status_path, Some(which.clone()))?;
    expect(&status, "invoice_status", &json!("auth success"))?;
    expect(&status["user_auth_info"], "biz_field", &title)?;

    let (_, openid) = pushed.split_once("<FromUserName><![CDATA[").unwrap_or_default();
    let openid = openid.split_once("]]>").unwrap_or_default().0;
    issue_and_offset(client, receiver, &accounts["merchant"], openid, &token)?;

    let asked = json!({
        "s_pappid": s_pappid, "order_id": "demo-2", "money": 1, "timestamp": 1474875876,
        "source": "web", "redirect_url": "", "ticket": ticket, "type": 0,
    });
    let path = format!("card/invoice/getauthurl?access_token={token}");
    let link = client.call("another order's link (2)", &path, Some(asked))?;
    let yes = json!({"auth_url": link["auth_url"], "user": user, "decision": "authorize"});
    client.post("the user authorizes", "sandbox/v1/authorize", &yes)?;
    receiver.expect("push (6), decrypted", &["<SuccOrderId><![CDATA[demo-2]]></SuccOrderId>"])?;

    let which = json!({"s_pappid": s_pappid, "order_id": "demo-2"});
    let mut rejection = which.clone();
    rejection["reason"] = json!("抬头有误 wrong title");
    rejection["url"] = json!("https://shop.example/again");
    let path = format!("card/invoice/rejectinsert?access_token={token}");
    client.call("reject (8)", &path, Some(rejection))?;

    let status = client.call("status after rejection (7)", &status_path, Some(which))?;
    expect(&status, "invoice_status", &json!("reject insert"))?;

    let messages =
        client.get("the user's messages", &format!("sandbox/v1/messages?user={user}"))?;
    expect(&messages["messages"][0], "reason", &json!("抬头有误 wrong title"))?;
    Ok(())
}

/// Sections 14, 15, 16 and 19 for the order that was authorized.
fn issue_and_offset(
    client: &Client,
    receiver: &Receiver,
    merchant: &Value,
    openid: &str,
    token: &str,
) -> Result<(), String> {
    let (code, nsrsbh) = (text(merchant, "code")?, text(merchant, "nsrsbh")?);
    let (blue, red) = (format!("{code}demo1"), format!("{code}demo1r"));
    let path = |call: &str| format!("card/invoice/{call}?access_token={token}");
    let invoice = json!({"invoiceinfo": {
        "wxopenid": openid, "ddh": "demo-1", "fpqqlsh": blue,
        "nsrsbh": nsrsbh, "nsrmc": merchant["nsrmc"], "nsrdz": "深圳市南山区示例路9号",
        "nsrdh": "0755-80000009", "nsrbank": "示例银行深圳南山支行", "nsrbankid": "6200000000000009",
        "ghfmc": "深圳市示例科技有限公司", "ghfnsrsbh": "91440300MA5KP0001N", "kpr": "张三",
        "jshj": "159", "hjje": "135.9", "hjse": "23.1", "hylx": "0",
        "invoicedetail_list": [{
            "fphxz": "0", "spbm": "1090418010000000000", "xmmc": "洗衣机", "dw": "台", "ggxh": "60L",
            "xmsl": "1", "xmdj": "135.9", "xmje": "135.9", "sl": "0.17", "se": "23.1",
        }],
    }});
    let sent = client.call("issue (14)", &path("makeoutinvoice"), Some(invoice))?;
    expect(&sent, "errmsg", &json!("sucesss"))?;
    receiver.expect_result(&blue)?;

    let which = |serial: &str| json!({"fpqqlsh": serial, "nsrsbh": nsrsbh});
    let found = client.call("the invoice (16)", &path("queryinvoceinfo"), Some(which(&blue)))?;
    let detail = &found["invoicedetail"];
    for (member, digits) in [("fpdm", 12), ("fphm", 8), ("jym", 20), ("kprq", 14)] {
        let value = text(detail, member)?;
        if value.len() != digits || !value.bytes().all(|b| b.is_ascii_digit()) {
            return Err(format!("{member} is {value}, expected {digits} digits"));
        }
    }
    client.pdf(&text(detail, "pdfurl")?)?;

    let offset = json!({"invoiceinfo": {
        "wxopenid": openid, "fpqqlsh": red, "nsrsbh": nsrsbh, "nsrmc": merchant["nsrmc"],
        "yfpdm": detail["fpdm"], "yfphm": detail["fphm"],
    }});
    let sent = client.call("offset (15)", &path("clearoutinvoice"), Some(offset))?;
    expect(&sent, "errmsg", &json!("sucesss"))?;
    receiver.expect_result(&red)?;
    let red = client.call("the red invoice (16)", &path("queryinvoceinfo"), Some(which(&red)))?;
    if red["invoicedetail"]["fphm"] == detail["fphm"] {
        return Err(format!("the red invoice has the blue one's number: {red}"));
    }
    Ok(())
}

impl Receiver {
    /// Waits for the result of a request, which must be a success.
    fn expect_result(&self, serial: &str) -> Result<(), String> {
        self.expect(
            "result push (19), decrypted",
            &[
                "<Event><![CDATA[cloud_invoice_invoiceresult_event]]></Event>",
                &format!("<fpqqlsh><![CDATA[{serial}]]></fpqqlsh><status>100</status>"),
            ],
        )
        .map(drop)
    }

    /// Waits for a push, shows it, and wants these parts in it.
    fn expect(&self, what: &str, parts: &[&str]) -> Result<String, String> {
        let started = Instant::now();
        let event = self.next().map_err(|why| format!("{what}: {why}"))?;
        let waited_ms = started.elapsed().as_secs_f64() * 1000.0;
        print_step(what, waited_ms, "POST from the server, safe mode", &event);
        match parts.iter().find(|part| !event.contains(**part)) {
            None => Ok(event),
            Some(part) => Err(format!("{what}: {part} is not in {event}")),
        }
    }
}

fn text(answer: &Value, member: &str) -> Result<String, String> {
    let found = answer[member].as_str().map(str::to_owned);
    found.ok_or_else(|| format!("the answer has no text \"{member}\": {answer}"))
}

fn expect(answer: &Value, member: &str, expected: &Value) -> Result<(), String> {
    let found = &answer[member];
    (found == expected)
        .then_some(())
        .ok_or_else(|| format!("{member} is {found}, expected {expected}"))
}

struct Client {
    home: String,
    admin_token: String,
    agent: ureq::Agent,
}

impl Client {
    fn new(home: String, admin_token: String) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(10)));
        Self { home, admin_token, agent: config.build().into() }
    }

    /// A call of the merchant API: errcode must be 0.
    fn call(&self, what: &str, path: &str, body: Option<Value>) -> Result<Value, String> {
        let answer = match body {
            Some(body) => self.post(what, path, &body)?,
            None => self.get(what, path)?,
        };
        expect(&answer, "errcode", &json!(0)).map_err(|why| format!("{what}: {why}: {answer}"))?;
        Ok(answer)
    }

    fn get(&self, what: &str, path: &str) -> Result<Value, String> {
        self.step(what, "GET", path, "", || self.agent.get(self.address(path)).call())
    }

    fn post(&self, what: &str, path: &str, body: &Value) -> Result<Value, String> {
        let sent = body.to_string();
        self.step(what, "POST", path, &sent, || self.agent.post(self.address(path)).send(&*sent))
    }

    fn put(&self, what: &str, path: &str, body: &Value) -> Result<Value, String> {
        let sent = body.to_string();
        self.step(what, "PUT", path, "{…}", || {
            let request = self.agent.put(self.address(path));
            request.header("authorization", format!("Bearer {}", self.admin_token)).send(&*sent)
        })
    }

    /// The server knows that the order's push was delivered.
    fn delivered(&self, order_id: &str) -> Result<(), String> {
        let what = "what the server knows of the push";
        let path = format!("admin/v1/pushes?order_id={order_id}&state=delivered");
        let started = Instant::now();
        // The receiver's answer may still be on its way back.
        while started.elapsed() < Duration::from_secs(10) {
            let request = self.agent.get(self.address(&path));
            let request = request.header("authorization", format!("Bearer {}", self.admin_token));
            let mut answer = request.call().map_err(|error| format!("{what}: {error}"))?;
            let text = answer.body_mut().read_to_string().map_err(|error| error.to_string())?;
            let listing: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            let took_ms = started.elapsed().as_secs_f64() * 1000.0;
            if let Some(push) = listing["pushes"].get(0) {
                let says = format!("{} {}", push["state"], push["says"]);
                print_step(what, took_ms, &format!("GET /{path}"), &says);
                return Ok(());
            }
            pause();
        }
        Err(format!("{what}: not delivered within 10 s"))
    }

    /// The PDF at an address.
    fn pdf(&self, url: &str) -> Result<(), String> {
        let (what, started) = ("the invoice's PDF", Instant::now());
        let wrong = |error: &dyn std::fmt::Display| format!("{what}: {error}");
        let mut response = self.agent.get(url).call().map_err(|error| wrong(&error))?;
        let bytes = response.body_mut().read_to_vec().map_err(|error| wrong(&error))?;
        let took_ms = started.elapsed().as_secs_f64() * 1000.0;
        print_step(what, took_ms, &format!("GET {url}"), &format!("{} bytes", bytes.len()));
        bytes.starts_with(b"%PDF-").then_some(()).ok_or_else(|| wrong(&"it is no PDF"))
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.home)
    }

    fn step(
        &self,
        what: &str,
        method: &str,
        path: &str,
        sent: &str,
        send: impl FnOnce() -> Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Value, String> {
        let started = Instant::now();
        let mut response = send().map_err(|error| format!("{what}: {error}"))?;
        let answer =
            response.body_mut().read_to_string().map_err(|error| format!("{what}: {error}"))?;
        let took_ms = started.elapsed().as_secs_f64() * 1000.0;
        print_step(what, took_ms, &format!("{method} /{} {sent}", path_shown(path)), &answer);
        serde_json::from_str(&answer).map_err(|error| format!("{what}: {error}: {answer}"))
    }
}

#[expect(clippy::disallowed_methods, reason = "a pause in real time, of a client that waits")]
fn pause() {
    std::thread::sleep(PAUSE);
}

#[expect(clippy::print_stdout, reason = "the demo's output")]
fn print_step(what: &str, took_ms: f64, sent: &str, answer: &str) {
    println!("{took_ms:7.2} ms  {what}: {} → {}", shortened(sent, 160), shortened(answer, 240));
}

/// The path with its action, without token and secret.
fn path_shown(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let action = query.split('&').find(|pair| pair.starts_with("action="));
    action.map_or_else(|| path.to_owned(), |action| format!("{path}?{action}"))
}

fn shortened(text: &str, chars: usize) -> String {
    let mut short: String = text.trim_end().chars().take(chars).collect();
    if short.len() < text.trim_end().len() {
        short.push('…');
    }
    short
}
