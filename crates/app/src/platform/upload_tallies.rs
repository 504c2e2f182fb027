//! The counts of what a platform has uploaded that no invoice has (D-218).

use crate::app::App;
use crate::failure::Failure;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::platform::pdf::PlatformPdf;
use kaipiao_domain::platform::upload_tally::{TallyPart, UploadTally, check_unattached};
use kaipiao_ports::record::{Key, Kind, Save};
use kaipiao_ports::store::Page;
use kaipiao_records::platform::upload_tally::upload_tally_key;
use kaipiao_records::record::{self, Versioned};
use std::collections::BTreeMap;

/// More parts than there are: two digits, the first of them no zero.
const MOST_PARTS: usize = 100;

/// 45009: with so many bytes more the platform has more than it may in PDFs that no invoice has.
pub(crate) async fn check(app: &App, platform: &AppId, more_bytes: u64) -> Result<(), Failure> {
    let page = Page::by_key(Kind::UploadTally, Some(platform.to_string()), MOST_PARTS);
    let tallies: Vec<UploadTally> = record::list(&*app.store, &page).await?;
    let (life, now) = (app.settings.retention.unattached_pdfs, app.now());
    let held = tallies.iter().map(|tally| tally.bytes(life, now));
    let bytes = held.fold(more_bytes, u64::saturating_add);
    check_unattached(bytes, app.settings.platform.unattached_bytes, life)?;
    Ok(())
}

/// The counts without these PDFs, for the commit from which on they are an invoice's, or no more. Those that were an
/// invoice's before are not counted any more.
pub(crate) async fn without(app: &App, pdfs: &[PlatformPdf]) -> Result<Vec<Save>, Failure> {
    let mut tallies = BTreeMap::new();
    for pdf in pdfs.iter().filter(|pdf| pdf.attached_to.is_none()) {
        let key = key_of(pdf);
        let found = match tallies.remove(&key) {
            Some(found) => Some(found),
            None => find(app, pdf).await?,
        };
        if let Some(Versioned { value, version }) = found {
            tallies.insert(key, Versioned { value: value.without(pdf), version });
        }
    }
    let saves = tallies
        .into_iter()
        .map(|(key, tally)| record::save(key, Versioned::expect(Some(&tally)), &tally.value));
    Ok(saves.collect())
}

async fn find(app: &App, pdf: &PlatformPdf) -> Result<Option<Versioned<UploadTally>>, Failure> {
    Ok(record::get_fresh(&*app.store, &key_of(pdf)).await?)
}

fn key_of(pdf: &PlatformPdf) -> Key {
    upload_tally_key(&pdf.owner, &TallyPart::of(&pdf.media_id))
}
