//! What the rules look at: the store as it is at this moment, never what a cache remembers.

use core::time::Duration;
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::platform::inserted_invoice::InsertedInvoice;
use kaipiao_ports::clock::Clock;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::platform::blobs::Blobs;
use kaipiao_ports::record::{Key, Stored};
use kaipiao_ports::store::{Freshness, Page, Store};
use kaipiao_records::invoicing::invoice_request::request_key;
use kaipiao_records::platform::inserted_invoice::inserted_key;
use kaipiao_records::record::{self, Record};
use kaipiao_records::server::ClockSetting;

/// Rows that are read at once.
pub(super) const PAGE: usize = 256;

pub(super) struct Look<'a> {
    pub store: &'a dyn Store,
    pub clock: &'a dyn Clock,
    pub blobs: &'a dyn Blobs,
    /// How long the server keeps pushes that are completed.
    pub pushes_are_kept: Duration,
    /// And uploaded PDFs that are attached to nothing.
    pub pdfs_are_kept: Duration,
    /// And files that no record names.
    pub files_are_kept: Duration,
}

impl Look<'_> {
    pub(super) async fn stored(&self, key: &Key) -> Result<Option<Stored>, StoreError> {
        self.store.read(key, Freshness::Fresh).await
    }

    pub(super) async fn find<T: Record>(&self, key: &Key) -> Result<Option<T>, StoreError> {
        Ok(record::get_fresh(self.store, key).await?.map(|found| found.value))
    }

    pub(super) async fn request(
        &self,
        merchant: &AppId,
        serial: &Serial,
    ) -> Result<Option<InvoiceRequest>, StoreError> {
        self.find(&request_key(merchant, serial)).await
    }

    /// The invoice that a platform has inserted under that name.
    pub(super) async fn inserted(
        &self,
        merchant: &AppId,
        serial: &Serial,
    ) -> Result<Option<InsertedInvoice>, StoreError> {
        self.find(&inserted_key(merchant, serial)).await
    }

    /// The first record of a page.
    pub(super) async fn first<T: Record>(&self, page: Page) -> Result<Option<T>, StoreError> {
        let page = Page { limit: 1, ..page };
        Ok(record::list(self.store, &page).await?.pop())
    }

    /// The domain's now: a sandbox's clock goes its own way.
    pub(super) async fn now(&self) -> Result<Timestamp, StoreError> {
        let setting: Option<ClockSetting> = self.find(&ClockSetting::key()).await?;
        Ok(setting.unwrap_or_default().course.at(self.clock.real_now()))
    }
}
