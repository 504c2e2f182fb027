//! Cards & Offers: the invoices that a user holds (facts 4.5).

use crate::{App, Failure};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::invoice_request::{InvoiceRequest, IssuedInvoice, Serial};
use kaipiao_domain::people::card::InvoiceCard;
use kaipiao_domain::people::user::UserId;
use kaipiao_ports::store::{Kind, Page, PageOrder};
use kaipiao_records::people::card::card_key;
use kaipiao_records::record;
use kaipiao_wire::invoicing::s16_query::{pdf_name, read_pdf_name};

/// A card, and where it leads.
#[derive(Clone, Debug)]
pub struct HeldCard {
    /// The card.
    pub card: InvoiceCard,
    /// The name of its invoice in addresses.
    pub name: String,
}

/// A page of a wallet, newest first.
#[derive(Clone, Debug)]
pub struct WalletPage {
    /// The cards.
    pub cards: Vec<HeldCard>,
    /// Where the next page begins; None: this is the last.
    pub next: Option<String>,
}

/// An invoice as its user sees it.
#[derive(Clone, Debug)]
pub struct HeldInvoice {
    /// The request that it was issued to.
    pub request: InvoiceRequest,
    /// It.
    pub invoice: IssuedInvoice,
    /// The name of the red invoice that has taken it back; None: it stands.
    pub red_name: Option<String>,
}

/// So many cards are on a page.
const PAGE: usize = 20;

impl App {
    /// A page of a user's cards, from behind `after` ([`WalletPage::next`] of the page before).
    pub async fn wallet(&self, user: &UserId, after: Option<&str>) -> Result<WalletPage, Failure> {
        let owner = user.as_str().to_owned();
        let page = Page {
            kind: Kind::Card,
            owner: Some(owner.clone()),
            after: after.map(|id| (owner, id.to_owned())),
            order: PageOrder::Descending,
            limit: PAGE + 1,
        };
        let mut cards: Vec<InvoiceCard> = record::list(&*self.store, &page).await?;
        let has_more = cards.len() > PAGE;
        cards.truncate(PAGE);
        let next = cards.last().filter(|_| has_more).map(|card| card_key(card).id);
        let held = |card: InvoiceCard| HeldCard {
            name: pdf_name(&self.keys, &card.merchant, &card.serial),
            card,
        };
        Ok(WalletPage { cards: cards.into_iter().map(held).collect(), next })
    }

    /// An invoice of the user, by its name; None: there is none, or it is somebody else's.
    pub async fn held_invoice(
        &self,
        user: &UserId,
        name: &str,
    ) -> Result<Option<HeldInvoice>, Failure> {
        let Some((merchant, serial)) = read_pdf_name(&self.keys, name) else { return Ok(None) };
        let request = self.request(&merchant, &serial).await?;
        let Some(request) = request.filter(|request| request.user == *user) else {
            return Ok(None);
        };
        let Ok(invoice) = request.invoice().cloned() else { return Ok(None) };
        let red = InvoiceCard::of(&request).and_then(|card| card.cancelled_by);
        let red_name = red.map(|red| pdf_name(&self.keys, &request.merchant, &red));
        Ok(Some(HeldInvoice { request, invoice, red_name }))
    }

    /// The name of an order's invoice, once it is issued.
    pub(crate) async fn issued_name(
        &self,
        merchant: &AppId,
        serial: &Serial,
    ) -> Result<Option<String>, Failure> {
        let request = self.request(merchant, serial).await?;
        let is_issued = request.is_some_and(|request| request.invoice().is_ok());
        Ok(is_issued.then(|| pdf_name(&self.keys, merchant, serial)))
    }
}
