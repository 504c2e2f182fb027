//! Red invoices and the blue ones that they take back.

use super::look::Look;
use super::violation::{Found, Invariant};
use kaipiao_domain::invoicing::invoice_request::{Colour, InvoiceRequest, Offset, RequestState};
use kaipiao_domain::invoicing::issue_failure::IssueFailure;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_ports::errors::StoreError;

/// A red request and its blue one agree, seen from either.
pub(super) async fn request(
    look: &Look<'_>,
    request: &InvoiceRequest,
    found: &mut Found,
) -> Result<(), StoreError> {
    match &request.colour {
        Colour::Red { blue } => match look.request(&request.merchant, blue).await? {
            Some(blue) => agree(&blue, request, found),
            None => found.add(Invariant::Offset, format!("its blue request {blue} is not there")),
        },
        Colour::Blue => {
            let Some(red) = named_red(request) else { return Ok(()) };
            match look.request(&request.merchant, red).await? {
                Some(red) => agree(request, &red, found),
                None => found.add(Invariant::Offset, format!("its red request {red} is not there")),
            }
        }
    }
    Ok(())
}

/// The red request that a blue one names.
fn named_red(blue: &InvoiceRequest) -> Option<&Serial> {
    match &blue.state {
        RequestState::Issued { offset: Offset::Underway(red) | Offset::Done(red), .. } => Some(red),
        _ => None,
    }
}

fn agree(blue: &InvoiceRequest, red: &InvoiceRequest, found: &mut Found) {
    let mut wrong = |what: String| found.add(Invariant::Offset, what);
    let (blue_serial, red_serial) = (&blue.serial, &red.serial);
    if red.colour != (Colour::Red { blue: blue_serial.clone() }) || blue.colour != Colour::Blue {
        return wrong(format!("{red_serial} is not red for {blue_serial}"));
    }
    let RequestState::Issued { offset, .. } = &blue.state else {
        return wrong(format!("{red_serial} takes back {blue_serial}, which is not issued"));
    };
    let expected = match &red.state {
        RequestState::Issued { .. } => Some(Offset::Done(red_serial.clone())),
        RequestState::Running { .. }
        | RequestState::Failed { failure: IssueFailure::Silent, .. } => {
            Some(Offset::Underway(red_serial.clone()))
        }
        RequestState::Failed { .. } => None,
    };
    let agrees = match expected {
        Some(expected) => *offset == expected,
        None => named_red(blue) != Some(red_serial),
    };
    if !agrees {
        let (of_blue, of_red) = (offset_in_words(offset), state_in_words(&red.state));
        wrong(format!("{blue_serial} {of_blue}, and {red_serial} {of_red}"));
    }
    let (of_blue, of_red) = (&blue.summary, &red.summary);
    let is_reverse =
        of_red.gross == -of_blue.gross && of_red.net == -of_blue.net && of_red.tax == -of_blue.tax;
    if !is_reverse {
        wrong(format!(
            "{red_serial} is not for the amounts of {blue_serial} with their signs turned"
        ));
    }
}

fn offset_in_words(offset: &Offset) -> String {
    match offset {
        Offset::Standing => "says that it stands".to_owned(),
        Offset::Underway(red) => format!("says that {red} is taking it back"),
        Offset::Done(red) => format!("says that {red} has taken it back"),
    }
}

const fn state_in_words(state: &RequestState) -> &'static str {
    match state {
        RequestState::Running { .. } => "is running",
        RequestState::Failed { failure: IssueFailure::Silent, .. } => "waits for a silent issuer",
        RequestState::Failed { .. } => "has failed",
        RequestState::Issued { .. } => "is issued",
    }
}
