//! Every record reads back as it was written.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::{Account, AppId, PlatformId, Role, SecretHash};
use kaipiao_domain::access::address_range::AddressRange;
use kaipiao_domain::access::console_user::{ConsoleName, ConsoleRole, ConsoleUser, PasswordHash};
use kaipiao_domain::access::permissions::Permission;
use kaipiao_domain::access::token::{Family, TokenFamily};
use kaipiao_domain::authorization::authorization_request::{
    AuthorizationRequest, PageType, Source,
};
use kaipiao_domain::authorization::contact::Contact;
use kaipiao_domain::authorization::order::{Order, OrderPayment, OrderState};
use kaipiao_domain::authorization::order_id::{OrderId, OrderKey};
use kaipiao_domain::authorization::page_fields::{CustomField, FieldRule, PageFields};
use kaipiao_domain::authorization::rejection::RejectionReason;
use kaipiao_domain::authorization::user_decision::{Authorization, Decline, UserDecision};
use kaipiao_domain::clock_course::{ClockCourse, ClockRate};
use kaipiao_domain::delivery::push::{Callback, PushMode, Sealed};
use kaipiao_domain::delivery::push_format::PushFormat;
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::invoice_document::{DocumentId, DocumentKind, InvoiceDocument};
use kaipiao_domain::invoicing::invoice_number::{BlockGaps, InvoiceNumber, NumberRange};
use kaipiao_domain::invoicing::invoice_request::{Colour, InvoiceRequest, Offset, RequestState};
use kaipiao_domain::invoicing::issue_failure::IssueFailure;
use kaipiao_domain::invoicing::issued_invoice::IssuedInvoice;
use kaipiao_domain::invoicing::line::{Line, LineNature, Untaxed};
use kaipiao_domain::invoicing::merchant_code::MerchantCode;
use kaipiao_domain::invoicing::number_code::{Allotment, NumberCode};
use kaipiao_domain::invoicing::party::Party;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::invoicing::taxpayer::Taxpayer;
use kaipiao_domain::money::{Fen, decimal};
use kaipiao_domain::payment::out_trade_no::{OutRefundNo, OutTradeNo};
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::payment::payments::{
    Paid, PayKey, Payer, Payment, PaymentRequest, PaymentState, Prepay, SignType, SubMerchant,
    TradeType,
};
use kaipiao_domain::payment::refund::{Refund, RefundRequest};
use kaipiao_domain::people::card::{CardCode, CardId, InvoiceCard};
use kaipiao_domain::people::card_kind::CardKind;
use kaipiao_domain::people::card_number::CardNumber;
use kaipiao_domain::people::message::{Message, MessageEvent};
use kaipiao_domain::people::session::Session;
use kaipiao_domain::people::title::{CustomValue, InvoiceTitle, TitleField, TitleSide};
use kaipiao_domain::people::user::{BookEntry, KnownAs, OpenId, User, UserId};
use kaipiao_domain::platform::card_template::{CardLink, CardTemplate, TemplateFace};
use kaipiao_domain::platform::inserted_invoice::{InsertedContent, InsertedInvoice};
use kaipiao_domain::platform::pdf::{MediaId, PlatformPdf};
use kaipiao_domain::platform::upload_tally::{TallyPart, UploadTally};
use kaipiao_domain::reimbursement::card_status::CardStatus;
use kaipiao_domain::reimbursement::invoice_info::{InfoItem, InfoParty};
use kaipiao_ports::record::{Body, Key, Stored};
use kaipiao_records::access::account::account_key;
use kaipiao_records::access::console_user::console_user_key;
use kaipiao_records::access::token_family::token_family_key;
use kaipiao_records::authorization::contact::contact_key;
use kaipiao_records::authorization::order::order_key;
use kaipiao_records::authorization::page_fields::page_fields_key;
use kaipiao_records::delivery::callback::callback_key;
use kaipiao_records::invoicing::content::content_key;
use kaipiao_records::invoicing::invoice_number::NumberOwner;
use kaipiao_records::invoicing::invoice_request::request_key;
use kaipiao_records::invoicing::number_code::{allotment_key, number_code_key};
use kaipiao_records::invoicing::number_gap::block_gaps_key;
use kaipiao_records::invoicing::number_range::number_range_key;
use kaipiao_records::invoicing::taken_number::TakenNumber;
use kaipiao_records::invoicing::taxpayer::taxpayer_key;
use kaipiao_records::payment::payer_code::{PayerCode, payer_code_key};
use kaipiao_records::payment::payment_alias::{PaymentAlias, payment_alias_key};
use kaipiao_records::payment::payments::payment_key;
use kaipiao_records::payment::refund::refund_key;
use kaipiao_records::people::card::{CodeOwner, card_key, card_key_of, card_key_of_inserted};
use kaipiao_records::people::message::message_key;
use kaipiao_records::people::session::{EndedSession, ended_session_key};
use kaipiao_records::people::title::book_entry_key;
use kaipiao_records::people::user::user_key;
use kaipiao_records::platform::card_template::card_template_key;
use kaipiao_records::platform::inserted_invoice::inserted_key;
use kaipiao_records::platform::pdf::platform_pdf_key;
use kaipiao_records::platform::upload_tally::upload_tally_key;
use kaipiao_records::record::Record;
use kaipiao_records::server::{AccountResets, ClockSetting, SeededRuns};

const fn at(ms: i64) -> Timestamp {
    Timestamp::from_unix_millis(ms)
}

fn merchant() -> AppId {
    AppId::parse("wx6b61697069616f31").unwrap()
}

fn user() -> UserId {
    UserId::parse("amy").unwrap()
}

fn reads_back<T: Record + PartialEq + core::fmt::Debug>(key: Key, value: &T) {
    let stored = Stored { key, version: 1, body: Body::new(value.encode()) };
    assert_eq!(T::decode(&stored).as_ref(), Ok(value), "{:?}", stored.body);
}

fn title() -> InvoiceTitle {
    let fields = TitleSide::Company.fields().iter().enumerate();
    let mut title = fields.fold(InvoiceTitle::new(TitleSide::Company), |title, (index, field)| {
        title.with(*field, index.to_string())
    });
    title.custom = vec![CustomValue { key: "k".into(), value: "v".into() }];
    title
}

fn order(state: OrderState) -> Order {
    Order {
        merchant: merchant(),
        request: AuthorizationRequest {
            platform: PlatformId::from_checked("p".into()),
            order_id: OrderId::parse("中/1").unwrap(),
            money_fen: 11,
            timestamp: u32::MAX,
            source: Source::Wap,
            redirect_url: "http://x".into(),
            card_kind: CardKind::Invoice,
            page_type: PageType::Collect,
            asked_by: AppId::parse("wx6b61697069616f34").unwrap(),
        },
        offered_at: at(5),
        payment: Some(OrderPayment { mchid: mchid(), is_refunded: state != OrderState::Offered }),
        state,
    }
}

#[test]
fn every_record_reads_back() {
    let account = Account {
        appid: merchant(),
        role: Role::MobileApp,
        name: "n".into(),
        original_id: "gh_1".into(),
        secret: SecretHash([200; 32]),
        bound_to: Some(merchant()),
        platform_id: Some(PlatformId::from_checked("p".into())),
        permissions: Role::MobileApp.permissions(|p| Some(p == Permission::Invoicing)),
        callers: vec![AddressRange::parse("10.0.0.0/8").unwrap()],
    };
    reads_back(account_key(&merchant()), &account);
    reads_back(contact_key(&merchant()), &Contact { phone: "1".into(), time_out: 2 });
    for (mode, format, aes_key) in [
        (PushMode::Plain, PushFormat::Xml, None),
        (PushMode::Safe, PushFormat::Json, Some(Sealed("k".into()))),
    ] {
        let token = Sealed("t".into());
        let callback =
            Callback { url: "http://x".into(), mode, format, token, aes_key, stands_in_for: None };
        reads_back(callback_key(&merchant()), &callback);
        let stands_in_for = Some(Box::new(callback.clone()));
        reads_back(callback_key(&merchant()), &Callback { stands_in_for, ..callback });
    }
    let custom = vec![CustomField { key: "k".into(), is_required: true, notice: "n".into() }];
    let mut fields = PageFields::never_set();
    fields.personal.rules[TitleField::Phone] = FieldRule::Optional;
    fields.personal.custom.clone_from(&custom);
    fields.company.custom = custom;
    reads_back(page_fields_key(&merchant()), &fields);
    let family = TokenFamily::default().issue_classic(at(1)).issue_classic(at(2));
    reads_back(token_family_key(&merchant(), Family::Classic), &family);
    let forced = family.force_stable(at(3)).unwrap();
    reads_back(token_family_key(&merchant(), Family::Stable), &forced);
    reads_back(token_family_key(&merchant(), Family::Stable), &forced.clear_quota(at(4)).unwrap());
    for default_title in [None, Some("1".to_owned())] {
        reads_back(user_key(&user()), &User { id: user(), name: "艾米".into(), default_title });
    }
    let entry = BookEntry { user: user(), id: "1".into(), title: title() };
    reads_back(book_entry_key(&user(), "1"), &entry);
    for event in events() {
        let order_id = OrderId::parse("1").unwrap();
        let message =
            Message { user: user(), merchant: merchant(), order_id, sent_at: at(9), event };
        reads_back(message_key(&message), &message);
    }
    for role in [ConsoleRole::Operator, ConsoleRole::Developer([merchant()].into())] {
        let name = ConsoleName::parse("amy").unwrap();
        let password = PasswordHash("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".into());
        let user = ConsoleUser { name, role, password, is_disabled: true, sessions: 3 };
        reads_back(console_user_key(&user.name), &user);
    }
    let session = Session { id: *b"twelve bytes", user: user(), expires_s: 9 };
    reads_back(ended_session_key(&session), &EndedSession(session));
    let course = ClockCourse {
        shown: Timestamp::from_unix_millis(1_800_000_000_000),
        real: Timestamp::from_unix_millis(1_700_000_000_000),
        rate: ClockRate::STOPPED,
    };
    reads_back(SeededRuns::key(), &SeededRuns { count: 3 });
    for under_way in [None, Some("wx6b61697069616f31".to_owned())] {
        reads_back(AccountResets::key(), &AccountResets { under_way, count: 3 });
    }
    reads_back(ClockSetting::key(), &ClockSetting { course, changes: 3 });
}

/// Every event that a message tells of.
fn events() -> Vec<MessageEvent> {
    let serial = || Serial::parse("2ff836发/1").unwrap();
    vec![
        MessageEvent::Rejected { reason: "r".into(), url: "http://x".into() },
        MessageEvent::Issued(serial()),
        MessageEvent::Failed,
        MessageEvent::TakenBack(serial()),
        MessageEvent::WrittenOff { serial: serial(), by: merchant() },
        MessageEvent::Paid { mchid: mchid(), total_fee_fen: 7 },
        MessageEvent::PaymentToConfirm {
            mchid: mchid(),
            total_fee_fen: 7,
            prepay_id: "wx1".into(),
        },
    ]
}

/// Order numbers hold any character, and two may say together what another event of one says alone.
#[test]
fn messages_of_different_orders_and_events_have_different_keys() {
    let orders = ["a", "b", "a/b", "c", "a/issued", "issued", "issued/a", "a/b/failed", "b/c"];
    let mut keys = std::collections::BTreeSet::new();
    for order_id in orders {
        for event in events() {
            let order_id = OrderId::parse(order_id).unwrap();
            let message =
                Message { user: user(), merchant: merchant(), order_id, sent_at: at(9), event };
            keys.insert(message_key(&message).id);
        }
    }
    assert_eq!(keys.len(), orders.len() * events().len(), "{keys:?}");
}

fn known_as(openid: &str) -> KnownAs {
    KnownAs { appid: merchant(), openid: OpenId::from_checked(openid.to_owned()) }
}

#[test]
fn an_order_reads_back_in_every_state() {
    let openid = OpenId::from_checked("o1".into());
    let decline = Decline { user: user(), openid: openid.clone(), at: at(6) };
    let personal = InvoiceTitle::new(TitleSide::Personal).with(TitleField::Title, "t");
    let yes = |title| Authorization {
        user: user(),
        openid: openid.clone(),
        paid_as: Vec::new(),
        at: at(7),
        title,
        used_by: None,
    };
    let mut used = yes(None);
    used.used_by = Serial::parse("2ff836发/1");
    used.paid_as = vec![known_as("o1"), known_as("o2")];
    let rejected = |decided| OrderState::Rejected {
        decided,
        reason: RejectionReason { reason: "r".into(), url: String::new() },
        at: at(8),
    };
    let states = [
        OrderState::Offered,
        OrderState::Declined(decline.clone()),
        OrderState::Authorized(yes(Some(title()))),
        OrderState::Authorized(yes(None)),
        OrderState::Authorized(used.clone()),
        rejected(UserDecision::Authorized(used)),
        rejected(UserDecision::Authorized(yes(Some(personal)))),
        rejected(UserDecision::Declined(decline)),
    ];
    for state in states {
        let mut order = order(state);
        reads_back(order_key(&order.key()), &order);
        order.request.card_kind = CardKind::Bill;
        reads_back(order_key(&order.key()), &order);
    }
}

#[test]
fn a_body_of_another_program_is_corrupt_and_names_the_record() {
    let stored =
        Stored { key: contact_key(&merchant()), version: 1, body: Body::new("{\"phone\":1}") };
    let text = Contact::decode(&stored).unwrap_err().to_string();
    assert!(text.starts_with("contacts wx6b61697069616f31/ cannot be read"), "{text}");
}

fn serial(text: &str) -> Serial {
    Serial::parse(text).unwrap()
}

fn party(name: &str) -> Party {
    Party {
        name: name.into(),
        tax_id: "1".into(),
        address: "2".into(),
        phone: "3".into(),
        bank: "4".into(),
        bank_account: "5".into(),
    }
}

fn content() -> Content {
    let line = Line {
        nature: LineNature::Discounted,
        tax_code: "1090418010000000000".into(),
        category: Some("家用清洁电器具".into()),
        name: "洗衣机".into(),
        unit: "台".into(),
        model: "60L".into(),
        quantity: decimal("0.3333333"),
        unit_price: decimal("300.00"),
        net: Fen::new(10_000),
        rate: decimal("0.130").unwrap(),
        untaxed: None,
        tax: Fen::new(1300),
    };
    let bare = Line {
        nature: LineNature::Discount,
        category: None,
        quantity: None,
        unit_price: None,
        net: Fen::new(-1),
        tax: Fen::ZERO,
        untaxed: Some(Untaxed::Exempt),
        ..line.clone()
    };
    Content {
        seller: party("s"),
        buyer: party("b"),
        drawer: "d".into(),
        payee: "p".into(),
        reviewer: "r".into(),
        gross: Fen::new(11_299),
        net: Fen::new(9_999),
        tax: Fen::new(1300),
        remark: "m".into(),
        lines: vec![line, bare],
    }
}

#[test]
fn a_request_reads_back_in_every_state_and_colour() {
    let number = InvoiceNumber::parse("", "26952000000000000017").unwrap();
    let invoice = IssuedInvoice {
        number,
        check_code: "7".into(),
        at: at(9),
        specimen: false,
        machine_number: "661234567890".into(),
        from_outside: true,
        documents: vec![InvoiceDocument {
            kind: DocumentKind::Ofd,
            id: DocumentId::from_random(7),
            size_bytes: 3,
        }],
    };
    let failed = |failure| RequestState::Failed { failure, at: at(8) };
    let issued = |offset| RequestState::Issued { invoice: invoice.clone(), offset };
    let states = [
        RequestState::Running { since: at(7) },
        failed(IssueFailure::Refused("no".into())),
        failed(IssueFailure::Unreachable("gone".into())),
        failed(IssueFailure::Silent),
        failed(IssueFailure::Unreadable("?".into())),
        issued(Offset::Standing),
        issued(Offset::Underway(serial("r"))),
        issued(Offset::Standing),
        issued(Offset::Done(serial("r"))),
    ];
    for (index, state) in states.into_iter().enumerate() {
        let colour = if index % 2 == 0 { Colour::Blue } else { Colour::Red { blue: serial("b") } };
        let is_blue = colour == Colour::Blue;
        let request = InvoiceRequest {
            merchant: merchant(),
            serial: serial("2ff836发/1"),
            order_id: OrderId::parse("中/1").unwrap(),
            asked_by: merchant(),
            user: UserId::parse("amy").unwrap(),
            paid_as: (0..index % 3).map(|n| known_as(&format!("o{n}"))).collect(),
            colour,
            face: Face::Digital,
            content_number: 3,
            summary: content().summary(),
            accepted_at: at(6),
            state,
        };
        reads_back(request_key(&merchant(), &request.serial), &request);
        let card_id = CardId::parse("pjZ8Yt9WoOePThU0NfUKz5-tBEWU").unwrap();
        let code = CardCode::parse("186921658591").unwrap();
        let card = InvoiceCard::of(&request, card_id, code.clone());
        assert_eq!(card.is_some(), is_blue && request.invoice().is_ok());
        if let Some(card) = card {
            assert_eq!(card_key_of(&request), Some(card_key(&card)));
            reads_back(CodeOwner::key(&merchant(), &code), &CodeOwner::from(&card));
            let (by, red) = (merchant(), Some(serial("r")));
            for status in [
                CardStatus::Init,
                CardStatus::Locked { by: by.clone(), at: at(8) },
                CardStatus::Closed { by: by.clone(), at: at(8), offset_by: None },
                CardStatus::Closed { by, at: at(8), offset_by: red.clone() },
                CardStatus::Cancelled { offset_by: None },
                CardStatus::Cancelled { offset_by: red },
            ] {
                reads_back(card_key(&card), &card.with_status(status));
            }
        }
    }
}

#[test]
fn a_content_reads_back() {
    let key = content_key(&merchant(), &serial("2ff836发/1"), 2);
    assert_eq!(key.id, "2ff836发/1/2");
    reads_back(key, &content());
}

#[test]
fn taxpayers_ranges_and_numbers_read_back() {
    let code = MerchantCode::parse("2ff836").unwrap();
    let taxpayer = Taxpayer { merchant: merchant(), code, party: party("s"), face: Face::Digital };
    reads_back(taxpayer_key(&merchant()), &taxpayer);
    let range = NumberRange::new(merchant(), Face::Classic, "044032411111", 5, 900).unwrap();
    let (range, block) = range.take_block("main", 20).unwrap();
    let (mut range, _) = range.take_block("main", 20).unwrap();
    (range.is_automatic, range.issued) = (true, 7);
    reads_back(number_range_key(&range), &range);
    let number = range.number(block.first, 2026);
    let owner = NumberOwner { number, serial: serial("2ff836a") };
    assert_eq!(owner.key(&merchant()).id, "044032411111/000000000000005");
    reads_back(owner.key(&merchant()), &owner);
    let code = NumberCode::new(&range.code).with(&range);
    reads_back(number_code_key(&range.code), &code);
    reads_back(allotment_key(&range.code, range.first), &Allotment::of(&range));
    let gaps = BlockGaps { code: range.code.clone(), block_last: 24, gaps: vec![(6, 8), (24, 24)] };
    reads_back(block_gaps_key(&merchant(), &range.code, 24), &gaps);
}

fn mchid() -> MchId {
    MchId::parse("1900000109").unwrap()
}

#[test]
fn payments_and_refunds_read_back() {
    let number = OutTradeNo::parse("1415659990").unwrap();
    let openid = || OpenId::from_checked("o1".into());
    let request = PaymentRequest {
        appid: merchant(),
        sub_merchant: Some(SubMerchant {
            mchid: MchId::parse("1").unwrap(),
            appid: Some(merchant()),
            openid: Some(openid()),
        }),
        trade_type: TradeType::Mweb,
        total_fee_fen: 100,
        description: "茶".into(),
        detail: "{}".into(),
        attach: "a&b".into(),
        device_info: "d".into(),
        openid: Some(openid()),
        notify_url: Some("http://x/n".into()),
        contract_id: Some("20".into()),
        expires_at: Some(at(9)),
        has_receipt: true,
    };
    let bare = PaymentRequest::of(merchant(), TradeType::Mweb, 100, "茶".into());
    let user = UserId::parse("amy");
    let payer = Payer { user, openid: openid(), sub_openid: Some(openid()) };
    let anonymous = Payer { user: None, openid: openid(), sub_openid: None };
    let paid = |payer| Paid { transaction_id: Some("42".into()), payer, at: Some(at(8)) };
    let reported = Paid { transaction_id: None, payer: anonymous, at: None };
    let out_refund_no = OutRefundNo::parse("r@1").unwrap();
    let states = [
        PaymentState::NotPaid,
        PaymentState::Paid(paid(payer.clone())),
        PaymentState::Paid(reported),
        PaymentState::Closed { at: at(7) },
        PaymentState::Revoked { paid: Some(paid(payer.clone())), at: at(7) },
        PaymentState::Revoked { paid: None, at: at(7) },
        PaymentState::UserPaying { payer },
    ];
    for (state, request) in states.into_iter().zip([&request, &bare].into_iter().cycle()) {
        let is_paid = matches!(state, PaymentState::Paid(_));
        let payment = Payment {
            mchid: mchid(),
            out_trade_no: number.clone(),
            request: request.clone(),
            sign_type: if is_paid { SignType::HmacSha256 } else { SignType::Md5 },
            key: if is_paid { PayKey::Sandbox } else { PayKey::Own },
            prepay: is_paid.then(|| Prepay { id: "wx1".into(), at: at(3) }),
            placed_at: at(2),
            state,
            refunds: if is_paid { vec![out_refund_no.clone()] } else { Vec::new() },
            refunded_fen: 3,
            order_merchant: None,
        };
        reads_back(payment_key(&mchid(), &number), &payment);
        let is_kept = payment.index().unused_since_ms.is_none();
        assert_eq!(is_kept, payment.paid().is_some());
    }
    let asked = RefundRequest {
        out_refund_no: out_refund_no.clone(),
        total_fee_fen: 100,
        refund_fee_fen: 3,
        reason: "退".into(),
        notify_url: Some("http://x/n".into()),
    };
    let refund = Refund {
        mchid: mchid(),
        refund_id: "50".into(),
        out_trade_no: number.clone(),
        request: asked.clone(),
        at: at(9),
    };
    reads_back(refund_key(&mchid(), &out_refund_no), &refund);
    let bare = RefundRequest { reason: String::new(), notify_url: None, ..asked };
    reads_back(refund_key(&mchid(), &out_refund_no), &Refund { request: bare, ..refund });
    reads_back(payer_code_key("13"), &PayerCode(UserId::parse("amy").unwrap()));
    for alias in [
        PaymentAlias::Prepay { payment: number.clone(), at: at(3) },
        PaymentAlias::Transaction(number),
        PaymentAlias::Refund(out_refund_no),
        PaymentAlias::TakenBy(mchid()),
    ] {
        reads_back(payment_alias_key(&mchid(), "name"), &alias);
    }
}

#[test]
fn uploaded_pdfs_read_back() {
    let pdf = PlatformPdf {
        owner: AppId::parse("wx6b61697069616f32").unwrap(),
        media_id: MediaId::parse("3015806758683707").unwrap(),
        size_bytes: 70_000,
        uploaded_at: at(5),
        numbers: Vec::new(),
        attached_to: None,
    };
    let key = || platform_pdf_key(&pdf.owner, &pdf.media_id);
    reads_back(key(), &pdf);
    assert_eq!(pdf.index().unused_since_ms, Some(5));
    let holder = OrderKey {
        merchant: AppId::parse("wx6b61697069616f31").unwrap(),
        order_id: OrderId::parse("订单 1").unwrap(),
    };
    let numbers = vec!["044032000211".to_owned(), "62522141".to_owned()];
    let part = TallyPart::of(&pdf.media_id);
    let empty = UploadTally::new(pdf.owner.clone(), part.clone());
    let tally = empty.clone().with(&pdf, core::time::Duration::from_secs(3600), pdf.uploaded_at);
    for (tally, unused_since_ms) in [(empty, None), (tally, Some(3_599_999))] {
        reads_back(upload_tally_key(&tally.owner, &part), &tally);
        assert_eq!(tally.index().unused_since_ms, unused_since_ms);
    }
    let attached = PlatformPdf { numbers, attached_to: Some(holder), ..pdf.clone() };
    reads_back(key(), &attached);
    assert_eq!(attached.index().unused_since_ms, None);
}

/// What a record from before these members says.
#[test]
fn accounts_and_cards_from_before_permissions_and_reimbursement_are_read() {
    let without = |stored: String, members: &[&str]| {
        let mut shape: serde_json::Value = serde_json::from_str(&stored).unwrap();
        for member in members {
            assert!(shape.as_object_mut().unwrap().remove(*member).is_some(), "{member}");
        }
        shape
    };
    let account = |merchant_api: bool| {
        let written = Account {
            appid: merchant(),
            role: Role::Merchant,
            name: "n".into(),
            original_id: "gh_1".into(),
            secret: SecretHash([200; 32]),
            bound_to: None,
            platform_id: None,
            permissions: Role::Merchant.permissions(|_| Some(merchant_api)),
            callers: Vec::new(),
        };
        let new = ["invoicing_api", "platform_api", "reimbursement_api"];
        let shape = without(written.encode(), &new);
        let body = Body::new(shape.to_string());
        let stored = Stored { key: account_key(&merchant()), version: 1, body };
        let read = Account::decode(&stored).unwrap().permissions;
        Permission::ALL.map(|permission| read.has(permission))
    };
    assert_eq!(account(true), [true, true, false, false]);
    assert_eq!(account(false), [false; 4]);

    let card = InvoiceCard {
        user: user(),
        merchant: merchant(),
        serial: serial("s"),
        platform: None,
        card_id: CardId::parse("pjZ8Yt9WoOePThU0NfUKz5-tBEWU").unwrap(),
        code: CardCode::parse("186921658591").unwrap(),
        seller: "s".into(),
        buyer: "b".into(),
        gross: Fen::new(1),
        number: CardNumber::parse("", "25952000000000000017").unwrap(),
        issued_at: at(7),
        status: CardStatus::Init,
    };
    let offset_by = Some(serial("r"));
    for (cancelled_by, status) in [
        (serde_json::Value::Null, CardStatus::Init),
        ("r".into(), CardStatus::Cancelled { offset_by }),
    ] {
        let mut shape = without(card.encode(), &["status", "company", "status_ms"]);
        shape["cancelled_by"] = cancelled_by;
        let body = Body::new(shape.to_string());
        let stored = Stored { key: card_key(&card), version: 1, body };
        assert_eq!(InvoiceCard::decode(&stored).unwrap().status, status);
    }
}

#[test]
fn what_platforms_insert_reads_back() {
    let card_id = CardId::parse("pjZ8Yt9WoOePThU0NfUKz5-tBEWU").unwrap();
    let link = |name: &str| CardLink {
        name: name.into(),
        url: "https://p.example/".into(),
        sub_title: "s".into(),
    };
    let mut template = CardTemplate {
        platform: merchant(),
        card_id: card_id.clone(),
        card_kind: CardKind::Invoice,
        face: TemplateFace {
            logo_url: "http://l/".into(),
            title: "t".into(),
            payee: "p".into(),
            kind: "k".into(),
            detail: "d".into(),
            description: String::new(),
            custom: Some(link("c")),
            promotion: None,
        },
        created_at: at(7),
    };
    let template_key = card_template_key(&merchant(), &card_id);
    reads_back(template_key.clone(), &template);
    template.face.promotion = template.face.custom.take();
    template.card_kind = CardKind::Bill;
    reads_back(template_key, &template);

    let info_party = |name: &str| InfoParty { name: name.into(), ..InfoParty::default() };
    let item = InfoItem {
        name: "a".into(),
        quantity: "1.50".parse().unwrap(),
        unit: "b".into(),
        price: Fen::new(-3),
    };
    let mut inserted = InsertedInvoice {
        merchant: merchant(),
        order_id: OrderId::parse("a/b").unwrap(),
        user: user(),
        platform: AppId::parse("wx6b61697069616f32").unwrap(),
        card_id,
        code: CardCode::parse("186921658591").unwrap(),
        paid_as: vec![known_as("o1")],
        kind: "k".into(),
        detail: "d".into(),
        number: CardNumber::parse("044032000211", "62522141").unwrap(),
        check_code: "1".repeat(20),
        content: InsertedContent {
            gross: Fen::new(1),
            net: Fen::new(2),
            tax: Fen::new(3),
            issued_at: at(4000),
            items: vec![item],
            buyer: info_party("buyer"),
            seller: info_party("seller"),
            remarks: "r".into(),
            cashier: "c".into(),
            maker: "m".into(),
        },
        pdf: MediaId::parse("3015806758683707").unwrap(),
        trip_pdf: None,
        inserted_at: at(5),
    };
    let key = inserted_key(&merchant(), &inserted.serial());
    reads_back(key.clone(), &inserted);
    inserted.trip_pdf = MediaId::parse("7");
    reads_back(key.clone(), &inserted);
    for (code, number) in [("044032000211", "62522141"), ("44010124", "0000000017")] {
        inserted.number = CardNumber::parse(code, number).unwrap();
        reads_back(key.clone(), &inserted);
        let card = inserted.card("t");
        assert_eq!(card_key(&card), card_key_of_inserted(&inserted));
        reads_back(card_key(&card), &card);
    }
    let card = inserted.card("t");
    reads_back(CodeOwner::key(card.template_owner(), &card.code), &CodeOwner::from(&card));

    for number in [
        CardNumber::parse("044032000211", "62522141").unwrap(),
        CardNumber::parse("", "04403200021162522141").unwrap(),
        CardNumber::parse("44010124", "0000000017").unwrap(),
    ] {
        let taken = TakenNumber { number, merchant: merchant(), serial: inserted.serial() };
        reads_back(TakenNumber::key(&taken.number), &taken);
    }
}

/// A code of a card that was made before platforms inserted any.
#[test]
fn a_code_without_a_merchant_is_its_owners() {
    let code = CardCode::parse("186921658591").unwrap();
    let body = Body::new("{\"user\":\"amy\",\"serial\":\"s1\"}");
    let stored = Stored { key: CodeOwner::key(&merchant(), &code), version: 1, body };
    assert_eq!(CodeOwner::decode(&stored).unwrap().merchant, merchant());
}
