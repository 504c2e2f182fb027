//! getinvoiceinfo and getinvoicebatch (wire_facts 1.2).

use crate::app::App;
use crate::failure::Failure;
use crate::people::card_invoice::CardInvoice;
use crate::platform::inserted_info;
use crate::reimbursement::chosen_card::{self, ChosenCard};
use crate::reimbursement::issued_info;
use crate::signed::openid;
use kaipiao_domain::access::account::Account;
use kaipiao_domain::reimbursement::invoice_info::{NamedCard, ReadInvoice};

/// An invoice that was chosen for the company.
pub async fn read(app: &App, company: &Account, named: &NamedCard) -> Result<ReadInvoice, Failure> {
    as_read(app, company, chosen_card::find(app, company, named).await?).await
}

/// Those of many that were chosen for the company: what was chosen for others is left out. Forged codes are
/// refused as for one.
pub async fn read_batch(
    app: &App,
    company: &Account,
    named: &[NamedCard],
) -> Result<Vec<ReadInvoice>, Failure> {
    let mut invoices = Vec::new();
    for named in named {
        if let Some(found) = chosen_card::find_if_for(app, company, named).await? {
            invoices.push(as_read(app, company, found).await?);
        }
    }
    Ok(invoices)
}

async fn as_read(app: &App, company: &Account, found: ChosenCard) -> Result<ReadInvoice, Failure> {
    let ChosenCard { card, invoice } = found;
    let openid = openid::make(&app.keys, &company.appid, &card.value.user);
    let info = match &invoice {
        CardInvoice::Issued(request) => issued_info::info_of(app, request).await?,
        CardInvoice::Inserted(inserted) => inserted_info::info_of(app, inserted),
    };
    Ok(ReadInvoice { openid, info, card: card.value })
}
