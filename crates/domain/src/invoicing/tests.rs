//! Decision tables, and what holds whatever happens in whatever order.

use crate::access::account::{AppId, PlatformId};
use crate::authorization::authorization_request::{AuthorizationRequest, PageType, Source};
use crate::authorization::order::{Order, OrderState};
use crate::authorization::order_id::OrderId;
use crate::authorization::page_fields::PageFields;
use crate::authorization::rejection::RejectionReason;
use crate::authorization::user_decision::{Decider, UserChoice};
use crate::invoicing::acceptance::{Accepted, NotAccepted, RequestContext};
use crate::invoicing::content::{Content, ContentField};
use crate::invoicing::face::Face;
use crate::invoicing::invoice_number::InvoiceNumber;
use crate::invoicing::invoice_request::{
    Colour, InvoiceRequest, IssuerAnswer, IssuerOutcome, RequestState,
};
use crate::invoicing::issue_failure::IssueFailure;
use crate::invoicing::issued_invoice::IssuedInvoice;
use crate::invoicing::line::{LineField, LineNature};
use crate::invoicing::make_offset::MakeOffset;
use crate::invoicing::make_out::MakeOut;
use crate::invoicing::merchant_code::MerchantCode;
use crate::invoicing::party::Party;
use crate::invoicing::samples::{content, line};
use crate::invoicing::serial::Serial;
use crate::invoicing::taxpayer::Taxpayer;
use crate::money::Fen;
use crate::people::card_kind::CardKind;
use crate::people::user::{OpenId, UserId};
use crate::{Refusal, Timestamp};
use core::time::Duration;
use kaipiao_errcode::ErrorCode;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const LIFE: Duration = Duration::from_secs(1000);
const LIMIT: Duration = Duration::from_secs(30);
const TAX_ID: &str = "91440300MA5KP0001N";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_millis(1_700_000_000_000 + seconds * 1000)
}

fn merchant() -> AppId {
    AppId::parse("wx6b61697069616f31").unwrap()
}

fn taxpayer() -> Taxpayer {
    let party = Party { name: "shop".into(), tax_id: TAX_ID.into(), ..Party::default() };
    let code = MerchantCode::parse("2ff836").unwrap();
    Taxpayer { merchant: merchant(), code, party, face: Face::Classic }
}

fn serial(name: &str) -> Serial {
    Serial::parse(&format!("2ff836{name}")).unwrap()
}

fn order_id(name: &str) -> OrderId {
    OrderId::parse(name).unwrap()
}

fn amy() -> UserId {
    UserId::parse("amy").unwrap()
}

fn offered(name: &str) -> Order {
    let request = AuthorizationRequest {
        platform: PlatformId::from_checked("p".into()),
        order_id: order_id(name),
        money_fen: 11,
        timestamp: 1,
        source: Source::Web,
        redirect_url: String::new(),
        card_kind: CardKind::Invoice,
        page_type: PageType::Apply,
        asked_by: merchant(),
    };
    Order::offer(merchant(), request, at(0))
}

fn decided(name: &str, choice: UserChoice) -> Order {
    let openid = OpenId::from_checked("oamy".into());
    let fields = PageFields::never_set();
    let decider = Decider { user: amy(), openid, paid_as: Vec::new() };
    offered(name).decide(decider, choice, &fields, LIFE, at(1)).unwrap().unwrap()
}

fn authorized(name: &str) -> Order {
    decided(name, UserChoice::Authorize(None))
}

fn reject(order: &Order, invoice: Option<&InvoiceRequest>) -> Result<Order, Refusal> {
    let reason = RejectionReason { reason: "refund".into(), url: String::new() };
    let obstacle = invoice.and_then(InvoiceRequest::obstacle_to_rejection);
    order.reject(&PlatformId::from_checked("p".into()), reason, obstacle, at(5))
}

fn asked(serial_name: &str, order: &str) -> MakeOut {
    let mut content = content(vec![line(LineNature::Normal, "1", "100", "100")]);
    content.seller.tax_id = TAX_ID.into();
    MakeOut { order_id: order_id(order), serial: serial(serial_name), content }
}

fn context<'a>(known: Option<&'a InvoiceRequest>, taxpayer: &'a Taxpayer) -> RequestContext<'a> {
    RequestContext {
        taxpayer,
        openid: "o-sent",
        names_user: &|user| user.as_str() == "amy",
        known,
        now: at(10),
    }
}

fn decide(
    asked: &MakeOut,
    order: Option<&Order>,
    known: Option<&InvoiceRequest>,
) -> Result<Accepted<Order>, NotAccepted> {
    asked.decide(order, &context(known, &taxpayer()), LIFE, &|c| c != '𪚥', &|_| None)
}

fn code(result: Result<Accepted<Order>, NotAccepted>) -> ErrorCode {
    match result {
        Err(NotAccepted::Refused(refusal)) => refusal.code,
        other => panic!("{other:?}"),
    }
}

fn begun(result: Result<Accepted<Order>, NotAccepted>) -> (Order, InvoiceRequest) {
    match result {
        Ok(Accepted::Begins { other, request, .. }) => (other, request),
        other => panic!("{other:?}"),
    }
}

fn number(n: u64) -> InvoiceNumber {
    InvoiceNumber::parse("044032411111", &format!("{n:08}")).unwrap()
}

fn issued(n: u64) -> IssuerAnswer {
    issued_as(number(n), "1".repeat(20))
}

fn issued_as(number: InvoiceNumber, check_code: String) -> IssuerAnswer {
    let machine_number = "000000000000".into();
    let at = at(11);
    IssuerAnswer::Issued(IssuedInvoice {
        number,
        check_code,
        at,
        specimen: true,
        machine_number,
        from_outside: false,
        documents: Vec::new(),
    })
}

fn ended(request: &InvoiceRequest, answer: IssuerAnswer) -> InvoiceRequest {
    match request.apply_issuer_answer(answer, LIMIT, at(12)) {
        IssuerOutcome::Ended(request, _) => *request,
        other => panic!("{other:?}"),
    }
}

/// Every order's state that is not a plain yes, against the code that it has.
#[test]
fn only_an_order_that_its_user_authorized_can_be_issued() {
    let yes = authorized("1");
    let rejected = reject(&yes, None).unwrap();
    let ask = asked("a", "1");
    assert_eq!(code(decide(&ask, None, None)), ErrorCode::OrderNeverAuthorized);
    for order in [offered("1"), decided("1", UserChoice::Decline)] {
        assert_eq!(code(decide(&ask, Some(&order), None)), ErrorCode::OrderNeverAuthorized);
    }
    assert_eq!(code(decide(&ask, Some(&rejected), None)), ErrorCode::RejectedByBiz);
    let (order, request) = begun(decide(&ask, Some(&yes), None));
    assert_eq!(order.authorization().unwrap().used_by, Some(serial("a")));
    assert_eq!(request.state, RequestState::Running { since: at(10) });
}

/// Everything is wrong at once; each check that is satisfied shows the next one.
#[test]
fn the_order_of_the_checks() {
    let mut ask = asked("b", "1");
    ask.serial = Serial::parse("other6b").unwrap();
    ask.content.seller.tax_id = "1".into();
    ask.content.net = Fen::ZERO;
    ask.content.lines[0].name = "𪚥".into();
    let (mut order, first) = begun(decide(&asked("a", "1"), Some(&authorized("1")), None));
    let mut elsewhere = begun(decide(&asked("b", "2"), Some(&authorized("2")), None)).1;
    elsewhere.serial = serial("b");
    let rejected = reject(&authorized("1"), None).unwrap();

    assert_eq!(code(decide(&ask, Some(&rejected), None)), ErrorCode::SerialPrefixMismatch);
    ask.serial = serial("b");
    assert_eq!(code(decide(&ask, Some(&rejected), None)), ErrorCode::TaxpayerMismatch);
    ask.content.seller.tax_id = TAX_ID.into();
    assert_eq!(code(decide(&ask, Some(&rejected), None)), ErrorCode::RejectedByBiz);

    let mut old = authorized("1");
    let OrderState::Authorized(authorization) = &mut old.state else { panic!("authorized") };
    authorization.at = at(-2000);
    authorization.user = UserId::parse("bob").unwrap();
    assert_eq!(code(decide(&ask, Some(&old), None)), ErrorCode::AuthorizationExpired);
    let OrderState::Authorized(authorization) = &mut old.state else { panic!("authorized") };
    authorization.at = at(0);
    assert_eq!(code(decide(&ask, Some(&old), Some(&elsewhere))), ErrorCode::OpenidError);
    assert_eq!(code(decide(&ask, Some(&order), Some(&elsewhere))), ErrorCode::SerialOfOtherOrder);
    assert_eq!(code(decide(&ask, Some(&order), None)), ErrorCode::OrderOfOtherSerial);
    order = authorized("1");
    let problem = |ask: &MakeOut| match decide(ask, Some(&order), None) {
        Err(NotAccepted::Content(problem)) => problem.field,
        other => panic!("{other:?}"),
    };
    assert_eq!(problem(&ask), ContentField::Net);
    ask.content.net = first.summary.net;
    assert_eq!(problem(&ask), ContentField::Line(0, LineField::Name));
}

#[test]
fn a_used_authorization_does_not_expire() {
    let ask = asked("a", "1");
    let (mut order, request) = begun(decide(&ask, Some(&authorized("1")), None));
    let done = ended(&request, issued(1));
    let OrderState::Authorized(authorization) = &mut order.state else { panic!("authorized") };
    authorization.at = at(-100_000);
    assert_eq!(decide(&ask, Some(&order), Some(&done)), Ok(Accepted::Before));
}

fn failures() -> [IssueFailure; 4] {
    [
        IssueFailure::Refused("no".into()),
        IssueFailure::Unreachable("gone".into()),
        IssueFailure::Silent,
        IssueFailure::Unreadable("?".into()),
    ]
}

/// What the issuer says, against what a query, a repetition and a rejection then say.
#[test]
fn the_issuers_answers() {
    let ask = asked("a", "1");
    let (order, running) = begun(decide(&ask, Some(&authorized("1")), None));
    assert_eq!(running.invoice().unwrap_err().code, ErrorCode::SerialProcessing);
    assert_eq!(code(decide(&ask, Some(&order), Some(&running))), ErrorCode::SerialProcessing);
    assert_eq!(reject(&order, Some(&running)).unwrap_err().code, ErrorCode::InvoiceBusy);

    let done = ended(&running, issued(7));
    assert_eq!(done.invoice().unwrap().number, number(7));
    let mut wrong = ask.clone();
    wrong.content.gross = Fen::ZERO;
    assert_eq!(decide(&wrong, Some(&order), Some(&done)), Ok(Accepted::Before));
    assert_eq!(reject(&order, Some(&done)).unwrap_err().code, ErrorCode::InvoiceStatusError);

    let codes = [73000, 73100, 73105, 73102];
    for (failure, expected) in failures().into_iter().zip(codes) {
        let failed = ended(&running, IssuerAnswer::Failed(failure.clone()));
        assert_eq!(failed.invoice().unwrap_err().code.number(), expected);
        let again = decide(&ask, Some(&order), Some(&failed)).unwrap();
        let rejected = reject(&order, Some(&failed)).map_err(|refusal| refusal.code);
        if failure == IssueFailure::Silent {
            assert!(matches!(again, Accepted::AsksAgain { request } if request.is_running()));
            assert_eq!(rejected.unwrap_err(), ErrorCode::InvoiceBusy);
        } else {
            let (_, request) = begun(Ok(again));
            assert!(request.is_running());
            let rejected = rejected.unwrap();
            let after = decide(&ask, Some(&rejected), Some(&failed));
            assert_eq!(code(after), ErrorCode::RejectedByBiz);
        }
    }
}

#[test]
fn not_yet_is_waited_for_until_the_limit() {
    let running = begun(decide(&asked("a", "1"), Some(&authorized("1")), None)).1;
    assert_eq!(
        running.apply_issuer_answer(IssuerAnswer::NotYet, LIMIT, at(39)),
        IssuerOutcome::Wait
    );
    let IssuerOutcome::Ended(silent, result) =
        running.apply_issuer_answer(IssuerAnswer::NotYet, LIMIT, at(40))
    else {
        panic!("the limit is over")
    };
    assert_eq!((silent.invoice().unwrap_err().code.number(), result.status()), (73105, 2));
    for ended_before in [*silent, ended(&running, issued(1))] {
        assert_eq!(
            ended_before.apply_issuer_answer(issued(2), LIMIT, at(41)),
            IssuerOutcome::AlreadyEnded
        );
    }
}

#[test]
fn an_answer_that_is_not_of_the_merchants_face_is_not_trusted() {
    let running = begun(decide(&asked("a", "1"), Some(&authorized("1")), None)).1;
    let digital = InvoiceNumber::parse("", "26952000000000000001").unwrap();
    for (number, check_code) in
        [(digital, String::new()), (number(1), "1".repeat(19)), (number(1), "x".repeat(20))]
    {
        let failed = ended(&running, issued_as(number, check_code));
        assert_eq!(failed.invoice().unwrap_err().code.number(), 73102);
    }
}

fn offset(
    red: &str,
    blue: &InvoiceRequest,
    known: Option<&InvoiceRequest>,
) -> Result<Accepted<InvoiceRequest>, ErrorCode> {
    let ask = MakeOffset { serial: serial(red), tax_id: TAX_ID.into() };
    let blue_content = asked("a", "1").content;
    ask.decide(blue, &blue_content, &context(known, &taxpayer())).map_err(|refusal| refusal.code)
}

#[test]
fn an_offset_from_its_request_to_its_end() {
    let running = begun(decide(&asked("a", "1"), Some(&authorized("1")), None)).1;
    assert_eq!(offset("r", &running, None), Err(ErrorCode::InvoiceStatusError));
    let blue = ended(&running, issued(1));
    assert_eq!(offset("a", &blue, Some(&blue)), Err(ErrorCode::SerialOfOtherOrder));
    let accepted = offset("r", &blue, None);
    let Ok(Accepted::Begins { other: underway, request: red, content }) = accepted else {
        panic!("not accepted")
    };
    assert_eq!((content.gross, content.summary()), (Fen::new(-11_300), red.summary.clone()));
    assert_eq!(content.remark, "对应正数发票代码:044032411111号码:00000001");
    assert_eq!(offset("r", &underway, Some(&red)), Err(ErrorCode::SerialProcessing));
    assert_eq!(offset("s", &underway, None), Err(ErrorCode::InvoiceBusy));

    for failure in failures() {
        let is_silent = failure == IssueFailure::Silent;
        let failed = ended(&red, IssuerAnswer::Failed(failure));
        let after = underway.after_red(&failed);
        assert_eq!(after.is_none(), is_silent);
        let again = offset("r", &after.unwrap_or(underway.clone()), Some(&failed));
        assert_eq!(matches!(again, Ok(Accepted::AsksAgain { .. })), is_silent, "{again:?}");
    }

    let red = ended(&red, issued(2));
    let gone = underway.after_red(&red).unwrap();
    assert_eq!(offset("r", &gone, Some(&red)), Ok(Accepted::Before));
    assert_eq!(offset("s", &gone, None), Err(ErrorCode::InvoiceStatusError));
    assert_eq!(offset("s", &red, None), Err(ErrorCode::InvoiceStatusError));
    // The order stays used, and the red request's serial is no order's.
    let order = authorized("1").used_by(authorized("1").authorization().unwrap(), &serial("a"));
    assert_eq!(code(decide(&asked("n", "1"), Some(&order), None)), ErrorCode::OrderOfOtherSerial);
    assert_eq!(
        code(decide(&asked("r", "1"), Some(&order), Some(&red))),
        ErrorCode::SerialOfOtherOrder
    );
}

// ---- whatever happens in whatever order ------------------------------------------------------

/// What a server keeps, each record with its version.
#[derive(Clone, Debug, Default, PartialEq)]
struct World {
    orders: BTreeMap<OrderId, (u32, Order)>,
    requests: BTreeMap<Serial, (u32, InvoiceRequest)>,
    /// By their requests' serials and their own numbers.
    contents: BTreeMap<(Serial, u32), Content>,
    next_number: u64,
    /// Serials whose try has ended, with the status of the event that says so.
    events: Vec<(Serial, u8)>,
}

/// What somebody does.
#[derive(Clone, Debug)]
enum Step {
    MakeOut(String, String),
    Reject(String),
    Offset(String, String),
    Issuer(String, Option<IssueFailure>),
}

/// What a step found when it read.
#[derive(Clone)]
struct Seen(World);

impl World {
    fn new() -> Self {
        let orders = ["1", "2"].map(|name| (order_id(name), (1, authorized(name))));
        Self { orders: orders.into(), next_number: 1, ..Self::default() }
    }

    fn request(&self, serial: &Serial) -> Option<&InvoiceRequest> {
        self.requests.get(serial).map(|(_, request)| request)
    }

    fn save_order(&mut self, order: Order) {
        let version = self.orders.get(&order.request.order_id).map_or(1, |(v, _)| v + 1);
        self.orders.insert(order.request.order_id.clone(), (version, order));
    }

    fn save(&mut self, request: InvoiceRequest) {
        let version = self.requests.get(&request.serial).map_or(1, |(v, _)| v + 1);
        self.requests.insert(request.serial.clone(), (version, request));
    }

    fn begin(&mut self, request: InvoiceRequest, content: Content) {
        let key = (request.serial.clone(), request.content_number);
        assert_eq!(self.contents.insert(key, content), None, "a content is written once");
        self.save(request);
    }

    /// Decides over what was seen and commits; None: what it would save has changed since.
    fn run(&mut self, step: &Step, seen: &Seen) -> Option<Result<u8, i32>> {
        let (before, mut after) = (&seen.0, seen.0.clone());
        // Numbers are given out once, whoever has read what.
        after.next_number = self.next_number;
        let answer = after.decide(step);
        let orders = saved(&before.orders, &after.orders);
        let requests = saved(&before.requests, &after.requests);
        if has_moved(&before.orders, &self.orders, &orders)
            || has_moved(&before.requests, &self.requests, &requests)
        {
            return None;
        }
        self.orders.extend(orders);
        self.requests.extend(requests);
        self.contents.extend(after.contents);
        self.events.extend_from_slice(&after.events[before.events.len()..]);
        self.next_number = self.next_number.max(after.next_number);
        Some(answer)
    }

    /// The step over a world that nobody else touches.
    fn decide(&mut self, step: &Step) -> Result<u8, i32> {
        match step {
            Step::MakeOut(name, order) => self.make_out(&asked(name, order)),
            Step::Reject(order) => {
                let order = self.orders[&order_id(order)].1.clone();
                let used_by = order.authorization().and_then(|a| a.used_by.clone());
                let invoice = used_by.and_then(|serial| self.request(&serial).cloned());
                self.save_order(reject(&order, invoice.as_ref()).map_err(number_of)?);
                Ok(0)
            }
            Step::Offset(red, blue) => self.offset(red, blue),
            Step::Issuer(name, failure) => Ok(self.issuer(name, failure.clone())),
        }
    }

    fn make_out(&mut self, ask: &MakeOut) -> Result<u8, i32> {
        let order = self.orders.get(&ask.order_id).map(|(_, order)| order);
        match decide(ask, order, self.request(&ask.serial)) {
            Ok(Accepted::Before) => Ok(0),
            Ok(Accepted::Begins { other, request, content }) => {
                self.save_order(other);
                self.begin(request, *content);
                Ok(1)
            }
            Ok(Accepted::AsksAgain { request }) => {
                self.save(request);
                Err(73105)
            }
            Err(NotAccepted::Refused(refusal)) => Err(number_of(refusal)),
            Err(NotAccepted::Content(_)) => Err(72031),
        }
    }

    fn offset(&mut self, red: &str, blue: &str) -> Result<u8, i32> {
        let Some(blue) = self.request(&serial(blue)).cloned() else { return Err(72031) };
        let known = self.request(&serial(red)).cloned();
        match offset(red, &blue, known.as_ref()) {
            Ok(Accepted::Before) => Ok(0),
            Ok(Accepted::Begins { other, request, content }) => {
                self.save(other);
                self.begin(request, *content);
                Ok(1)
            }
            Ok(Accepted::AsksAgain { request }) => {
                self.save(request);
                Err(73105)
            }
            Err(code) => Err(code.number()),
        }
    }

    fn issuer(&mut self, name: &str, failure: Option<IssueFailure>) -> u8 {
        let Some(request) = self.request(&serial(name)).cloned() else { return 0 };
        let answer = failure.map_or_else(|| issued(self.next_number), IssuerAnswer::Failed);
        let IssuerOutcome::Ended(ended, result) =
            request.apply_issuer_answer(answer, LIMIT, at(12))
        else {
            return 0;
        };
        self.next_number += 1;
        if let Colour::Red { blue } = &ended.colour
            && let Some(blue) = self.request(blue).and_then(|blue| blue.after_red(&ended))
        {
            self.save(blue);
        }
        self.events.push((ended.serial.clone(), result.status()));
        self.save(*ended);
        result.status()
    }

    /// Two runs of the same steps take different numbers; which ones does not matter.
    fn without_numbers(mut self) -> Self {
        self.next_number = 0;
        for (_, request) in self.requests.values_mut() {
            if let RequestState::Issued { invoice, .. } = &mut request.state {
                invoice.number = number(0);
            }
        }
        for content in self.contents.values_mut().filter(|c| c.remark.contains("对应")) {
            content.remark.clear();
        }
        self
    }

    /// What must hold at every moment.
    fn check(&self) {
        let mut numbers = BTreeSet::new();
        for (serial, (_, request)) in &self.requests {
            let content = &self.contents[&(serial.clone(), request.content_number)];
            assert_eq!(content.summary(), request.summary, "{serial} is in short what it says");
            let statuses = self.events.iter().filter(|(of, _)| of == serial);
            let statuses: Vec<u8> = statuses.map(|(_, status)| *status).collect();
            let successes = statuses.iter().filter(|status| **status == 100).count();
            if let RequestState::Issued { invoice, .. } = &request.state {
                assert_eq!(successes, 1, "{serial} has the events {statuses:?}");
                assert_eq!(statuses.last(), Some(&100), "nothing comes after a success");
                assert!(numbers.insert(invoice.number.clone()), "{:?} twice", invoice.number);
            } else {
                assert_eq!(successes, 0, "{serial}");
            }
            let order = &self.orders[&request.order_id].1;
            if request.colour == Colour::Blue
                && let Some(authorization) = order.authorization()
            {
                assert_eq!(authorization.used_by.as_ref(), Some(serial), "an order has one");
            }
            if matches!(order.state, OrderState::Rejected { .. }) {
                assert!(matches!(request.state, RequestState::Failed { .. }), "{request:?}");
            }
        }
    }
}

type Versioned<K, V> = BTreeMap<K, (u32, V)>;

/// The records whose version is another than before.
fn saved<K: Ord + Clone, V: Clone>(
    before: &Versioned<K, V>,
    after: &Versioned<K, V>,
) -> Versioned<K, V> {
    let is_saved = |key: &K, version: u32| before.get(key).map(|(v, _)| *v) != Some(version);
    let saved = after.iter().filter(|(key, (version, _))| is_saved(key, *version));
    saved.map(|(key, record)| (key.clone(), record.clone())).collect()
}

/// Has somebody else saved one of these since they were read?
fn has_moved<K: Ord, V>(
    before: &Versioned<K, V>,
    now: &Versioned<K, V>,
    saved: &Versioned<K, V>,
) -> bool {
    let version = |of: &Versioned<K, V>, key: &K| of.get(key).map(|(version, _)| *version);
    saved.keys().any(|key| version(before, key) != version(now, key))
}

fn number_of(refusal: Refusal) -> i32 {
    refusal.code.number()
}

fn any_step() -> impl Strategy<Value = Step> {
    let name = || prop::sample::select(vec!["a", "b", "c"]).prop_map(str::to_owned);
    let order = || prop::sample::select(vec!["1", "2"]).prop_map(str::to_owned);
    let failure = prop::option::weighted(0.4, prop::sample::select(failures().to_vec()));
    prop_oneof![
        4 => (name(), order()).prop_map(|(name, order)| Step::MakeOut(name, order)),
        1 => order().prop_map(Step::Reject),
        2 => (name(), name()).prop_map(|(red, blue)| Step::Offset(red, blue)),
        4 => (name(), failure).prop_map(|(name, failure)| Step::Issuer(name, failure)),
    ]
}

/// One of two steps that run beside each other: it reads, and commits over what it read; when that
/// has changed it reads again.
fn beside(world: &mut World, step: &Step, seen: &Seen) -> Result<u8, i32> {
    let first = world.run(step, seen);
    first.unwrap_or_else(|| {
        let fresh = Seen(world.clone());
        world.run(step, &fresh).expect("nobody else is there")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_path_leaves_rejected_and_every_invoice_has_one_success_event(
        steps in prop::collection::vec(any_step(), 1..40)
    ) {
        let mut world = World::new();
        for step in &steps {
            let rejected: Vec<_> = world.orders.iter()
                .filter(|(_, (_, order))| matches!(order.state, OrderState::Rejected { .. }))
                .map(|(id, (_, order))| (id.clone(), order.clone()))
                .collect();
            let issued: Vec<_> = world.requests.values()
                .filter_map(|(_, request)| Some((request.serial.clone(), request.invoice().ok()?.clone())))
                .collect();
            let _ = world.decide(step);
            world.check();
            for (id, order) in rejected {
                prop_assert_eq!(&world.orders[&id].1, &order, "no path leaves Rejected");
            }
            for (serial, invoice) in issued {
                prop_assert_eq!(world.request(&serial).unwrap().invoice(), Ok(&invoice));
            }
        }
    }

    #[test]
    fn two_requests_beside_each_other_equal_one_after_the_other(
        before in prop::collection::vec(any_step(), 0..12), one in any_step(), other in any_step()
    ) {
        let mut start = World::new();
        for step in &before {
            let _ = start.decide(step);
        }
        let in_order = |first: &Step, second: &Step| {
            let mut world = start.clone();
            let answers = (world.decide(first), world.decide(second));
            (world.without_numbers(), answers)
        };
        let (one_first, one_answers) = in_order(&one, &other);
        let (other_first, (second, first)) = in_order(&other, &one);
        let orders = [(one_first, one_answers), (other_first, (first, second))];
        // Both read before either commits: whichever commits first.
        for one_commits_first in [true, false] {
            let mut world = start.clone();
            let seen = Seen(start.clone());
            let answers = if one_commits_first {
                let first = beside(&mut world, &one, &seen);
                (first, beside(&mut world, &other, &seen))
            } else {
                let second = beside(&mut world, &other, &seen);
                (beside(&mut world, &one, &seen), second)
            };
            world.check();
            let found = (world.without_numbers(), answers);
            prop_assert!(orders.contains(&found), "{:?}\n{:?}\n{:#?}", one, other, found);
        }
    }
}
