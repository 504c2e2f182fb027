//! Traces, as a collector gets them.

use crate::{Served, get};
use kaipiao_testkit::addresses::Refusing;
use kaipiao_tests::{TestServer, wait_for};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// A collector that takes OTLP over HTTP.
struct Collector {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<(String, ExportTraceServiceRequest)>>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<_>>>::default();
        let taken = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let taken = Arc::clone(&taken);
                std::thread::spawn(move || {
                    let mut stream = BufReader::new(stream);
                    while let Some(request) = take(&mut stream) {
                        taken.lock().unwrap().push(request);
                    }
                });
            }
        });
        Self { address, requests }
    }

    fn spans(&self) -> Vec<Span> {
        let requests = self.requests.lock().unwrap();
        let resources = requests.iter().flat_map(|(_, request)| &request.resource_spans);
        resources.flat_map(|one| &one.scope_spans).flat_map(|one| one.spans.clone()).collect()
    }

    /// The spans of the trace that the span with this attribute belongs to.
    fn trace_of(&self, key: &str, value: &str) -> Option<Vec<Span>> {
        let spans = self.spans();
        let found = spans.iter().find(|span| attribute(&span.attributes, key) == Some(value))?;
        let trace = found.trace_id.clone();
        Some(spans.into_iter().filter(|span| span.trace_id == trace).collect())
    }
}

/// Reads a request, and answers that all of it was taken. None: there is no more.
fn take(stream: &mut BufReader<TcpStream>) -> Option<(String, ExportTraceServiceRequest)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).unwrap_or(0) == 0 {
            return None;
        }
    }
    let lower = head.to_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).ok()?;
    let answer =
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";
    stream.get_mut().write_all(answer.as_bytes()).ok()?;
    Some((lower, ExportTraceServiceRequest::decode(&*body).expect("it is OTLP")))
}

fn attribute<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    let value = attributes.iter().find(|attribute| attribute.key == key)?.value.as_ref()?;
    match value.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

fn started(data: &Path, telemetry: &str) -> Served {
    let config = data.join("config.toml");
    std::fs::write(&config, format!("[log]\nfilter = \"warn\"\n[telemetry]\n{telemetry}")).unwrap();
    let arguments = ["--config", config.to_str().unwrap()];
    let header = Some(("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=shop"));
    Served::start_with(&data.join("data"), &arguments, header)
}

#[test]
fn a_collector_gets_requests_with_their_rid_and_commits_whatever_is_logged() {
    let data = tempfile::tempdir().unwrap();
    let collector = Collector::start();
    let endpoint = format!("otlp_endpoint = \"http://{}/\"", collector.address);
    let served = started(data.path(), &endpoint);
    let server = TestServer::beside(&served.home);
    let refused = get(&format!("{}cgi-bin/ticket/getticket", served.home));
    let rid = refused["errmsg"].as_str().unwrap().rsplit_once("rid: ").unwrap().1.to_owned();
    let client = server.merchant();
    client.issued("1", "K1");
    // What waits is sent at the stop.
    served.stop();
    let trace = collector.trace_of("rid", &rid).expect("the refused request was exported");
    assert_eq!(trace.len(), 1, "{trace:?}");
    let spans = collector.spans();
    for name in ["commit", "push attempt", "issuing"] {
        assert!(spans.iter().any(|span| span.name == name), "no {name} in {spans:?}");
    }
    let requests: Vec<_> = spans.iter().filter(|span| span.name == "request").collect();
    let asked = requests
        .iter()
        .find(|span| attribute(&span.attributes, "route") == Some("/card/invoice/makeoutinvoice"))
        .expect("the request is exported");
    let of_it: Vec<_> = spans.iter().filter(|span| span.trace_id == asked.trace_id).collect();
    let commit = of_it.iter().find(|span| span.name == "commit").expect("it has committed");
    assert_eq!(commit.parent_span_id, asked.span_id);
    assert!(commit.end_time_unix_nano >= commit.start_time_unix_nano);
    let requests = collector.requests.lock().unwrap();
    let (head, first) = &requests[0];
    assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
    assert!(head.contains("content-type: application/x-protobuf"), "{head}");
    assert!(head.contains("x-tenant: shop"), "{head}");
    let resource = first.resource_spans[0].resource.as_ref().unwrap();
    assert_eq!(attribute(&resource.attributes, "service.name"), Some("kaipiao"));
    let told = format!("{requests:?}");
    let secret = kaipiao_app::sandbox::DEMO_ACCOUNTS[0].secret;
    // A refusal's words show where a token belongs.
    let told = told.replace("access_token=…", "");
    assert!(!told.contains(secret) && !told.contains("access_token="), "{told}");
}

#[test]
fn sample_percent_exports_fewer_traces() {
    let data = tempfile::tempdir().unwrap();
    let collector = Collector::start();
    let endpoint = format!("otlp_endpoint = \"http://{}\"\nsample_percent = 1", collector.address);
    let served = started(data.path(), &endpoint);
    for _ in 0..200 {
        get(&format!("{}cgi-bin/ticket/getticket", served.home));
    }
    served.stop();
    let exported = collector.spans().iter().filter(|span| span.name == "request").count();
    // More than 60 of 200 at one in a hundred happens to nobody.
    assert!(exported < 60, "{exported}");
}

#[test]
fn a_collector_that_is_away_or_hangs_holds_up_no_answer_and_no_stop_and_is_logged_once() {
    // It accepts, and never answers.
    let hangs = TcpListener::bind("127.0.0.1:0").unwrap();
    let away = Refusing::bind();
    for (address, is_logged) in [(away.address, true), (hangs.local_addr().unwrap(), false)] {
        let data = tempfile::tempdir().unwrap();
        let endpoint = format!("otlp_endpoint = \"http://{address}\"\n[limits]\nshutdown_ms = 500");
        let served = started(data.path(), &endpoint);
        for _ in 0..50 {
            get(&format!("{}cgi-bin/ticket/getticket", served.home));
        }
        if is_logged {
            let words = "telemetry.otlp_endpoint takes no spans";
            wait_for("it is logged", || served.log().contains(words).then_some(()));
        }
        let stopping = std::time::Instant::now();
        let log = served.stop();
        assert!(stopping.elapsed() < std::time::Duration::from_secs(10), "{log}");
        assert!(log.matches("takes no spans").count() <= 1, "{log}");
        // What was tried and not taken is lost, and no longer waits.
        let waits = !is_logged;
        assert!(!waits || log.contains("the last spans may not have reached"), "{log}");
    }
}
