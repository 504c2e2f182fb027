//! The state table, and what an order keeps.

use super::*;
use crate::authorization::authorization_request::Source;
use crate::authorization::authorization_status::AuthorizationStatus;
use crate::people::title::{TitleField, TitleSide};
use crate::people::user::OpenId;

const LIFE: Duration = Duration::from_secs(100);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_millis(1_700_000_000_000 + seconds * 1000)
}

fn platform(n: u8) -> PlatformId {
    PlatformId::from_checked(format!("platform{n}"))
}

fn request(page_type: PageType) -> AuthorizationRequest {
    AuthorizationRequest {
        platform: platform(1),
        order_id: OrderId::parse("1234").unwrap(),
        money_fen: 11,
        timestamp: 1_474_875_876,
        source: Source::Web,
        redirect_url: String::new(),
        card_kind: CardKind::Invoice,
        page_type,
        asked_by: AppId::parse("wx6b61697069616f31").unwrap(),
    }
}

fn offered(page_type: PageType) -> Order {
    Order::offer(AppId::parse("wx6b61697069616f31").unwrap(), request(page_type), at(0))
}

fn user(name: &str) -> Decider {
    let openid = OpenId::from_checked(format!("o{name}"));
    Decider { user: UserId::parse(name).unwrap(), openid, paid_as: Vec::new() }
}

fn title() -> Option<InvoiceTitle> {
    Some(InvoiceTitle::new(TitleSide::Personal).with(TitleField::Title, "张三"))
}

fn decide(
    order: &Order,
    who: &str,
    choice: UserChoice,
    seconds: i64,
) -> Result<Option<Order>, ChoiceRefused> {
    order.decide(user(who), choice, &PageFields::never_set(), LIFE, at(seconds))
}

fn authorized() -> Order {
    decide(&offered(PageType::Apply), "amy", UserChoice::Authorize(None), 1).unwrap().unwrap()
}

fn declined() -> Order {
    decide(&offered(PageType::Apply), "amy", UserChoice::Decline, 1).unwrap().unwrap()
}

fn reason() -> RejectionReason {
    RejectionReason { reason: "refund".into(), url: String::new() }
}

fn rejected() -> Order {
    authorized().reject(&platform(1), reason(), None, at(2)).unwrap()
}

/// The state table, whole: every state against every verb.
#[test]
fn the_state_table() {
    let states = [offered(PageType::Apply), declined(), authorized(), rejected()];
    let offers: Vec<_> = states
        .iter()
        .map(|order| order.offer_again(request(PageType::Collect), at(3)).map_err(|r| r.code))
        .map(|result| result.map(|next| next.map(|order| order.state)))
        .collect();
    assert_eq!(
        offers,
        [
            Ok(Some(OrderState::Offered)),
            Ok(Some(OrderState::Offered)),
            Ok(None),
            Err(ErrorCode::RejectedByBiz)
        ]
    );

    let yes = |order: &Order, who| {
        decide(order, who, UserChoice::Authorize(None), 3).map(|o| o.is_some())
    };
    assert_eq!(
        states.each_ref().map(|order| yes(order, "amy")),
        [Ok(true), Ok(true), Err(ChoiceRefused::AlreadyAuthorized), Err(ChoiceRefused::Rejected)]
    );
    assert_eq!(
        states.each_ref().map(|order| yes(order, "bob")),
        [
            Ok(true),
            Ok(true),
            Err(ChoiceRefused::AuthorizedByAnotherUser),
            Err(ChoiceRefused::Rejected)
        ]
    );

    let no = |order: &Order| decide(order, "amy", UserChoice::Decline, 3).map(|o| o.is_some());
    assert_eq!(
        states.each_ref().map(no),
        [Ok(true), Ok(false), Err(ChoiceRefused::AlreadyAuthorized), Err(ChoiceRefused::Rejected)]
    );

    let bob = user("bob");
    let other_no = states[1]
        .decide(bob.clone(), UserChoice::Decline, &PageFields::never_set(), LIFE, at(3))
        .unwrap()
        .expect("another user's no is news");
    assert!(matches!(other_no.state, OrderState::Declined(no) if no.user == bob.user));

    let reject = |order: &Order| {
        order.reject(&platform(1), reason(), None, at(4)).map(|_| ()).map_err(|r| r.code)
    };
    assert_eq!(
        states.each_ref().map(reject),
        [Err(ErrorCode::OrderNeverAuthorized), Ok(()), Ok(()), Err(ErrorCode::RejectedByBiz)]
    );
}

#[test]
fn the_last_request_wins_until_the_user_authorizes() {
    let again =
        offered(PageType::Apply).offer_again(request(PageType::FillTitle), at(9)).unwrap().unwrap();
    assert_eq!((again.request.page_type, again.offered_at), (PageType::FillTitle, at(9)));
}

#[test]
fn a_link_has_a_life_to_the_millisecond() {
    let order = offered(PageType::Apply);
    assert!(decide(&order, "amy", UserChoice::Authorize(None), 100).is_ok());
    assert_eq!(
        decide(&order, "amy", UserChoice::Authorize(None), 101),
        Err(ChoiceRefused::LinkExpired)
    );
}

#[test]
fn only_a_type_1_page_hands_over_a_title() {
    let order = offered(PageType::FillTitle);
    assert_eq!(
        decide(&order, "amy", UserChoice::Authorize(None), 1),
        Err(ChoiceRefused::TitleMissing)
    );
    let done = decide(&order, "amy", UserChoice::Authorize(title()), 1).unwrap().unwrap();
    let status = AuthorizationStatus::of(Some(&done), &done.request.order_id, &platform(1));
    assert_eq!(status, AuthorizationStatus::Authorized { at: at(1), title: title() });

    let other = decide(&offered(PageType::Collect), "amy", UserChoice::Authorize(title()), 1)
        .unwrap()
        .unwrap();
    let OrderState::Authorized(authorization) = other.state else { panic!("not authorized") };
    assert_eq!(authorization.title, None);
}

#[test]
fn a_foreign_platform_reads_never_auth_and_cannot_reject() {
    let order = authorized();
    let status = AuthorizationStatus::of(Some(&order), &order.request.order_id, &platform(2));
    assert!(matches!(status, AuthorizationStatus::Never { .. }));
    let refusal = order.reject(&platform(2), reason(), None, at(5)).unwrap_err();
    assert_eq!(refusal.code, ErrorCode::OrderNeverAuthorized);
}

#[test]
fn a_rejected_order_keeps_what_the_user_decided() {
    let order = rejected();
    let status = AuthorizationStatus::of(Some(&order), &order.request.order_id, &platform(1));
    assert_eq!(status, AuthorizationStatus::Rejected { decided_at: at(1), title: None });
    let no = declined().reject(&platform(1), reason(), None, at(4)).unwrap();
    assert!(matches!(no.state, OrderState::Rejected { decided: UserDecision::Declined(_), .. }));
}

#[test]
fn a_bills_link_serves_two_hours_whatever_an_invoices_does() {
    let mut order = offered(PageType::Collect);
    let (day, end) = (Duration::from_secs(86_400), order.offered_at + BILL_LINK_LIFE);
    let later = end + Duration::from_millis(1);
    assert!(!order.is_expired(day, later));
    order.request.card_kind = CardKind::Bill;
    assert!(!order.is_expired(day, end) && order.is_expired(day, later));
    assert!(!order.is_expired(Duration::from_secs(60), end));
}

#[test]
fn an_order_takes_a_card_of_the_kind_that_its_user_was_asked_for() {
    let mut order = offered(PageType::Collect);
    for (of_order, kind, words) in [
        (CardKind::Invoice, CardKind::Invoice, None),
        (CardKind::Bill, CardKind::Bill, None),
        (CardKind::Invoice, CardKind::Bill, Some("getauthurl was called for it")),
        (CardKind::Bill, CardKind::Invoice, Some("getbillauthurl was called for it")),
    ] {
        order.request.card_kind = of_order;
        match (order.check_kind(kind), words) {
            (Ok(()), None) => {}
            (Err(refusal), Some(words)) => {
                assert_eq!(refusal.code, ErrorCode::OrderNeverAuthorized);
                assert!(refusal.detail.contains(words), "{refusal}");
            }
            (found, _) => panic!("{of_order:?} {kind:?}: {found:?}"),
        }
    }
}
