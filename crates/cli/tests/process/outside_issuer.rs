//! The example issuer (examples/issuer.py) as a process of its own, and servers that die while it answers.

use crate::{Served, kaipiao};
use kaipiao_tests::{
    Client, MERCHANT, PLATFORM, TestServer, assert_refused, assert_sucesss, wait_for, wait_until,
};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const SECRET: &str = "a-secret-of-both-sides-0123456789";

/// The example, with its invoices in a directory.
struct Example {
    process: Child,
    address: SocketAddr,
    /// What it has issued: serial, code and number of each line.
    issued: Arc<Mutex<Vec<String>>>,
}

impl Example {
    fn start(place: &Path) -> Self {
        Self::start_with(place, &[])
    }

    fn start_with(place: &Path, arguments: &[&str]) -> Self {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/issuer.py");
        let mut process = Command::new("python3")
            .arg(example)
            .args(["--port", "0", "--secret-file"])
            .arg(secret_file(place))
            .arg("--data")
            .arg(place.join("issuer.sqlite3"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python3 is installed");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let first = lines.next().expect("the example starts");
        let address = first.strip_prefix("listens on http://").unwrap().parse().unwrap();
        let issued = Arc::<Mutex<Vec<String>>>::default();
        let telling = Arc::clone(&issued);
        std::thread::spawn(move || {
            for line in lines {
                let invoice = line.strip_prefix("issued ").expect("it says nothing else");
                telling.lock().unwrap().push(invoice.to_owned());
            }
        });
        Self { process, address, issued }
    }

    /// All that it has issued, once it has told of so many.
    fn issued(&self, at_least: usize) -> Vec<String> {
        let issued = || self.issued.lock().unwrap();
        wait_until("the example tells what it issued", || issued().len() >= at_least);
        issued().clone()
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn secret_file(place: &Path) -> PathBuf {
    let path = place.join("issuer-secret");
    std::fs::write(&path, format!("{SECRET}\n")).unwrap();
    path
}

fn config(place: &TempDir, issuer: &str) -> PathBuf {
    let path = place.path().join("config.toml");
    let secret = secret_file(place.path());
    std::fs::write(&path, format!("[issuing]\nurl = \"{issuer}\"\nsecret_file = {secret:?}"))
        .unwrap();
    path
}

#[test]
fn an_issuer_that_is_no_merchants_is_told_in_the_log() {
    let place = tempfile::tempdir().unwrap();
    let secret = secret_file(place.path());
    let unknown = "wx00000000000000ff";
    let settings = [MERCHANT, PLATFORM, unknown].map(|appid| {
        format!(
            "[issuing.merchants.{appid}]\nurl = \"http://127.0.0.1:9\"\nsecret_file = {secret:?}\n"
        )
    });
    let config = place.path().join("config.toml");
    std::fs::write(&config, settings.concat()).unwrap();
    let data = place.path().join("data");
    let log = Served::start(&data, &["--config", config.to_str().unwrap()]).stop();
    let is_told = |appid: &str| {
        let table = format!("issuing.merchants.{appid}");
        log.lines().any(|line| line.contains("no merchant has this appid") && line.contains(&table))
    };
    assert_eq!([MERCHANT, PLATFORM, unknown].map(is_told), [false, true, true], "{log}");
}

/// Stands between server and issuer, and holds each answer until the test says what becomes of it.
struct Between {
    address: SocketAddr,
    answers: Receiver<Held>,
}

/// An answer that the issuer has given, and the server has not had yet.
struct Held {
    server: TcpStream,
    answer: Vec<u8>,
}

impl Held {
    /// Whether it is a document, and so no JSON.
    fn is_document(&self) -> bool {
        String::from_utf8_lossy(&self.answer).contains("application/octet-stream")
    }

    fn pass(mut self) {
        // The server may have died meanwhile.
        let _ = self.server.write_all(&self.answer);
    }
}

impl Between {
    fn before(issuer: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (hold, answers) = channel();
        std::thread::spawn(move || {
            for mut server in listener.incoming().map_while(Result::ok) {
                let Some(question) = read_request(&mut server) else { continue };
                let mut connection = TcpStream::connect(issuer).unwrap();
                connection.write_all(&question).unwrap();
                let mut answer = Vec::new();
                connection.read_to_end(&mut answer).unwrap();
                if hold.send(Held { server, answer }).is_err() {
                    return;
                }
            }
        });
        Self { address, answers }
    }

    fn next(&self) -> Held {
        self.answers.recv_timeout(kaipiao_tests::PATIENCE).expect("the issuer is asked")
    }
}

/// One request, head and body.
fn read_request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut reader = BufReader::new(stream);
    let (mut request, mut length) = (Vec::new(), 0);
    loop {
        let before = request.len();
        reader.read_until(b'\n', &mut request).ok().filter(|read| *read > 0)?;
        let line = String::from_utf8_lossy(&request[before..]).to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.extend(body);
    Some(request)
}

fn kill(mut served: Served) {
    // SIGKILL.
    served.process.kill().unwrap();
    served.process.wait().unwrap();
}

fn places(client: &Client<'_>, order: &str) {
    client.authorized(order);
    assert_sucesss(&client.make_out(&client.invoice(order, &format!("K{order}"))));
}

#[test]
fn a_serial_is_issued_once_however_often_the_server_dies_before_it_has_recorded_the_answer() {
    let place = tempfile::tempdir().unwrap();
    let example = Example::start(place.path());
    let between = Between::before(example.address);
    let config = config(&place, &format!("http://{}", between.address));
    let data = place.path().join("data");
    let start = || Served::start(&data, &["--config", config.to_str().unwrap()]);
    let orders = ["1", "2", "3"];
    for order in orders {
        let served = start();
        places(&TestServer::beside(&served.home).merchant(), order);
        // The issuer has issued; the server dies before it hears of it.
        let held = between.next();
        kill(served);
        drop(held);
        // Asked by the next process, it says the same; that one dies too, and again.
        for _ in 0..2 {
            let served = start();
            let held = between.next();
            kill(served);
            drop(held);
        }
        // This one dies as soon as it can have heard of it: recorded or not.
        let served = start();
        between.next().pass();
        kill(served);
        let served = start();
        let server = TestServer::beside(&served.home);
        let client = server.merchant();
        let serial = format!("K{order}");
        let found = wait_for("the invoice", || {
            between.answers.try_iter().for_each(Held::pass);
            Some(client.query(&serial)).filter(|answer| answer["errcode"] != json!(73107))
        });
        let number = &found["invoicedetail"]["fphm"];
        assert_eq!((&found["errcode"], number), (&json!(0), &json!(format!("{order:0>8}"))));
        served.stop();
    }
    let once = orders.map(|order| format!("2ff836K{order} 044001900111 {order:0>8}"));
    assert_eq!(example.issued(once.len()), once);
    // No numbers were allotted, and none are missed.
    let output = kaipiao().args(["check", "--json", "--data"]).arg(&data).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["holds"], &report["checked"]["number_ranges"]), (&json!(true), &json!(0)));
}

#[test]
fn the_example_issues_offsets_refuses_and_is_found_well() {
    let place = tempfile::tempdir().unwrap();
    let example = Example::start(place.path());
    let config = config(&place, &format!("http://{}", example.address));
    let data = place.path().join("data");
    let arguments = ["--config", config.to_str().unwrap()];
    let examined = || -> Value {
        let command = ["doctor", "--json", "--listen", "127.0.0.1:0", "--data"];
        let output = kaipiao().args(command).arg(&data).args(arguments).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap();
        findings.iter().find(|finding| finding["subject"] == "issuer").unwrap().clone()
    };
    let well = examined();
    assert_eq!((&well["level"], &well["advice"]), (&json!("ok"), &json!("")), "{well}");
    let served = Served::start(&data, &arguments);
    let server = TestServer::beside(&served.home);
    let client = server.merchant();
    let blue = client.issued("1", "A1");
    assert_sucesss(&client.offset(&client.offset_of(&blue, "A1r")));
    assert_eq!(client.result("A1r")["invoicedetail"]["fphm"], "00000002");
    let told = example.issued(2);
    assert_eq!(told, ["2ff836A1 044001900111 00000001", "2ff836A1r 044001900111 00000002"]);
    // An issuer that has lost its invoices knows of no blue one.
    let second = client.issued("2", "A2");
    let address = example.address;
    drop(example);
    std::fs::remove_file(place.path().join("issuer.sqlite3")).unwrap();
    assert_sucesss(&client.offset(&client.offset_of(&second, "A2r")));
    assert_refused(&client.result("A2r"), 73100, "the issuer cannot be reached");
    let gone = examined();
    assert_eq!(gone["level"], "error", "{gone}");
    assert!(gone["found"].as_str().unwrap().contains("cannot be reached"), "{gone}");
    served.stop();
    let other = Example::start(place.path());
    assert_ne!(other.address, address);
    let config = self::config(&place, &format!("http://{}", other.address));
    let served = Served::start(&data, &["--config", config.to_str().unwrap()]);
    let server = TestServer::beside(&served.home);
    let client = server.merchant();
    assert_sucesss(&client.offset(&client.offset_of(&second, "A2r")));
    assert_refused(&client.result("A2r"), 73000, "没有开具过 2ff836A2");
    let log = served.stop();
    assert!(!log.contains(SECRET), "{log}");
    // In production too the settings may name a private address.
    let sandbox = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("mode = \"production\"\n{sandbox}")).unwrap();
    let well = examined();
    assert_eq!(well["level"], "ok", "{well}");
    // Another secret: neither side believes the other.
    std::fs::write(place.path().join("issuer-secret"), "x".repeat(32)).unwrap();
    let forged = examined();
    assert!(forged["found"].as_str().unwrap().contains("status 401"), "{forged}");
    assert!(forged["advice"].as_str().unwrap().contains("the same secret"), "{forged}");
}

/// The files of documents in a data directory, and what is in each.
fn documents(data: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut folders = vec![data.join("files")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name());
            if path.is_dir() {
                folders.push(path);
            } else if name.to_str().unwrap().starts_with("invoice-") {
                let bytes = std::fs::read(&path).unwrap();
                found.push((path, bytes));
            }
        }
    }
    found
}

#[test]
fn a_node_that_dies_between_a_document_and_its_commit_loses_nothing() {
    let place = tempfile::tempdir().unwrap();
    let example = Example::start_with(place.path(), &["--documents"]);
    let between = Between::before(example.address);
    let config = config(&place, &format!("http://{}", between.address));
    let data = place.path().join("data");
    let start = || Served::start(&data, &["--config", config.to_str().unwrap()]);
    let served = start();
    places(&TestServer::beside(&served.home).merchant(), "1");
    let mut served = Some(served);
    for round in 1..=2 {
        // The invoice, and its PDF: it lies there, and nothing names it yet.
        between.next().pass();
        let pdf = between.next();
        assert!(pdf.is_document());
        pdf.pass();
        // Whose answer does not come any more: the XML's.
        let xml = between.next();
        assert!(xml.is_document());
        assert_eq!(documents(&data).len(), round);
        kill(served.take().unwrap());
        drop(xml);
        served = Some(start());
    }
    let served = served.unwrap();
    let server = TestServer::beside(&served.home);
    let client = server.merchant();
    let found = wait_for("the invoice", || {
        between.answers.try_iter().for_each(Held::pass);
        Some(client.query("K1")).filter(|answer| answer["errcode"] != json!(73107))
    });
    let detail = &found["invoicedetail"];
    assert_eq!((&found["errcode"], &detail["fphm"]), (&json!(0), &json!("00000001")));
    assert_eq!(example.issued(1), ["2ff836K1 044001900111 00000001"]);
    let url = detail["pdfurl"].as_str().unwrap();
    let pdf = server.get_raw_bytes(url);
    assert!(pdf.starts_with(b"%PDF-1.4") && server.pdf_text(detail).contains("00000001"));
    let xml = server.get_raw_bytes(&url.replace("/invoice/pdf/", "/invoice/xml/"));
    assert!(String::from_utf8(xml).unwrap().contains("number=\"044001900111 00000001\""));
    // Two that nobody names, for the collector, and the two that the invoice has: a backup has them too.
    let lying = documents(&data);
    let pdfs = lying.iter().filter(|(_, bytes)| *bytes == pdf).count();
    assert_eq!((lying.len(), pdfs), (4, 3));
    let copy = place.path().join("copy");
    let backup = kaipiao().arg("backup").arg(&copy).arg("--data").arg(&data).output().unwrap();
    assert!(backup.status.success(), "{backup:?}");
    served.stop();
    let check = |expected: bool| {
        let output = kaipiao().args(["check", "--json", "--data"]).arg(&data).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["holds"], json!(expected), "{report:#}");
        report.to_string()
    };
    check(true);
    // Restored, the invoice has its PDF; without the files the check misses it.
    let restored = place.path().join("restored");
    std::fs::create_dir(&restored).unwrap();
    std::fs::rename(&copy, restored.join("kaipiao.sqlite3")).unwrap();
    std::fs::rename(place.path().join("copy.files"), restored.join("files")).unwrap();
    std::fs::copy(data.join("server.key"), restored.join("server.key")).unwrap();
    let served = Served::start(&restored, &[]);
    let server = TestServer::beside(&served.home);
    assert_eq!(server.merchant().query("K1")["errcode"], json!(0));
    let path = url.split_once("/invoice/").unwrap().1;
    assert_eq!(server.bytes("GET", &format!("/invoice/{path}"), &[]).2, pdf);
    served.stop();
    lying.iter().for_each(|(path, _)| std::fs::remove_file(path).unwrap());
    assert!(check(false).contains("document_file"));
}
