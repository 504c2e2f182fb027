//! Section 15: clearoutinvoice. Accepts a red request for a blue invoice.

use crate::{App, Failure, FirstTry};
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::invoicing::invoice_request::{Facts, InvoiceRequest, Serial};
use kaipiao_domain::people::user::UserId;
use kaipiao_records::invoicing::invoice_number::{NumberOwner, number_key};
use kaipiao_records::invoicing::invoice_request::request_key;
use kaipiao_records::record::Versioned;
use kaipiao_wire::invoicing::s15_offset::OffsetRequest;

impl App {
    /// Accepts an offset, or finds that it was made before. The blue invoice, the red request and
    /// its job are one commit.
    pub async fn offset(&self, caller: &Account, asked: &OffsetRequest) -> Result<(), Failure> {
        let taxpayer = self.taxpayer_of(caller).await?;
        asked.asked.check(&taxpayer)?;
        let merchant = caller.merchant();
        let blue = self.serial_of(merchant, asked).await?;
        let blue = blue.ok_or_else(|| asked.unknown_original())?;
        let key = request_key(merchant, &blue);
        let taxpayer = &taxpayer;
        let told = self
            .decide_reading(key, FirstTry::Reads, |found: Option<InvoiceRequest>, _| async move {
                let blue = found.ok_or_else(|| asked.unknown_original())?;
                let known = self.versioned_request(merchant, &asked.asked.serial).await?;
                let under = [Some(merchant), Some(&caller.appid), Some(&blue.asked_by)];
                let names_user = |user: &UserId| self.is_openid_of(&asked.openid, user, under);
                let known_request = known.as_ref().map(|known| &known.value);
                let facts = Facts {
                    taxpayer,
                    names_user: &names_user,
                    known: known_request,
                    now: self.now(),
                };
                let accepted = asked.asked.decide(&blue, &facts)?;
                Ok::<_, Failure>(self.acceptance(accepted, Versioned::expect(known.as_ref())))
            })
            .await?;
        told.map_err(Failure::from)
    }

    /// Whose the invoice is that was named.
    async fn serial_of(
        &self,
        merchant: &AppId,
        asked: &OffsetRequest,
    ) -> Result<Option<Serial>, Failure> {
        let Some(number) = asked.number() else { return Ok(None) };
        let (code, place) = number.place();
        let owner: Option<NumberOwner> = self.get(&number_key(merchant, code, place)).await?;
        // A digital number's year is no part of its place.
        Ok(owner.filter(|owner| owner.number == number).map(|owner| owner.serial))
    }
}
