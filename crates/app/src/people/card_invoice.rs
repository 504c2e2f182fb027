//! What a card shows: an invoice that was issued here, or one that a platform has inserted.

use crate::app::App;
use crate::failure::Failure;
use crate::invoicing::requests;
use crate::reimbursement::status_push::CardOrder;
use crate::store_access::get;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::platform::inserted_invoice::InsertedInvoice;
use kaipiao_ports::record::Key;
use kaipiao_records::people::card::{card_key_of, card_key_of_inserted};
use kaipiao_records::platform::inserted_invoice::inserted_key;

/// A merchant's invoice, wherever it was issued.
pub(crate) enum CardInvoice {
    /// The request that it was issued to here.
    Issued(Box<InvoiceRequest>),
    /// It was issued elsewhere.
    Inserted(Box<InsertedInvoice>),
}

impl CardInvoice {
    /// The invoice with that name among a merchant's.
    pub(crate) async fn find(
        app: &App,
        merchant: &AppId,
        serial: &Serial,
    ) -> Result<Option<Self>, Failure> {
        if serial.is_inserted() {
            let inserted = inserted(app, merchant, serial).await?;
            return Ok(inserted.map(|inserted| Self::Inserted(Box::new(inserted))));
        }
        let request = requests::find(app, merchant, serial).await?;
        Ok(request.map(|request| Self::Issued(Box::new(request))))
    }

    /// The order that it is for.
    pub(crate) fn order_id(&self) -> &OrderId {
        match self {
            Self::Issued(request) => &request.order_id,
            Self::Inserted(inserted) => &inserted.order_id,
        }
    }

    /// The same, as pushes about its card have it.
    pub(crate) fn card_order(&self) -> CardOrder<'_> {
        match self {
            Self::Issued(request) => CardOrder::from(&**request),
            Self::Inserted(inserted) => CardOrder::from(&**inserted),
        }
    }

    /// The key of its card; None: it has none.
    pub(crate) fn card_key(&self) -> Option<Key> {
        match self {
            Self::Issued(request) => card_key_of(request),
            Self::Inserted(inserted) => Some(card_key_of_inserted(inserted)),
        }
    }
}

/// The invoice that a platform has inserted under that name.
pub(crate) async fn inserted(
    app: &App,
    merchant: &AppId,
    serial: &Serial,
) -> Result<Option<InsertedInvoice>, Failure> {
    get(app, &inserted_key(merchant, serial)).await
}
