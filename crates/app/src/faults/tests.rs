use super::*;
use kaipiao_domain::clock_course::ClockCourse;
use kaipiao_ports::clock::SystemClock;
use std::sync::atomic::AtomicU32;

/// Dice that fall as a row of numbers says: 0, 1, 2 and so on.
#[derive(Default)]
struct Counting(AtomicU32);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    }
}

const PATH: &str = "/card/invoice/getauthurl";

fn faults() -> (Faults, Arc<SystemClock>) {
    let clock = Arc::new(SystemClock::default());
    let paths = QUOTA_CALLS.into_iter().chain([PATH, "/other"]);
    let paths = paths.map(|path| CallPath { path, whose: Whose::Accounts });
    let own_clock = Arc::<SystemClock>::clone(&clock);
    (Faults::new(own_clock, Arc::new(Counting::default()), paths), clock)
}

fn plan(calls: Calls, code: ErrorCode) -> Plan {
    let fault = Fault::Calls(calls, CallFault::Refused(code));
    Plan { fault, account: None, percent: None, times: Some(1) }
}

fn called<'a>(path: &'static str, accounts: &'a [&'a str]) -> Called<'a> {
    Called { path: CallPath { path, whose: Whose::Accounts }, accounts, has_token: true }
}

fn code_at(faults: &Faults, path: &'static str, account: &str) -> Option<ErrorCode> {
    match faults.strike_call(&called(path, &[account]))?.fault {
        CallFault::Refused(code) => Some(code),
        other => panic!("{other:?}"),
    }
}

#[test]
fn plans_are_played_in_their_order_and_end() {
    let (faults, _) = faults();
    assert!(!faults.are_planned());
    faults.plan(Plan { times: Some(2), ..plan(Calls::At(PATH), ErrorCode::SystemError) }).unwrap();
    faults.plan(plan(Calls::WithToken, ErrorCode::InvalidCredential)).unwrap();
    assert!(faults.are_planned());
    assert_eq!(code_at(&faults, "/other", "a"), Some(ErrorCode::InvalidCredential));
    let struck = [(); 3].map(|()| code_at(&faults, PATH, "a"));
    assert_eq!(struck, [Some(ErrorCode::SystemError), Some(ErrorCode::SystemError), None]);
    assert!(!faults.are_planned() && faults.planned().is_empty());
    let played: Vec<_> = faults.played().iter().map(|one| (one.id, one.to.clone())).collect();
    assert_eq!(played, [(2, "/other".into()), (1, PATH.to_owned()), (1, PATH.to_owned())]);
}

#[test]
fn a_plan_of_one_account_leaves_the_others_alone() {
    let (faults, _) = faults();
    let of_one =
        Plan { account: Some("b".into()), ..plan(Calls::WithToken, ErrorCode::SystemError) };
    faults.plan(of_one).unwrap();
    assert_eq!(code_at(&faults, PATH, "a"), None);
    assert!(faults.strike_call(&called(PATH, &[])).is_none());
    assert_eq!(code_at(&faults, PATH, "b"), Some(ErrorCode::SystemError));
}

#[test]
fn what_goes_on_elsewhere_leaves_out_an_accounts_own() {
    let (before, _) = faults();
    for account in [Some("a"), Some("b"), None] {
        let account = account.map(str::to_owned);
        let twice =
            Plan { account, times: Some(2), ..plan(Calls::At(PATH), ErrorCode::SystemError) };
        before.plan(twice).unwrap();
    }
    code_at(&before, PATH, "a").unwrap();
    code_at(&before, PATH, "b").unwrap();
    let (after, _) = faults();
    after.go_on_from(&before, "a");
    let left: Vec<_> = after.planned().iter().map(|planned| (planned.id, planned.left)).collect();
    assert_eq!(left, [(2, Some(1)), (3, Some(2))]);
    let played: Vec<_> = after.played().into_iter().map(|one| one.account).collect();
    assert_eq!(played, ["b"]);
    assert_eq!(code_at(&after, PATH, "b"), Some(ErrorCode::SystemError));
    // No id stands for two plans.
    assert_eq!(after.plan(plan(Calls::WithToken, ErrorCode::SystemError)).unwrap().id, 4);
    let (nothing, _) = faults();
    nothing.go_on_from(
        &Faults::new(Arc::new(SystemClock::default()), Arc::new(Counting::default()), []),
        "a",
    );
    assert!(!nothing.are_planned());
}

#[test]
fn so_many_of_a_hundred_are_struck() {
    let (faults, _) = faults();
    let some =
        Plan { percent: Some(30), times: None, ..plan(Calls::At(PATH), ErrorCode::SystemError) };
    faults.plan(some).unwrap();
    let struck = (0..1000).filter(|_| code_at(&faults, PATH, "a").is_some()).count();
    assert_eq!(struck, 300);
    assert_eq!(faults.planned()[0].left, None);
    assert_eq!(faults.played().len(), MOST_PLAYED);
    assert_eq!(faults.forget(|_| true), 1);
    assert!(!faults.are_planned());
}

#[test]
fn plans_are_bounded_and_the_issuers_takes_the_place_of_its_accounts_last() {
    let (faults, _) = faults();
    let issuer = |fault, account: Option<&str>| Plan {
        fault: Fault::Issuer(fault),
        account: account.map(str::to_owned),
        percent: None,
        times: Some(1),
    };
    faults.plan(issuer(IssuerFault::Refuses, None)).unwrap();
    faults.plan(issuer(IssuerFault::Refuses, Some("a"))).unwrap();
    faults.plan(issuer(IssuerFault::WasSilent, None)).unwrap();
    let ids: Vec<_> = faults.planned().iter().map(|planned| planned.id).collect();
    assert_eq!(ids, [2, 3]);
    for _ in 2..MOST_PLANS {
        faults.plan(plan(Calls::At(PATH), ErrorCode::SystemError)).unwrap();
    }
    let refusal = faults.plan(plan(Calls::At(PATH), ErrorCode::SystemError)).unwrap_err();
    assert!(refusal.detail.starts_with("faults are 100 already"), "{refusal}");
    faults.plan(issuer(IssuerFault::Refuses, Some("a"))).unwrap();
}

#[test]
fn a_quota_is_used_up_until_it_is_cleared_or_the_day_ends() {
    let (faults, clock) = faults();
    let quota =
        |path| Plan { times: None, ..plan(Calls::OverQuota(path), ErrorCode::DailyQuotaReached) };
    faults.plan(quota(Some(PATH))).unwrap();
    assert!(faults.use_up_quota("a", PATH) && !faults.use_up_quota("a", "/other"));
    assert!(code_at(&faults, PATH, "a").is_some() && code_at(&faults, "/other", "a").is_none());
    faults.clear_quota("a", Some("/other"));
    assert!(faults.use_up_quota("a", PATH));
    faults.clear_quota("a", Some(PATH));
    assert!(!faults.use_up_quota("a", PATH) && code_at(&faults, PATH, "a").is_none());
    assert!(faults.use_up_quota("b", PATH) && code_at(&faults, PATH, "b").is_some());
    faults.plan(quota(None)).unwrap();
    assert!(code_at(&faults, "/other", "a").is_some());
    assert!(QUOTA_CALLS.iter().all(|path| code_at(&faults, path, "a").is_none()));
    faults.clear_quota("a", None);
    assert!(code_at(&faults, "/other", "a").is_none());
    let course = clock.course();
    clock.follow(ClockCourse { shown: course.shown + Duration::from_secs(86_400), ..course });
    assert!(!faults.use_up_quota("b", PATH) && code_at(&faults, PATH, "b").is_none());
    assert!(faults.planned().is_empty());
}

#[test]
fn a_pay_merchants_path_is_known_below_the_prefixes_too() {
    let paths = ["/pay/refundquery", "/secapi/pay/refund", "/pay/orderquery"];
    let paths = paths.map(|path| CallPath { path, whose: Whose::PayMerchants });
    let faults =
        Faults::new(Arc::new(SystemClock::default()), Arc::new(Counting::default()), paths);
    let listed = |path: &str| faults.path_of(path).map(|listed| listed.path);
    assert_eq!(listed("/secapi/pay/refund"), Some("/secapi/pay/refund"));
    assert_eq!(listed("/sandboxnew/pay/refund"), Some("/secapi/pay/refund"));
    assert_eq!(listed("/xdc/apiv2sandbox/secapi/pay/refund"), Some("/secapi/pay/refund"));
    assert_eq!(listed("/pay/paporderquery"), None);
}

/// What a seed says of the dice holds whatever else is drawn beside them.
#[test]
fn the_dice_of_a_seed_fall_the_same_whatever_is_drawn_in_between() {
    let [one, other] = [0, 7].map(|drawn_between| {
        let entropy = Arc::new(crate::seeded::SeededEntropy::new("seed", 1));
        let path = CallPath { path: PATH, whose: Whose::Accounts };
        let own = Arc::<crate::seeded::SeededEntropy>::clone(&entropy);
        let faults = Faults::new(Arc::new(SystemClock::default()), own, [path]);
        let half = plan(Calls::At(PATH), ErrorCode::SystemError);
        faults.plan(Plan { percent: Some(50), times: None, ..half }).unwrap();
        let struck = || {
            (0..drawn_between).for_each(|_| entropy.fill(&mut [0]));
            code_at(&faults, PATH, "a").is_some()
        };
        core::iter::repeat_with(struck).take(50).collect::<Vec<_>>()
    });
    assert_eq!(one, other);
    assert!(one.contains(&true) && one.contains(&false));
}
