//! The records below an account's appid.

use super::scope::Scope;
use super::walk::{Walk, remove_owned, save_all};
use crate::failure::Failure;
use kaipiao_domain::invoicing::invoice_number::NumberRange;
use kaipiao_ports::record::{Expect, Kind};
use kaipiao_records::record;

/// What an account's calls have made. Orders stay until what is found by them has gone.
const OWNED: [Kind; 11] = [
    Kind::TokenFamily,
    Kind::Contact,
    Kind::PageFields,
    Kind::LinkedPayMerchant,
    Kind::InvoiceContent,
    Kind::InvoiceNumber,
    Kind::NumberGap,
    Kind::InsertedInvoice,
    Kind::InvoiceRequest,
    Kind::UploadTally,
    Kind::Order,
];

pub(super) async fn remove(scope: &Scope<'_>) -> Result<(), Failure> {
    for kind in OWNED {
        remove_owned(scope.app, kind, scope.appid.as_str()).await?;
    }
    free_numbers(scope).await
}

/// Its ranges are an operator's allotment: they stay, and none of their numbers is used.
async fn free_numbers(Scope { app, appid, .. }: &Scope<'_>) -> Result<(), Failure> {
    let mut walk = Walk::of_owner(app, Kind::NumberRange, appid.as_str());
    while let Some(found) = walk.next().await? {
        let mut saves = Vec::new();
        for stored in found {
            let Ok(range) = record::value::<NumberRange>(&stored) else { continue };
            let unused = range.clone().unused();
            if unused != range {
                saves.push(record::save(stored.key, Expect::Version(stored.version), &unused));
            }
        }
        save_all(app, saves).await?;
    }
    Ok(())
}
