//! Refunds: asked for, made, looked for (wire_facts 5.2).

use crate::payment::order_query::{self, PaymentName};
use crate::payment::pay_answer::Fields;
use crate::payment::pay_request::{PayRequest, check_currency, digits};
use crate::payment::pay_time;
use kaipiao_domain::payment::out_trade_no::OutRefundNo;
use kaipiao_domain::payment::pay_refusal::{PayErrorCode, PayRefusal};
use kaipiao_domain::payment::payments::Payment;
use kaipiao_domain::payment::refund::{Refund, RefundRequest};

/// Where a refund's money comes from, and where it goes: answers and notices say the same.
pub(crate) const SOURCE: &str = "REFUND_SOURCE_RECHARGE_FUNDS";
pub(crate) const RECEIVER: &str = "支付用户零钱";

/// Reads refund.
pub fn read(request: &PayRequest) -> Result<(PaymentName, RefundRequest), PayRefusal> {
    let payment = order_query::read(request)?;
    let out_refund_no = OutRefundNo::parse(request.required("out_refund_no", 128)?)?;
    let (total_fee_fen, refund_fee_fen) =
        (request.required_fen("total_fee")?, request.required_fen("refund_fee")?);
    check_currency(request, "refund_fee_type")?;
    let asked = RefundRequest {
        out_refund_no,
        total_fee_fen,
        refund_fee_fen,
        reason: request.optional("refund_desc", 80)?.to_owned(),
        notify_url: Some(request.notify_url()?.to_owned()).filter(|url| !url.is_empty()),
    };
    Ok((payment, asked))
}

/// What refund answers.
pub fn answer(payment: &Payment, refund: &Refund) -> Fields {
    let RefundRequest { out_refund_no, total_fee_fen, refund_fee_fen, .. } = &refund.request;
    Fields::default()
        .text("transaction_id", transaction_id(payment))
        .text("out_trade_no", payment.out_trade_no.as_str())
        .text("out_refund_no", out_refund_no.as_str())
        .text("refund_id", refund.refund_id.clone())
        .number("refund_fee", *refund_fee_fen)
        .number("settlement_refund_fee", *refund_fee_fen)
        .number("total_fee", *total_fee_fen)
        .text("fee_type", "CNY")
        .number("cash_fee", *total_fee_fen)
        .number("cash_refund_fee", *refund_fee_fen)
}

/// WeChat's number of a payment that was given back; empty: it is not known.
pub(crate) fn transaction_id(payment: &Payment) -> String {
    payment.paid().and_then(|paid| paid.transaction_id.clone()).unwrap_or_default()
}

/// Which refunds refundquery is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundName {
    /// The one of this number of the pay merchant's.
    OutRefundNo(OutRefundNo),
    /// The one of this number of WeChat's.
    RefundId(String),
    /// All of a payment.
    Payment(PaymentName),
}

/// Refunds of an answer, at most (wire_facts 5.2).
pub const PAGE: usize = 10;

/// Reads refundquery: which refunds, and how many to leave out.
pub fn read_query(request: &PayRequest) -> Result<(RefundName, usize), PayRefusal> {
    let offset = match request.get("offset") {
        "" => 0,
        text => digits(text).ok_or_else(|| {
            PayRefusal::invalid("offset", "must be a whole number, of refunds to leave out")
        })?,
    };
    let refund_id = request.optional("refund_id", 32)?;
    if !refund_id.is_empty() {
        return Ok((RefundName::RefundId(refund_id.to_owned()), offset));
    }
    let number = request.optional("out_refund_no", 128)?;
    if !number.is_empty() {
        return Ok((RefundName::OutRefundNo(OutRefundNo::parse(number)?), offset));
    }
    match order_query::read(request) {
        Ok(payment) => Ok((RefundName::Payment(payment), offset)),
        Err(refusal) if refusal.code == PayErrorCode::LackParams => {
            let detail = "refund_id is missing, or out_refund_no, transaction_id, out_trade_no";
            Err(PayRefusal::new(PayErrorCode::LackParams, detail))
        }
        Err(refusal) => Err(refusal),
    }
}

/// What refundquery answers: these refunds, and what all of the payment's come to.
pub fn query_answer(payment: &Payment, refunds: &[Refund]) -> Fields {
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let mut fields = Fields::default()
        .number("total_refund_count", count(payment.refunds.len()))
        .text("transaction_id", transaction_id(payment))
        .text("out_trade_no", payment.out_trade_no.as_str())
        .number("total_fee", payment.request.total_fee_fen)
        .text("fee_type", "CNY")
        .number("cash_fee", payment.request.total_fee_fen)
        .number("refund_fee", payment.refunded_fen)
        .number("refund_count", count(refunds.len()));
    for (number, refund) in refunds.iter().enumerate() {
        let request = &refund.request;
        let name = |name: &str| format!("{name}_{number}");
        fields = fields
            .text(name("out_refund_no"), request.out_refund_no.as_str())
            .text(name("refund_id"), refund.refund_id.clone())
            .text(name("refund_channel"), "ORIGINAL")
            .number(name("refund_fee"), request.refund_fee_fen)
            .number(name("settlement_refund_fee"), request.refund_fee_fen)
            .text(name("refund_status"), "SUCCESS")
            .text(name("refund_account"), SOURCE)
            .text(name("refund_recv_accout"), RECEIVER)
            .text(name("refund_success_time"), pay_time::write_with_signs(refund.at));
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(members: &str) -> PayRequest {
        PayRequest::read(format!("<xml>{members}</xml>").as_bytes()).unwrap()
    }

    #[test]
    fn a_refund_names_its_payment_and_amounts() {
        let all = "<out_trade_no>1415659990</out_trade_no>\
                   <out_refund_no>r1</out_refund_no><total_fee>2</total_fee><refund_fee>1</refund_fee>";
        let (payment, asked) = read(&request(all)).unwrap();
        assert!(matches!(payment, PaymentName::OutTradeNo(_)));
        assert_eq!((asked.total_fee_fen, asked.refund_fee_fen), (2, 1));
        for name in ["out_trade_no", "out_refund_no", "total_fee", "refund_fee"] {
            let refusal = read(&request(&all.replace(name, "x"))).unwrap_err();
            assert!(refusal.to_string().starts_with(&format!("LACK_PARAMS: {name}")), "{refusal}");
        }
    }

    #[test]
    fn refunds_are_looked_for_by_one_of_four_numbers() {
        let named = |members: &str| read_query(&request(members));
        assert!(matches!(named("<refund_id>5</refund_id>"), Ok((RefundName::RefundId(_), 0))));
        let by_number = named("<out_refund_no>r</out_refund_no><offset>3</offset>");
        assert!(matches!(by_number, Ok((RefundName::OutRefundNo(_), 3))));
        let by_payment = named("<transaction_id>4</transaction_id>");
        assert!(matches!(by_payment, Ok((RefundName::Payment(_), 0))));
        assert_eq!(named("<a>1</a>").unwrap_err().code, PayErrorCode::LackParams);
        for offset in ["x", "+1", "-1"] {
            let bad = named(&format!("<refund_id>5</refund_id><offset>{offset}</offset>"));
            assert_eq!(bad.unwrap_err().code, PayErrorCode::InvalidRequest, "{offset}");
        }
    }
}
