//! The card that a company names by its encrypt_code.

use crate::app::App;
use crate::concerned::concerns;
use crate::failure::Failure;
use crate::people::card_invoice::CardInvoice;
use crate::signed::encrypt_code;
use crate::store_access::get_fresh;
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::invoicing::invoice_request::{Offset, RequestState};
use kaipiao_domain::people::card::{CardCode, InvoiceCard};
use kaipiao_domain::reimbursement::invoice_info::NamedCard;
use kaipiao_errcode::ErrorCode;
use kaipiao_records::people::card::CodeOwner;
use kaipiao_records::record::{self, Versioned};

/// A card with its invoice.
pub(crate) struct ChosenCard {
    pub(crate) card: Versioned<InvoiceCard>,
    pub(crate) invoice: CardInvoice,
}

impl ChosenCard {
    /// 72036 while a red invoice is being issued: what becomes of the card is not known yet.
    pub(crate) fn check_not_busy(&self, path: &str) -> Result<(), Refusal> {
        let CardInvoice::Issued(request) = &self.invoice else { return Ok(()) };
        match &request.state {
            RequestState::Issued { offset: Offset::Underway(_), .. } => {
                let detail = format!("{path} names an invoice that is being offset, try again");
                Err(Refusal::new(ErrorCode::InvoiceBusy, detail))
            }
            _ => Ok(()),
        }
    }
}

/// The card as the store has it now. 72025 this server did not make the code, 72031 it was made for another
/// account, 40073 the card is of another template.
pub(crate) async fn find(
    app: &App,
    company: &Account,
    named: &NamedCard,
) -> Result<ChosenCard, Failure> {
    let found = find_if_for(app, company, named).await?;
    found.ok_or_else(|| {
        let problem = format!("was chosen for another account, not for {}", company.appid);
        Refusal::invalid(&named.path, problem).into()
    })
}

/// The same; None: it was chosen for another account.
pub(crate) async fn find_if_for(
    app: &App,
    company: &Account,
    named: &NamedCard,
) -> Result<Option<ChosenCard>, Failure> {
    let NamedCard { card_id, encrypt_code, path } = named;
    let says = encrypt_code::read(&app.keys, encrypt_code).ok_or_else(|| {
        let detail =
            format!("{path} is none of this server's, take it from chooseInvoice as it is");
        Refusal::new(ErrorCode::InvoiceTokenError, detail)
    })?;
    if says.reader != company.appid {
        return Ok(None);
    }
    let unknown = || {
        let detail = format!("{path} names no card of this card_id");
        Failure::from(Refusal::new(ErrorCode::InvalidCardId, detail))
    };
    let found = find_by_code(app, &says.template_owner, &says.code).await?.ok_or_else(unknown)?;
    let is_of_template = found.card.value.card_id == *card_id;
    if is_of_template { Ok(Some(found)) } else { Err(unknown()) }
}

/// The card with that code among those of a template's owner, as the store has it now.
pub(crate) async fn find_by_code(
    app: &App,
    template_owner: &AppId,
    code: &CardCode,
) -> Result<Option<ChosenCard>, Failure> {
    let owner = get_fresh::<CodeOwner>(app, &CodeOwner::key(template_owner, code)).await?;
    let Some(CodeOwner { merchant, serial, .. }) = owner else { return Ok(None) };
    let Some(invoice) = CardInvoice::find(app, &merchant, &serial).await? else { return Ok(None) };
    concerns(&merchant, invoice.order_id());
    let Some(key) = invoice.card_key() else { return Ok(None) };
    let card = record::get_fresh::<InvoiceCard>(&*app.store, &key).await?;
    Ok(card.map(|card| ChosenCard { card, invoice }))
}
