//! A merchant's server as the tests need it: a real socket that keeps what it was sent and behaves
//! as the test wants.

use kaipiao_wire::delivery::push_crypto::{EncodingAesKey, is_signature};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver as Queue, Sender, channel};
use std::sync::{Arc, Mutex};

/// The callback token of every receiver.
pub const TOKEN: &str = "AAAAA";
/// Its last character has bits that strict decoders refuse (clients A16).
pub const AES_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

/// What a receiver answers.
pub enum Reply {
    /// 200 and this body.
    Success(&'static str),
    /// Any status, with a body.
    Status(u16, String),
    /// These bytes, and the end of the connection.
    Raw(Vec<u8>),
    /// Nothing, for as long as the sender waits.
    Hang,
    /// Nothing, and the end of the connection.
    Close,
    /// 200 and this body, and then something else happens.
    Then(&'static str, Box<dyn FnOnce() + Send>),
}

/// A push as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    /// The request's path and query.
    pub target: String,
    /// The query's parameters.
    pub query: HashMap<String, String>,
    /// The headers, by their names in lower case.
    pub headers: HashMap<String, String>,
    /// The body as it came.
    pub body: String,
}

impl Received {
    /// The event in clear, once every signature has been checked. `appid` is whom it is for.
    pub fn event(&self, appid: &str) -> String {
        let of = |name: &str| self.query.get(name).map_or("", String::as_str);
        let signed = [TOKEN, of("timestamp"), of("nonce")];
        assert!(is_signature(of("signature"), &signed), "{}", self.target);
        let Some(encrypted) = element(&self.body, "Encrypt") else {
            assert_eq!((of("encrypt_type"), of("msg_signature")), ("", ""));
            return self.body.clone();
        };
        assert_eq!(of("encrypt_type"), "aes");
        let signed = [TOKEN, of("timestamp"), of("nonce"), &encrypted];
        assert!(is_signature(of("msg_signature"), &signed), "{}", self.target);
        let key = EncodingAesKey::parse(AES_KEY).unwrap();
        key.decrypt(&encrypted, appid).expect("it was encrypted for this account")
    }
}

/// The text of an element whose text is CDATA, or digits.
pub fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let text = text.strip_prefix("<![CDATA[").map_or(text, |text| text.trim_end_matches("]]>"));
    Some(text.to_owned())
}

type Behaviour = dyn Fn(usize, &Received) -> Reply + Send + Sync;

/// A merchant's server. It verifies callbacks as it should, and answers pushes as the test wants.
pub struct Receiver {
    /// Where it listens.
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    arrivals: Mutex<Queue<Received>>,
}

impl Receiver {
    /// One that answers every push with `success`.
    pub fn start() -> Self {
        Self::behaving(|_, _| Reply::Success("success"))
    }

    /// One whose answer depends on how many pushes came before, and on the push.
    pub fn behaving(behave: impl Fn(usize, &Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let (arrived, arrivals) = channel();
        let endpoint = Arc::new(Endpoint {
            behave: Box::new(behave),
            count: AtomicUsize::new(0),
            received: Arc::clone(&received),
            arrived: Mutex::new(arrived),
        });
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let endpoint = Arc::clone(&endpoint);
                std::thread::spawn(move || endpoint.serve(stream));
            }
        });
        Self { address, received, arrivals: Mutex::new(arrivals) }
    }

    /// Its callback's address.
    pub fn url(&self) -> String {
        format!("http://{}/callback?shop=1", self.address)
    }

    /// Its callback as the admin API takes it.
    pub fn settings(&self, mode: &str) -> Value {
        json!({"url": self.url(), "token": TOKEN, "encoding_aes_key": AES_KEY, "mode": mode})
    }

    /// All pushes so far.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// The next push; waits for it.
    pub fn next(&self) -> Received {
        let arrivals = self.arrivals.lock().unwrap();
        arrivals.recv_timeout(crate::PATIENCE).expect("a push arrives")
    }
}

struct Endpoint {
    behave: Box<Behaviour>,
    count: AtomicUsize,
    received: Arc<Mutex<Vec<Received>>>,
    arrived: Mutex<Sender<Received>>,
}

impl Endpoint {
    /// Serves one connection, request after request.
    fn serve(&self, mut stream: TcpStream) {
        while let Some((method, received)) = read_request(&mut stream) {
            let reply = if method == "GET" { verify(&received) } else { self.push(received) };
            if !answer(&mut stream, reply) {
                return;
            }
        }
    }

    fn push(&self, received: Received) -> Reply {
        let reply = (self.behave)(self.count.fetch_add(1, Ordering::SeqCst), &received);
        self.received.lock().unwrap().push(received.clone());
        // The test may be over.
        let _ = self.arrived.lock().unwrap().send(received);
        reply
    }
}

/// Answers with the echostr if the signature is right.
fn verify(received: &Received) -> Reply {
    let of = |name: &str| received.query.get(name).map_or("", String::as_str);
    if is_signature(of("signature"), &[TOKEN, of("timestamp"), of("nonce")]) {
        Reply::Status(200, of("echostr").to_owned())
    } else {
        Reply::Status(403, "wrong signature".to_owned())
    }
}

/// Reads a request, whole: its method, and what it holds. None: there is none, or no more.
pub fn read_request(stream: &mut TcpStream) -> Option<(String, Received)> {
    let mut bytes = Vec::new();
    let head = loop {
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let headers = text.lines().skip(1).filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    });
    let headers: HashMap<_, _> = headers.collect();
    let length = headers.get("content-length").and_then(|length| length.parse().ok());
    let length: usize = length.unwrap_or(0);
    let mut body = bytes.split_off(head);
    let arrived = body.len();
    body.resize(length.max(arrived), 0);
    stream.read_exact(&mut body[arrived..]).ok()?;
    let mut words = text.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let body = String::from_utf8(body).unwrap();
    Some((method, Received { target, query, headers, body }))
}

/// False: the connection is over.
fn answer(stream: &mut TcpStream, reply: Reply) -> bool {
    let mut then: Option<Box<dyn FnOnce() + Send>> = None;
    let (status, body) = match reply {
        Reply::Success(body) => (200, body.to_owned()),
        Reply::Then(body, what) => {
            then = Some(what);
            (200, body.to_owned())
        }
        Reply::Status(status, body) => (status, body),
        Reply::Raw(bytes) => {
            let _ = stream.write_all(&bytes);
            return false;
        }
        Reply::Hang => {
            // Reads until the sender gives up.
            while stream.read(&mut [0; 64]).is_ok_and(|read| read > 0) {}
            return false;
        }
        Reply::Close => return false,
    };
    let head = format!("HTTP/1.1 {status} Status\r\nContent-Length: {}\r\n\r\n", body.len());
    let is_sent = stream.write_all((head + &body).as_bytes()).is_ok();
    if let Some(then) = then {
        then();
    }
    is_sent
}
