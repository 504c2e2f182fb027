//! Whose an invoice's or a bill's number is, whoever issued it.

use crate::app::App;
use crate::failure::Failure;
use crate::store_access::get_fresh;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::people::card_number::CardNumber;
use kaipiao_ports::record::{Expect, Save};
use kaipiao_records::invoicing::taken_number::TakenNumber;
use kaipiao_records::record;

/// Takes a number for an invoice: nobody has it before.
pub(crate) fn taken(number: &CardNumber, merchant: &AppId, serial: &Serial) -> Save {
    let (merchant, serial) = (merchant.clone(), serial.clone());
    let taken = TakenNumber { number: number.clone(), merchant, serial };
    record::save(TakenNumber::key(number), Expect::Absent, &taken)
}

/// The invoice that has a number.
pub(crate) async fn holder(app: &App, number: &CardNumber) -> Result<Option<TakenNumber>, Failure> {
    get_fresh(app, &TakenNumber::key(number)).await
}
