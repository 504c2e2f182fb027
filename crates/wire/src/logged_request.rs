//! A request of the log as JSON, for operators and for `/errors/rid`.

use kaipiao_domain::refusal::Compared;
use serde::Serialize;

/// A value that was compared, and what it was compared with.
#[derive(Serialize)]
pub struct ComparedJson {
    /// The member's name.
    pub name: String,
    /// What was expected.
    pub expected: String,
    /// What came.
    pub came: String,
    /// Whether that is why.
    pub differs: bool,
}

impl From<Compared> for ComparedJson {
    fn from(Compared { name, expected, came, differs }: Compared) -> Self {
        Self { name, expected, came, differs }
    }
}

/// The same comparisons, with the values named as the wire calls them (sections 14 to 16).
pub fn named_on_the_wire(mut compared: Vec<Compared>) -> Vec<Compared> {
    for one in &mut compared {
        match &*one.name {
            "serial" => one.name = "fpqqlsh".to_owned(),
            "tax_id" => one.name = "nsrsbh".to_owned(),
            _ => {}
        }
    }
    compared
}

/// A request in a listing.
#[derive(Serialize)]
pub struct RequestHead {
    /// Its place in the log, growing with time.
    pub id: String,
    /// Its request id.
    pub rid: String,
    /// When it came, in unix milliseconds of real time.
    pub at_ms: i64,
    /// The same by the server's clock, which a sandbox moves.
    pub clock_ms: i64,
    /// How long its answer took, in microseconds.
    pub took_us: u64,
    /// The account's appid, or the pay merchant's mchid; empty: nobody's.
    pub appid: String,
    /// Whether the request has proved that it is the account's, by a token; otherwise it only names the account.
    #[serde(rename = "proved")]
    pub is_proved: bool,
    /// The HTTP method.
    pub method: String,
    /// The route; empty: there is none at this path.
    pub route: String,
    /// Path and query, secrets masked.
    pub path: String,
    /// Whom it is from; empty: not known.
    pub client: String,
    /// The answer's HTTP status.
    pub status: u16,
    /// The answer's code; empty: it has none.
    pub errcode: String,
    /// The orders that it names.
    pub order_ids: Vec<String>,
    /// How long its body was, in bytes.
    pub request_bytes: u64,
    /// How long the answer's was.
    pub answer_bytes: u64,
}

/// A request with its bodies.
#[derive(Serialize)]
pub struct RequestDetail {
    /// As in a listing.
    #[serde(flatten)]
    pub head: RequestHead,
    /// What the refusal compared; empty: nothing.
    pub compared: Vec<ComparedJson>,
    /// The beginning of its body, secrets masked; null: it is no text.
    pub request_body: Option<String>,
    /// The same of the answer's.
    pub answer_body: Option<String>,
}
