//! The card that a company names by its encrypt_code.

use crate::app::App;
use crate::failure::Failure;
use crate::invoicing::requests;
use crate::signed::encrypt_code;
use crate::store_access::get_fresh;
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::Account;
use kaipiao_domain::invoicing::invoice_request::{InvoiceRequest, Offset, RequestState};
use kaipiao_domain::people::card::InvoiceCard;
use kaipiao_domain::reimbursement::invoice_info::NamedCard;
use kaipiao_errcode::ErrorCode;
use kaipiao_records::people::card::{CodeOwner, card_key_of};
use kaipiao_records::record::{self, Versioned};

/// A card with the request that its invoice was issued to.
pub(crate) struct ChosenCard {
    pub(crate) card: Versioned<InvoiceCard>,
    pub(crate) request: InvoiceRequest,
}

impl ChosenCard {
    /// 72036 while a red invoice is being issued: what becomes of the card is not known yet.
    pub(crate) fn check_not_busy(&self, path: &str) -> Result<(), Refusal> {
        match &self.request.state {
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
    let owner = get_fresh::<CodeOwner>(app, &CodeOwner::key(&says.merchant, &says.code)).await?;
    let owner = owner.ok_or_else(unknown)?;
    let request = requests::find(app, &says.merchant, &owner.serial).await?;
    let request = request.ok_or_else(unknown)?;
    let key = card_key_of(&request).ok_or_else(unknown)?;
    let card = record::get_fresh::<InvoiceCard>(&*app.store, &key).await?;
    let card = card.filter(|card| card.value.card_id == *card_id).ok_or_else(unknown)?;
    Ok(Some(ChosenCard { card, request }))
}
