//! Uploaded PDFs: whose they are, and the counts of those that are nobody's yet.

use super::look::{Look, PAGE};
use super::orders::authorization;
use super::violation::{Found, Invariant};
use kaipiao_domain::authorization::order::Order;
use kaipiao_domain::authorization::order_id::OrderKey;
use kaipiao_domain::platform::pdf::PlatformPdf;
use kaipiao_domain::platform::upload_tally::{
    TallyPart, UploadTally, counted_bytes, hour_of, is_whole,
};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::Kind;
use kaipiao_ports::store::{After, Page};
use kaipiao_records::authorization::order::order_key;
use kaipiao_records::platform::upload_tally::upload_tally_key;
use kaipiao_records::record;
use std::collections::BTreeMap;

/// A PDF is of the invoice that was inserted for its order, or is counted among those that no invoice has.
pub(super) async fn pdf(
    look: &Look<'_>,
    pdf: &PlatformPdf,
    found: &mut Found,
) -> Result<(), StoreError> {
    match &pdf.attached_to {
        Some(order) => attached(look, pdf, order, found).await,
        None => counted(look, pdf, found).await,
    }
}

async fn attached(
    look: &Look<'_>,
    pdf: &PlatformPdf,
    key: &OrderKey,
    found: &mut Found,
) -> Result<(), StoreError> {
    let order: Option<Order> = look.find(&order_key(key)).await?;
    let serial = order.as_ref().and_then(authorization).and_then(|yes| yes.used_by.as_ref());
    let invoice = match serial {
        Some(serial) => look.inserted(&key.merchant, serial).await?,
        None => None,
    };
    let names_it = invoice.is_some_and(|invoice| {
        let of_it = [Some(&invoice.pdf), invoice.trip_pdf.as_ref()];
        invoice.platform == pdf.owner && of_it.contains(&Some(&pdf.media_id))
    });
    let what = format!("no invoice that was inserted for order {} has it", key.order_id);
    found.unless(names_it, Invariant::AttachedPdf, what);
    Ok(())
}

/// A PDF's part has a count: whether that is right is seen with the part, of all its PDFs at once.
async fn counted(look: &Look<'_>, pdf: &PlatformPdf, found: &mut Found) -> Result<(), StoreError> {
    if !is_whole(hour_of(pdf.uploaded_at), look.pdfs_are_kept, look.now().await?) {
        return Ok(());
    }
    let key = upload_tally_key(&pdf.owner, &TallyPart::of(&pdf.media_id));
    let tally: Option<UploadTally> = look.find(&key).await?;
    found.unless(
        tally.is_some(),
        Invariant::UploadTally,
        "it is not counted: its part has no count",
    );
    Ok(())
}

/// A part is counted as its PDFs are, as far as none of them may have been removed.
pub(super) async fn tally(
    look: &Look<'_>,
    tally: &UploadTally,
    found: &mut Found,
) -> Result<(), StoreError> {
    let now = look.now().await?;
    let is_whole = |hour: &i64| is_whole(*hour, look.pdfs_are_kept, now);
    let mut uploaded = unattached(look, tally).await?;
    for (hour, counted) in tally.hours.iter().filter(|(hour, _)| is_whole(hour)) {
        let bytes = uploaded.remove(hour).unwrap_or(0);
        let what = format!("{counted} bytes are counted of hour {hour}, its PDFs have {bytes}");
        found.unless(bytes == *counted, Invariant::UploadTally, what);
    }
    for (hour, bytes) in uploaded.iter().filter(|(hour, _)| is_whole(hour)) {
        let what = format!("nothing is counted of hour {hour}, its PDFs have {bytes} bytes");
        found.add(Invariant::UploadTally, what);
    }
    Ok(())
}

/// By their hours, what is counted of the part's PDFs that no invoice has. Their names begin with the part's.
async fn unattached(
    look: &Look<'_>,
    tally: &UploadTally,
) -> Result<BTreeMap<i64, u64>, StoreError> {
    let owner = tally.owner.to_string();
    let mut page = Page::by_key(Kind::PlatformPdf, Some(owner.clone()), PAGE);
    page.after = Some(After::key(owner.clone(), tally.part.as_str()));
    let mut hours = BTreeMap::new();
    loop {
        let pdfs: Vec<PlatformPdf> = record::list(look.store, &page).await?;
        let of_part = pdfs.iter().take_while(|pdf| TallyPart::of(&pdf.media_id) == tally.part);
        for pdf in of_part.filter(|pdf| pdf.attached_to.is_none()) {
            *hours.entry(hour_of(pdf.uploaded_at)).or_default() += counted_bytes(pdf.size_bytes);
        }
        match pdfs.last() {
            Some(last) if pdfs.len() == PAGE && TallyPart::of(&last.media_id) == tally.part => {
                page.after = Some(After::key(owner.clone(), last.media_id.as_str()));
            }
            _ => return Ok(hours),
        }
    }
}
