//! How far a card's invoice is on its way to being written off (wire_facts 1.1).
//!
//! ```text
//!            lock                    closure, by the company that holds the lock
//!   Init ───────────▶ Locked ─────────────────────────────────▶ Closed
//!    ▲ │ ◀─────────── │ init, by that company
//!    │ ▼              ▼
//!    └ Cancelled ◀─────  the invoice is taken back, by an offset or by its platform
//! ```
//!
//! A lock keeps every other company out. Closed and Cancelled are final: an offset of a closed one is
//! noted, and it stays closed.

use crate::access::account::AppId;
use crate::invoicing::serial::Serial;
use crate::{Refusal, Timestamp};
use kaipiao_errcode::ErrorCode;

/// A status as it is called on the wire (wire_facts 1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReimburseStatus {
    /// May be submitted for reimbursement.
    Init,
    /// A company is reimbursing it.
    Lock,
    /// Written off.
    Closure,
    /// Taken back.
    Cancel,
}

impl ReimburseStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Init, Self::Lock, Self::Closure, Self::Cancel];

    /// The published name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Init => "INVOICE_REIMBURSE_INIT",
            Self::Lock => "INVOICE_REIMBURSE_LOCK",
            Self::Closure => "INVOICE_REIMBURSE_CLOSURE",
            Self::Cancel => "INVOICE_REIMBURSE_CANCEL",
        }
    }

    /// The status with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// What a company may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompanyAction {
    /// INIT: let go of it.
    Unlock,
    /// LOCK: keep other companies out.
    Lock,
    /// CLOSURE: written off, for good.
    Close,
}

impl CompanyAction {
    /// What asks for this status; None: no company can.
    pub const fn to_reach(status: ReimburseStatus) -> Option<Self> {
        match status {
            ReimburseStatus::Init => Some(Self::Unlock),
            ReimburseStatus::Lock => Some(Self::Lock),
            ReimburseStatus::Closure => Some(Self::Close),
            ReimburseStatus::Cancel => None,
        }
    }
}

/// Where a card stands, with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardStatus {
    /// Nobody has it.
    Init,
    /// A company has it.
    Locked {
        /// The company's account.
        by: AppId,
        /// Since when.
        at: Timestamp,
    },
    /// A company has written it off.
    Closed {
        /// The company's account.
        by: AppId,
        /// When.
        at: Timestamp,
        /// The red request that has taken the invoice back since: a note, for closed stays closed.
        offset_by: Option<Serial>,
    },
    /// The invoice was taken back.
    Cancelled {
        /// The red request; None: its platform says so.
        offset_by: Option<Serial>,
    },
}

impl CardStatus {
    /// The status without what belongs to it.
    pub const fn plain(&self) -> ReimburseStatus {
        match self {
            Self::Init => ReimburseStatus::Init,
            Self::Locked { .. } => ReimburseStatus::Lock,
            Self::Closed { .. } => ReimburseStatus::Closure,
            Self::Cancelled { .. } => ReimburseStatus::Cancel,
        }
    }

    /// The company that has it or has written it off.
    pub const fn company(&self) -> Option<&AppId> {
        match self {
            Self::Locked { by, .. } | Self::Closed { by, .. } => Some(by),
            Self::Init | Self::Cancelled { .. } => None,
        }
    }

    /// Since when the company has it, or when it wrote it off.
    pub const fn since(&self) -> Option<Timestamp> {
        match self {
            Self::Locked { at, .. } | Self::Closed { at, .. } => Some(*at),
            Self::Init | Self::Cancelled { .. } => None,
        }
    }

    /// The red request that has taken the invoice back.
    pub const fn offset_by(&self) -> Option<&Serial> {
        match self {
            Self::Closed { offset_by, .. } | Self::Cancelled { offset_by } => offset_by.as_ref(),
            Self::Init | Self::Locked { .. } => None,
        }
    }

    /// What a company's action makes of it. 72023 another has it, 72039 closed before it is locked, 72024
    /// nothing to unlock or to lock, 72060 cancelled, 72061 closed (wire_facts 6.3).
    pub fn change(
        &self,
        action: CompanyAction,
        company: &AppId,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let refuse = |code, detail: &str| Err(Refusal::new(code, detail));
        let by = || company.clone();
        match (self, action) {
            (Self::Locked { by, .. }, _) if by != company => {
                refuse(ErrorCode::InvoiceLocked, "another company has it until it lets go of it")
            }
            (Self::Init, CompanyAction::Lock) => Ok(Self::Locked { by: by(), at: now }),
            (Self::Locked { .. }, CompanyAction::Unlock) => Ok(Self::Init),
            (Self::Locked { .. }, CompanyAction::Close) => {
                Ok(Self::Closed { by: by(), at: now, offset_by: None })
            }
            (Self::Init, CompanyAction::Close) => Err(Refusal::plain(ErrorCode::MustLockFirst)),
            (Self::Init, CompanyAction::Unlock) => {
                refuse(ErrorCode::InvoiceStatusError, "it is not locked")
            }
            (Self::Locked { .. }, CompanyAction::Lock) => {
                refuse(ErrorCode::InvoiceStatusError, "it is locked by this account already")
            }
            (Self::Closed { .. }, _) => Err(Refusal::plain(ErrorCode::InvoiceClosed)),
            (Self::Cancelled { .. }, _) => Err(Refusal::plain(ErrorCode::InvoiceCancelled)),
        }
    }

    /// What its platform's word makes of it: CANCEL takes the invoice back, whoever has it, and INIT says
    /// what is so already. 72023 INIT while a company has it, 72024 what only companies do, 72060 cancelled, 72061
    /// closed (wire_facts 1.1, D-191).
    pub fn told_by_platform(&self, told: ReimburseStatus) -> Result<Self, Refusal> {
        let refuse = |code, detail: &str| Err(Refusal::new(code, detail));
        match (self, told) {
            (Self::Closed { .. }, _) => Err(Refusal::plain(ErrorCode::InvoiceClosed)),
            (Self::Cancelled { .. }, _) => Err(Refusal::plain(ErrorCode::InvoiceCancelled)),
            (_, ReimburseStatus::Lock | ReimburseStatus::Closure) => refuse(
                ErrorCode::InvoiceStatusError,
                "only a company that the user has chosen it for locks it and writes it off",
            ),
            (_, ReimburseStatus::Cancel) => Ok(Self::Cancelled { offset_by: None }),
            (Self::Init, ReimburseStatus::Init) => Ok(Self::Init),
            (Self::Locked { .. }, ReimburseStatus::Init) => {
                refuse(ErrorCode::InvoiceLocked, "a company has it, which alone lets go of it")
            }
        }
    }

    /// It once a red request has taken its invoice back.
    #[must_use]
    pub fn offset(&self, red: Serial) -> Self {
        match self {
            Self::Closed { by, at, .. } => {
                Self::Closed { by: by.clone(), at: *at, offset_by: Some(red) }
            }
            Self::Init | Self::Locked { .. } | Self::Cancelled { .. } => {
                Self::Cancelled { offset_by: Some(red) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn company(number: u8) -> AppId {
        AppId::parse(&format!("wx{number:016x}")).unwrap()
    }

    fn red() -> Serial {
        Serial::parse("r").unwrap()
    }

    const NOW: Timestamp = Timestamp::from_unix_millis(7);

    #[test]
    fn the_table_of_transitions() {
        let (own, other) = (company(1), company(2));
        let locked = |by: &AppId| CardStatus::Locked { by: by.clone(), at: NOW };
        let closed = |by: &AppId| CardStatus::Closed { by: by.clone(), at: NOW, offset_by: None };
        let actions = [CompanyAction::Unlock, CompanyAction::Lock, CompanyAction::Close];
        let after = |status: &CardStatus| {
            actions.map(|action| status.change(action, &own, NOW).map_err(|no| no.code.number()))
        };
        let init = CardStatus::Init;
        assert_eq!(after(&init), [Err(72024), Ok(locked(&own)), Err(72039)]);
        assert_eq!(after(&locked(&own)), [Ok(init.clone()), Err(72024), Ok(closed(&own))]);
        assert_eq!(after(&locked(&other)), [Err(72023), Err(72023), Err(72023)]);
        assert_eq!(after(&closed(&own)), [Err(72061), Err(72061), Err(72061)]);
        assert_eq!(after(&closed(&other)), [Err(72061), Err(72061), Err(72061)]);
        let cancelled = init.offset(red());
        assert_eq!(after(&cancelled), [Err(72060), Err(72060), Err(72060)]);
        assert_eq!(locked(&other).offset(red()), cancelled);
        let noted = closed(&own).offset(red());
        assert_eq!((noted.plain(), noted.offset_by()), (ReimburseStatus::Closure, Some(&red())));
    }

    #[test]
    fn a_platform_cancels_what_is_not_closed() {
        let own = company(1);
        let locked = CardStatus::Locked { by: own.clone(), at: NOW };
        let closed = CardStatus::Closed { by: own, at: NOW, offset_by: None };
        let cancelled = CardStatus::Cancelled { offset_by: None };
        let after = |status: &CardStatus| {
            ReimburseStatus::ALL
                .map(|told| status.told_by_platform(told).map_err(|no| no.code.number()))
        };
        let init = CardStatus::Init;
        let cancels = Ok(cancelled.clone());
        assert_eq!(after(&init), [Ok(init.clone()), Err(72024), Err(72024), cancels.clone()]);
        assert_eq!(after(&locked), [Err(72023), Err(72024), Err(72024), cancels]);
        assert_eq!(after(&closed), [(); 4].map(|()| Err(72061)));
        assert_eq!(after(&cancelled), [(); 4].map(|()| Err(72060)));
    }

    #[test]
    fn status_names_read_back() {
        for status in ReimburseStatus::ALL {
            assert_eq!(ReimburseStatus::from_name(status.name()), Some(status));
        }
        assert_eq!(ReimburseStatus::from_name("INIT"), None);
    }

    /// What the rules say without a table: who has it, and whether it is over.
    #[derive(Clone, Default)]
    struct Model {
        holder: Option<u8>,
        is_closed: bool,
        is_cancelled: bool,
    }

    impl Model {
        fn act(&mut self, action: Option<CompanyAction>, by: u8) -> bool {
            let Some(action) = action else {
                self.is_cancelled |= !self.is_closed;
                return true;
            };
            let is_mine = self.holder == Some(by);
            let may = !self.is_closed
                && !self.is_cancelled
                && match action {
                    CompanyAction::Lock => self.holder.is_none(),
                    CompanyAction::Unlock | CompanyAction::Close => is_mine,
                };
            if may {
                self.is_closed = action == CompanyAction::Close;
                self.holder = (action != CompanyAction::Unlock).then_some(by);
            }
            may
        }
    }

    /// Somebody who changes the card as the server does: reads it with its version, decides, and saves at that
    /// version; whoever finds another version there reads again.
    #[derive(Clone)]
    struct Caller {
        /// None: the platform, which cancels.
        action: Option<CompanyAction>,
        company: u8,
        read: Option<(CardStatus, u64)>,
        answer: Option<Result<(), i32>>,
    }

    impl Caller {
        fn wanting(action: Option<CompanyAction>, company: u8) -> Self {
            Self { action, company, read: None, answer: None }
        }

        /// One step, with the card as the store has it. True: it has changed the card.
        fn step(&mut self, status: &mut CardStatus, version: &mut u64) -> bool {
            if self.answer.is_some() {
                return false;
            }
            let Some((seen, seen_at)) = self.read.take() else {
                self.read = Some((status.clone(), *version));
                return false;
            };
            let next = match self.action {
                Some(action) => seen.change(action, &company(self.company), NOW),
                None => seen.told_by_platform(ReimburseStatus::Cancel),
            };
            match next {
                Err(refusal) => self.answer = Some(Err(refusal.code.number())),
                Ok(_) if seen_at != *version => {}
                Ok(next) => {
                    (*status, *version) = (next, *version + 1);
                    self.answer = Some(Ok(()));
                    return true;
                }
            }
            false
        }
    }

    proptest! {
        /// A platform's cancel races the locks and write-offs of two companies, in any order of reads and
        /// saves: what was saved is what the rules allow one after the other, and nobody is told otherwise.
        #[test]
        fn a_platforms_cancel_races_two_companies_and_all_agree(
            steps in prop::collection::vec(0..5_usize, 0..60),
        ) {
            let (mut status, mut version, mut model) = (CardStatus::Init, 0, Model::default());
            let (lock, close) = (Some(CompanyAction::Lock), Some(CompanyAction::Close));
            let mut callers = [
                Caller::wanting(lock, 1),
                Caller::wanting(lock, 2),
                Caller::wanting(close, 1),
                Caller::wanting(close, 2),
                Caller::wanting(None, 0),
            ];
            let last = (0..5).flat_map(|caller| [caller; 4]);
            for caller in steps.into_iter().chain(last) {
                let Caller { action, company, .. } = callers[caller];
                if callers[caller].step(&mut status, &mut version) {
                    let stood = !model.is_closed && !model.is_cancelled;
                    prop_assert!(stood && model.act(action, company), "the model allows it");
                }
            }
            let answers = callers.map(|caller| caller.answer.expect("five callers end in four steps"));
            let [first, second, ..] = &answers;
            prop_assert!(first.is_err() || second.is_err() , "one of them has the lock");
            let cancelled = answers[4] == Ok(());
            prop_assert_eq!(cancelled, status == CardStatus::Cancelled { offset_by: None });
            prop_assert_eq!(!cancelled, matches!(status, CardStatus::Closed { .. }));
            prop_assert_eq!(cancelled, answers[4] != Err(72061));
        }

        #[test]
        fn whatever_companies_try_one_has_it_at_most(
            steps in prop::collection::vec((0..4_u8, 0..3_u8), 0..40),
        ) {
            let (mut status, mut model) = (CardStatus::Init, Model::default());
            for (action, by) in steps {
                let action = [
                    Some(CompanyAction::Unlock),
                    Some(CompanyAction::Lock),
                    Some(CompanyAction::Close),
                    // The invoice is offset.
                    None,
                ][usize::from(action)];
                let next = match action {
                    Some(action) => status.change(action, &company(by), NOW),
                    None => Ok(status.offset(red())),
                };
                prop_assert_eq!(next.is_ok(), model.act(action, by));
                status = next.unwrap_or(status);
                let (is_closed, is_cancelled) = match status.plain() {
                    ReimburseStatus::Closure => (true, false),
                    ReimburseStatus::Cancel => (false, true),
                    ReimburseStatus::Init | ReimburseStatus::Lock => (false, false),
                };
                prop_assert_eq!((is_closed, is_cancelled), (model.is_closed, model.is_cancelled));
                if !is_cancelled {
                    prop_assert_eq!(status.company().cloned(), model.holder.map(company));
                }
            }
        }
    }
}
