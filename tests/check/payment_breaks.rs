//! How to break the invariants of payments.

use super::broken::Break;
use crate::payment::pay_client::MCHID;
use kaipiao_app::check::Invariant;
use kaipiao_ports::record::Kind;
use serde_json::json;

/// Each way, once.
pub const PAYMENT_BREAKS: &[Break] = &[
    (
        Invariant::Key,
        |store| store.copy_to(Kind::PayerCode, &["lina"], "elsewhere"),
        "payer_codes",
        "another key",
    ),
    (
        Invariant::Refund,
        |store| store.remove(Kind::Refund, &["/r-1 "]),
        "payments",
        "its refund r-1 is not there",
    ),
    (
        Invariant::Refund,
        |store| store.change(Kind::Refund, &["/r-1 "], "/out_trade_no", json!("pay-back")),
        "payments",
        "its refund r-1 is of pay-back",
    ),
    (
        Invariant::Refund,
        |store| store.change(Kind::Payment, &["/pay-part "], "/refunds/1", json!("r-1")),
        "payments",
        "it lists refund r-1 twice",
    ),
    (
        Invariant::Refund,
        |store| store.change(Kind::Payment, &["/pay-part "], "/refunded_fen", json!(49)),
        "payments",
        "it counts 49 fen of 100, its refunds 50",
    ),
    (
        Invariant::Refund,
        |store| store.change(Kind::Payment, &["/pay-told "], "/refunded_fen", json!(101)),
        "payments",
        "it counts 101 fen of 100, its refunds 40",
    ),
    (
        Invariant::Refund,
        |store| store.remove(Kind::Payment, &["/pay-part "]),
        "refunds",
        "its payment pay-part is not there",
    ),
    (
        Invariant::Refund,
        |store| store.change(Kind::Payment, &["/pay-part "], "/refunds", json!(["r-2"])),
        "refunds",
        "its payment pay-part does not list it",
    ),
    (
        Invariant::Refund,
        |store| store.change(Kind::Refund, &["/r-1 "], "/total_fee_fen", json!(1)),
        "refunds",
        "has another total_fee",
    ),
    (
        Invariant::PaymentAlias,
        |store| store.remove(Kind::PaymentAlias, &["transaction", "pay-part"]),
        "payments",
        "does not lead to it",
    ),
    (
        Invariant::PaymentAlias,
        |store| store.remove(Kind::PaymentAlias, &["prepay", "pay-new"]),
        "payments",
        "does not lead to it",
    ),
    (
        Invariant::PaymentAlias,
        |store| store.remove(Kind::PaymentAlias, &["refund", "r-1"]),
        "refunds",
        "does not lead to it",
    ),
    (
        Invariant::PaymentAlias,
        |store| store.remove(Kind::Payment, &["/pay-new "]),
        "payment_aliases",
        "no payment pay-new has this name",
    ),
    (
        Invariant::PaymentAlias,
        |store| store.copy_to(Kind::PaymentAlias, &["transaction", "pay-part"], "4200"),
        "payment_aliases",
        "no payment pay-part has this name",
    ),
    (
        Invariant::PaymentAlias,
        |store| store.copy_to(Kind::PaymentAlias, &["refund", "r-1"], "5030"),
        "payment_aliases",
        "no refund r-1 has this name",
    ),
    (
        Invariant::PaymentAlias,
        |store| store.remove(Kind::Payment, &["/pay-sub "]),
        "payment_aliases",
        "no payment that 1900000109 has taken for 1900000110 has this name",
    ),
    (
        Invariant::PaymentAlias,
        |store| store.copy_to(Kind::PaymentAlias, &["taken_by"], "taken/pay-part"),
        "payment_aliases",
        "no payment that 1900000109 has taken for 1900000110 has this name",
    ),
    (
        Invariant::OrderPayment,
        |store| store.remove(Kind::Payment, &["/pay-part "]),
        "orders",
        "its payment at 1900000109 is not there",
    ),
    (
        Invariant::OrderPayment,
        |store| store.change(Kind::Payment, &["/pay-part "], "/request/has_receipt", json!(false)),
        "orders",
        "was not paid with a receipt",
    ),
    (
        Invariant::OrderPayment,
        |store| {
            let refunded = json!({"mchid": MCHID, "is_refunded": true});
            store.change(Kind::Order, &["/pay-part "], "/payment", refunded);
        },
        "orders",
        "was not given back in full",
    ),
];
