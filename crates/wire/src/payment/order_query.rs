//! What says where a payment stands: orderquery, and the same fields in the answers of quick pay.

use crate::payment::pay_answer::Fields;
use crate::payment::pay_request::PayRequest;
use crate::payment::pay_time;
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_domain::payment::pay_refusal::{PayErrorCode, PayRefusal};
use kaipiao_domain::payment::payments::{Paid, Payment, PaymentState};

/// How a call names a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentName {
    /// By the pay merchant's number.
    OutTradeNo(OutTradeNo),
    /// By WeChat's number, `transaction_id`.
    TransactionId(String),
}

/// Reads which payment a call is about; `transaction_id` goes first.
pub fn read(request: &PayRequest) -> Result<PaymentName, PayRefusal> {
    let transaction_id = request.optional("transaction_id", 32)?;
    if !transaction_id.is_empty() {
        return Ok(PaymentName::TransactionId(transaction_id.to_owned()));
    }
    let number = request.optional("out_trade_no", 64)?;
    if number.is_empty() {
        let detail = "out_trade_no is missing, or transaction_id";
        return Err(PayRefusal::new(PayErrorCode::LackParams, detail));
    }
    OutTradeNo::parse(number).map(PaymentName::OutTradeNo)
}

/// What orderquery answers.
pub fn answer(payment: &Payment) -> Fields {
    let state = Fields::default().text("trade_state", payment.trade_state());
    let fields = match payment.paid() {
        Some(paid) => state.and(paid_fields(payment, paid)),
        None => state
            .text("device_info", payment.request.device_info.clone())
            .number("total_fee", payment.request.total_fee_fen)
            .text("out_trade_no", payment.out_trade_no.as_str())
            .text("attach", payment.request.attach.clone()),
    };
    fields.text("trade_state_desc", in_words(payment))
}

/// What stands in orderquery, in quick pay's answer and in the notice of a payment.
pub fn paid_fields(payment: &Payment, paid: &Paid) -> Fields {
    payer_fields(payment, paid)
        .text("trade_type", payment.request.trade_type.as_str())
        .and(amount_fields(payment, paid))
}

/// The same in the notice of a payment on behalf: it names the contract and the state, but no trade_type, which clients
/// that have a type for this notice leave out of its signature (D-165).
pub(crate) fn charged_fields(payment: &Payment, paid: &Paid, contract_id: &str) -> Fields {
    payer_fields(payment, paid)
        .text("trade_state", payment.trade_state())
        .and(amount_fields(payment, paid))
        .text("contract_id", contract_id)
}

fn payer_fields(payment: &Payment, paid: &Paid) -> Fields {
    let fields = Fields::default()
        .text("device_info", payment.request.device_info.clone())
        .text("openid", paid.payer.openid.as_str())
        .text("is_subscribe", "N");
    match &paid.payer.sub_openid {
        None => fields,
        Some(openid) => fields.text("sub_openid", openid.as_str()).text("sub_is_subscribe", "N"),
    }
}

fn amount_fields(payment: &Payment, paid: &Paid) -> Fields {
    let request = &payment.request;
    Fields::default()
        .text("bank_type", "OTHERS")
        .number("total_fee", request.total_fee_fen)
        .text("fee_type", "CNY")
        .number("cash_fee", request.total_fee_fen)
        .text("cash_fee_type", "CNY")
        .text("transaction_id", paid.transaction_id.clone().unwrap_or_default())
        .text("out_trade_no", payment.out_trade_no.as_str())
        .text("attach", request.attach.clone())
        .text("time_end", paid.at.map(pay_time::write).unwrap_or_default())
}

/// What a sub-merchant's answers say of it.
pub fn sub_merchant_fields(payment: &Payment) -> Fields {
    let Some(sub) = &payment.request.sub_merchant else { return Fields::default() };
    let appid = sub.appid.as_ref().map(ToString::to_string).unwrap_or_default();
    Fields::default().text("sub_appid", appid).text("sub_mch_id", sub.mchid.as_str())
}

/// `trade_state_desc`, the one text of an answer that people read: pay merchants call a sandbox.
fn in_words(payment: &Payment) -> &'static str {
    match &payment.state {
        PaymentState::NotPaid => "订单未支付",
        PaymentState::UserPaying { .. } => "用户支付中，请稍后查询",
        PaymentState::Paid(_) if payment.refunded_fen > 0 => "转入退款（沙箱，不会产生真实退款）",
        PaymentState::Paid(_) => "支付成功（沙箱，不会产生真实扣款）",
        PaymentState::Closed { .. } => "订单已关闭",
        PaymentState::Revoked { .. } => "订单已撤销",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_is_named_by_one_of_two_numbers() {
        let named = |xml: &str| read(&PayRequest::read(xml.as_bytes()).unwrap());
        let number = OutTradeNo::parse("1415659990").unwrap();
        let both = "<xml><transaction_id>42</transaction_id><out_trade_no>1</out_trade_no></xml>";
        assert_eq!(named(both), Ok(PaymentName::TransactionId("42".into())));
        let one = "<xml><out_trade_no>1415659990</out_trade_no></xml>";
        assert_eq!(named(one), Ok(PaymentName::OutTradeNo(number)));
        assert_eq!(named("<xml><a>1</a></xml>").unwrap_err().code, PayErrorCode::LackParams);
    }
}
