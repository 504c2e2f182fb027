//! An app over a store in memory, and the requests that the tests begin with.

use crate::app::{App, Parts};
use crate::settings::Settings;
use crate::signed::Keys;
use async_trait::async_trait;
use kaipiao_blobs_directory::DirectoryBlobs;
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::invoice_number::InvoiceNumber;
use kaipiao_domain::invoicing::invoice_request::{
    Colour, InvoiceRequest, IssuerAnswer, RequestState,
};
use kaipiao_domain::invoicing::issued_invoice::IssuedInvoice;
use kaipiao_domain::invoicing::party::Party;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::money::Fen;
use kaipiao_domain::people::user::UserId;
use kaipiao_pdf_reader::{ChildReader, Program};
use kaipiao_ports::clock::Clock;
use kaipiao_ports::delivery::sender::{Incoming, Outgoing, SendError, Sender};
use kaipiao_ports::entropy::{Entropy, OsEntropy};
use kaipiao_ports::invoicing::issuer::{Issuance, Issuer};
use kaipiao_ports::invoicing::renderer::Renderer;
use kaipiao_ports::record::Save;
use kaipiao_ports::store::{Commit, Store};
use kaipiao_store_memory::MemoryStore;
use std::sync::Arc;

pub(super) const NOW: Timestamp = Timestamp::from_unix_millis(1_700_000_000_000);

/// A clock that stands still, an issuer whose numbers are its serials' last digits, and nobody who
/// sends or draws.
pub(super) struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        NOW
    }

    fn real_now(&self) -> Timestamp {
        NOW
    }
}

#[async_trait]
impl Sender for Still {
    async fn send(&self, outgoing: Outgoing) -> Result<Incoming, SendError> {
        Err(SendError::BadAddress(outgoing.url))
    }

    async fn addresses(
        &self,
        url: &str,
        _: core::time::Duration,
    ) -> Result<Vec<std::net::IpAddr>, SendError> {
        Err(SendError::BadAddress(url.to_owned()))
    }
}

#[async_trait]
impl Issuer for Still {
    async fn issue(&self, request: &InvoiceRequest, _: &Content, at: Timestamp) -> Issuance {
        let digits = request.serial.as_str().trim_start_matches(|c: char| !c.is_ascii_digit());
        IssuerAnswer::Issued(IssuedInvoice {
            number: InvoiceNumber::parse("044032411111", &format!("{digits:0>8}")).unwrap(),
            check_code: "1".repeat(20),
            at,
            specimen: true,
            machine_number: "0".repeat(12),
            from_outside: false,
            documents: Vec::new(),
        })
        .into()
    }
}

impl Renderer for Still {
    fn can_print(&self, _: char) -> bool {
        true
    }

    fn category_of(&self, _: &str) -> Option<&str> {
        None
    }

    fn pdf(&self, _: &InvoiceRequest, _: &Content, _: &IssuedInvoice) -> Vec<u8> {
        Vec::new()
    }

    fn picture(&self, _: &InvoiceRequest, _: &Content, _: &IssuedInvoice) -> String {
        String::new()
    }
}

pub(crate) fn app(store: Arc<MemoryStore>) -> App {
    app_of(store, Arc::new(Still), Arc::new(OsEntropy))
}

/// The same with another issuer.
pub(super) fn app_with(store: Arc<MemoryStore>, issuer: Arc<dyn Issuer>) -> App {
    let parts = Parts { issuer, ..parts(store, Arc::new(Still), Arc::new(OsEntropy)) };
    App::new(parts, Keys::derive(&[1; 32]), Settings::default())
}

pub(super) fn app_of(
    store: Arc<MemoryStore>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> App {
    App::new(parts(store, clock, entropy), Keys::derive(&[1; 32]), Settings::default())
}

fn parts(store: Arc<MemoryStore>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Parts {
    Parts {
        store,
        clock,
        entropy,
        sender: Arc::new(Still),
        issuer: Arc::new(Still),
        renderer: Arc::new(Still),
        blobs: Arc::new(DirectoryBlobs::new("/nowhere")),
        request_log: None,
        documents: Arc::default(),
        pdf_reader: Arc::new(ChildReader::new(Program {
            path: "/nowhere".into(),
            arguments: Vec::new(),
        })),
        node: "main".to_owned(),
    }
}

pub(super) fn merchant() -> AppId {
    AppId::parse("wx6b61697069616f31").unwrap()
}

pub(super) fn serial(text: &str) -> Serial {
    Serial::parse(text).unwrap()
}

pub(super) fn content() -> Content {
    let party = |name: &str| Party { name: name.into(), ..Party::default() };
    Content {
        seller: party("s"),
        buyer: party("b"),
        drawer: "d".into(),
        payee: String::new(),
        reviewer: String::new(),
        gross: Fen::new(113),
        net: Fen::new(100),
        tax: Fen::new(13),
        remark: String::new(),
        lines: Vec::new(),
    }
}

/// A request that runs.
pub(super) fn request(name: &str, colour: Colour) -> InvoiceRequest {
    InvoiceRequest {
        merchant: merchant(),
        serial: serial(name),
        order_id: OrderId::parse("1").unwrap(),
        asked_by: merchant(),
        user: UserId::parse("amy").unwrap(),
        paid_as: Vec::new(),
        colour,
        face: Face::Classic,
        content_number: 1,
        summary: content().summary(),
        accepted_at: NOW,
        state: RequestState::Running { since: NOW },
    }
}

pub(super) async fn commit(store: &MemoryStore, saves: Vec<Save>) {
    store.commit(Commit::of(saves)).await.unwrap();
}
