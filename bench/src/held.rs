//! How long a costly request holds the thread that serves: a server in this process has one such
//! thread, a timer on it ticks each millisecond, and the ticks say how late they come.

use crate::attacks::costly_texts;
use crate::figures::Rounds;
use crate::load::on_one_thread;
use flate2::Compression;
use flate2::write::GzEncoder;
use kaipiao_app::sandbox::DEMO_ACCOUNTS;
use kaipiao_cli::compose;
use kaipiao_cli::settings::Settings;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;
const TICK: Duration = Duration::from_millis(1);
const MIB: usize = 1 << 20;
/// An invoice's lines at most.
const LINES: usize = 2_000;
const FEWER_LINES: usize = 600;

/// Measures, and prints a line a request.
pub(crate) fn run() {
    let data = tempfile::tempdir().expect("a temporary directory");
    let server = Served::start(data.path());
    println!("the serving thread's longest delay in ms, median and largest of {ROUNDS}");
    server.measure("quiet", |_| std::thread::park_timeout(Duration::from_millis(300)));
    let padded = format!("{{\"order_id\":\"none\"{}}}", " ".repeat(MIB - 32));
    server.measure("1 MiB of blanks", |_| drop(server.call("getauthdata", &padded)));
    let items = r#"{"a":1},"#.repeat(MIB / 8 - 100);
    let list = format!("{{\"invoicedetail_list\":[{items}{{}}]}}");
    server.measure("100,000 items", |_| drop(server.call("makeoutinvoice", &list)));
    server.measure("the same as gzip", |_| server.packed("makeoutinvoice", &list));
    let texts = costly_texts().to_string();
    server.measure("600 lines of rare characters", |_| drop(server.call("makeoutinvoice", &texts)));
    let orders: Vec<_> = (0..2 * ROUNDS).map(|n| server.authorized(n)).collect();
    server.measure("2,000 lines, and their issuing", |n| server.issue(&orders[n], n, LINES));
    let shorter = |n: usize| ROUNDS + n;
    server.measure("600 lines, and their issuing", |n| {
        server.issue(&orders[shorter(n)], shorter(n), FEWER_LINES);
    });
    let pdfs: Vec<_> = (0..ROUNDS).map(|n| server.pdf_url(n)).collect();
    server.measure("their PDF", |n| server.fetch(&pdfs[n]));
    let to_picture = |url: &String| url.replace("/pdf/", "/svg/").replace(".pdf", ".svg");
    server.measure("their picture", |n| server.fetch(&to_picture(&pdfs[n])));
    server.measure("their offset", |n| server.offset(&orders[n], n));
    server.measure("the offset of 600 lines", |n| {
        server.offset(&orders[shorter(n)], shorter(n));
    });
}

struct Served {
    base: String,
    token: String,
    s_pappid: String,
    worst_us: Arc<AtomicU64>,
}

impl Served {
    fn start(data: &Path) -> Self {
        let mut settings = Settings::load(None).expect("the defaults stand");
        settings.data = data.to_owned();
        settings.listen.set_port(0);
        let worst_us = Arc::new(AtomicU64::new(0));
        let (ready, is_ready) = std::sync::mpsc::channel();
        let ticks = Arc::clone(&worst_us);
        std::thread::spawn(move || {
            on_one_thread(async {
                let listening = compose::listen(&settings, None).await.expect("it listens");
                ready.send(listening.home_url()).expect("it is waited for");
                tokio::spawn(tick(ticks));
                listening.serve(std::future::pending()).await.expect("it runs");
            });
        });
        let base = is_ready.recv().expect("it starts").trim_end_matches('/').to_owned();
        let demo = &DEMO_ACCOUNTS[0];
        let get = |path: &str| -> Value {
            let mut answer = ureq::get(format!("{base}{path}")).call().expect("it answers");
            answer.body_mut().read_json().expect("in JSON")
        };
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let token = text(
            &get(&format!(
                "/cgi-bin/token?grant_type=client_credential&appid={}&secret={}",
                demo.appid, demo.secret
            ))["access_token"],
        );
        let s_pappid = text(&get("/sandbox/v1/accounts")["s_pappid"]);
        let served = Self { base, token, s_pappid, worst_us };
        let contact = json!({"contact": {"phone": "1", "time_out": 1}}).to_string();
        served.call("setbizattr?action=set_contact", &contact);
        served
    }

    /// Notes how late ticks are while something happens, a few times.
    fn measure(&self, name: &str, happens: impl Fn(usize)) {
        let (mut worst, mut rounds) = (0.0_f64, Rounds::default());
        for n in 0..ROUNDS {
            self.worst_us.store(0, Ordering::SeqCst);
            happens(n);
            let late = Duration::from_micros(self.worst_us.load(Ordering::SeqCst));
            let late_ms = late.as_secs_f64() * 1000.0;
            rounds.push(late_ms);
            worst = worst.max(late_ms);
        }
        println!("{name:<32}  {:6.1}  {worst:6.1}", rounds.median());
    }

    fn url(&self, call: &str) -> String {
        let joint = if call.contains('?') { '&' } else { '?' };
        format!("{}/card/invoice/{call}{joint}access_token={}", self.base, self.token)
    }

    fn call(&self, call: &str, body: &str) -> Value {
        let mut answer = ureq::post(self.url(call)).send(body).expect("it answers");
        answer.body_mut().read_json().expect("in JSON")
    }

    fn packed(&self, call: &str, body: &str) {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(body.as_bytes()).expect("memory takes it");
        let packed = packed.finish().expect("memory takes it");
        let request = ureq::post(self.url(call)).header("content-encoding", "gzip");
        request.send(&packed[..]).expect("it answers");
    }

    fn fetch(&self, url: &str) {
        ureq::get(url).call().expect("it answers").body_mut().read_to_vec().expect("whole");
    }

    /// An order that a user has authorized: their openid.
    fn authorized(&self, n: usize) -> String {
        let path = "/cgi-bin/ticket/getticket?type=wx_card&access_token=";
        let mut ticket =
            ureq::get(format!("{}{path}{}", self.base, self.token)).call().expect("it answers");
        let ticket: Value = ticket.body_mut().read_json().expect("in JSON");
        let asked = json!({
            "s_pappid": self.s_pappid, "order_id": format!("held{n}"), "money": 1, "timestamp": 1,
            "source": "wxa", "ticket": ticket["ticket"], "type": 0,
        });
        let link = self.call("getauthurl", &asked.to_string());
        let yes = json!({"auth_url": link["auth_url"], "user": "lina", "decision": "authorize"});
        ureq::post(format!("{}/sandbox/v1/authorize", self.base))
            .send(yes.to_string())
            .expect("it is authorized");
        let mut known =
            ureq::get(format!("{}/sandbox/v1/accounts", self.base)).call().expect("it answers");
        let known: Value = known.body_mut().read_json().expect("in JSON");
        let users = known["users"].as_array().expect("users");
        let lina = users.iter().find(|user| user["id"] == "lina").expect("a demo user");
        lina["openids"][DEMO_ACCOUNTS[0].appid].as_str().expect("text").to_owned()
    }

    /// makeoutinvoice of so many lines of one yuan, and the wait for its result.
    fn issue(&self, openid: &str, n: usize, count: usize) {
        let line = |index: usize| {
            let name: String = (0..20_u32)
                .filter_map(|at| {
                    let index = u32::try_from(index).ok()?;
                    char::from_u32(0x4e00 + (index * 7919 + at * 104_729) % 20_000)
                })
                .collect();
            json!({
                "fphxz": "0", "spbm": "1090418010000000000", "xmmc": name, "xmsl": "1",
                "xmdj": "1", "xmje": "1", "sl": "0.13", "se": "0.13",
            })
        };
        let lines: Vec<_> = (0..count).map(line).collect();
        let total = |fen: usize| format!("{}.{:02}", count * fen / 100, count * fen % 100);
        let body = json!({"invoiceinfo": {
            "wxopenid": openid, "ddh": format!("held{n}"), "fpqqlsh": serial(n),
            "nsrsbh": "91440300MA5KP0009F", "nsrmc": "开票示例商城有限公司", "nsrdz": "深圳",
            "nsrdh": "1", "nsrbank": "示例银行", "nsrbankid": "2", "ghfmc": "李娜", "kpr": "张三",
            "jshj": total(113), "hjje": total(100), "hjse": total(13), "invoicedetail_list": lines,
        }});
        let answer = self.call("makeoutinvoice", &body.to_string());
        assert_eq!(answer["errcode"], 0, "{answer}");
        self.wait_for(&serial(n));
    }

    /// clearoutinvoice, and the wait for its result.
    fn offset(&self, openid: &str, n: usize) {
        let blue = &self.queried(&serial(n))["invoicedetail"];
        let red = format!("{}red", serial(n));
        let body = json!({"invoiceinfo": {
            "wxopenid": openid, "fpqqlsh": red, "nsrsbh": "91440300MA5KP0009F",
            "nsrmc": "开票示例商城有限公司", "yfpdm": blue["fpdm"], "yfphm": blue["fphm"],
        }});
        let answer = self.call("clearoutinvoice", &body.to_string());
        assert_eq!(answer["errcode"], 0, "{answer}");
        self.wait_for(&red);
    }

    fn wait_for(&self, serial: &str) {
        while self.queried(serial)["errcode"] == 73107 {
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    fn queried(&self, serial: &str) -> Value {
        let asked = json!({"fpqqlsh": serial, "nsrsbh": "91440300MA5KP0009F"});
        self.call("queryinvoceinfo", &asked.to_string())
    }

    fn pdf_url(&self, n: usize) -> String {
        let answer = self.queried(&serial(n));
        answer["invoicedetail"]["pdfurl"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
}

fn serial(n: usize) -> String {
    format!("2ff836held{n}")
}

/// Ticks, and keeps by how much a tick was too late at most.
async fn tick(worst_us: Arc<AtomicU64>) {
    let mut ticks = tokio::time::interval(TICK);
    loop {
        let expected = Instant::now() + TICK;
        ticks.reset();
        ticks.tick().await;
        let late = Instant::now().saturating_duration_since(expected);
        worst_us.fetch_max(u64::try_from(late.as_micros()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }
}
