//! Who issues: the built-in issuer, or the operator's own, for all merchants or for some.

use super::error::ComposeError;
use crate::settings::{OutsideIssuer, Settings};
use async_trait::async_trait;
use bytes::Bytes;
use kaipiao_app::access::accounts;
use kaipiao_app::{App, Failure};
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::{AppId, Role};
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::invoice_document::OfferedDocument;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_issuer_http::HttpIssuer;
use kaipiao_ports::clock::Clock;
use kaipiao_ports::invoicing::issuer::{Issuance, Issuer, NoDocument};
use kaipiao_sender::HttpSender;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The issuers of merchants that have one to themselves, and the one of all others.
struct Issuers {
    of_merchants: BTreeMap<AppId, HttpIssuer>,
    of_others: Arc<dyn Issuer>,
}

impl Issuers {
    fn of(&self, merchant: &AppId) -> &dyn Issuer {
        self.of_merchants.get(merchant).map_or(&*self.of_others, |own| own)
    }
}

#[async_trait]
impl Issuer for Issuers {
    async fn issue(&self, request: &InvoiceRequest, content: &Content, now: Timestamp) -> Issuance {
        self.of(&request.merchant).issue(request, content, now).await
    }

    async fn document(
        &self,
        request: &InvoiceRequest,
        offered: &OfferedDocument,
    ) -> Result<Bytes, NoDocument> {
        self.of(&request.merchant).document(request, offered).await
    }
}

/// The issuer that each merchant's requests go to as the settings say; `built_in` is made where no other is for all.
pub(crate) fn issuer(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
    built_in: impl FnOnce() -> Result<Arc<dyn Issuer>, ComposeError>,
) -> Result<Arc<dyn Issuer>, ComposeError> {
    let mut of_merchants = BTreeMap::new();
    let mut of_others: Option<Arc<dyn Issuer>> = None;
    for (OutsideIssuer { merchant, .. }, issuer) in outside_issuers(settings, clock)? {
        match merchant {
            Some(merchant) => drop(of_merchants.insert(merchant, issuer)),
            None => of_others = Some(Arc::new(issuer)),
        }
    }
    let of_others = match of_others {
        Some(outside) => outside,
        None => built_in()?,
    };
    Ok(if of_merchants.is_empty() {
        of_others
    } else {
        Arc::new(Issuers { of_merchants, of_others })
    })
}

/// Says in the log which issuers are nobody's: their appid is no merchant's, perhaps misspelt.
pub(crate) async fn warn_of_nobodys(app: &App, settings: &Settings) -> Result<(), Failure> {
    for text in settings.issuing.merchants.keys() {
        let Some(appid) = AppId::parse(text) else { continue };
        let account = accounts::find(app, &appid).await?;
        if account.is_none_or(|account| account.role != Role::Merchant) {
            let table = format!("issuing.merchants.{text}");
            tracing::warn!(table, "no merchant has this appid, so its issuer is not asked");
        }
    }
    Ok(())
}

/// The operator's own issuers. They are where the operator says: no address is refused.
pub(crate) fn outside_issuers(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<(OutsideIssuer, HttpIssuer)>, ComposeError> {
    let named = settings.issuing.outside(settings.mode)?;
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let sender = Arc::new(HttpSender::new(settings.push.open_sender()?)?);
    let issuer = |named: OutsideIssuer| {
        let issuer =
            HttpIssuer::new(named.settings.clone(), Arc::clone(&sender) as _, Arc::clone(clock));
        (named, issuer)
    };
    Ok(named.into_iter().map(issuer).collect())
}
