//! A payment as its pay merchant knows it: what was acknowledged, and what may have happened besides.

/// What is paid, in fen.
pub const TOTAL_FEN: i64 = 100;
/// What each refund gives back, in fen: together all of it.
pub const REFUNDS_FEN: [i64; 2] = [40, 60];

/// How a payment is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// On a page, once it was placed.
    Page,
    /// By the code that the payer shows: nobody is told, and it can be taken back.
    Quick,
    /// By the payer's contract.
    OnBehalf,
}

impl Way {
    /// Every way, the usual one more often.
    pub const ALL: [Self; 4] = [Self::Page, Self::Page, Self::Quick, Self::OnBehalf];

    /// Whether a notice says that it was paid.
    pub const fn is_told(self) -> bool {
        !matches!(self, Self::Quick)
    }
}

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentStage {
    /// Nobody has placed it.
    Unknown,
    /// It waits for its payer.
    Placed,
    /// The merchant has given it up.
    Closed,
    /// It was paid, and so many of its refunds were made.
    Paid(usize),
    /// It was paid, and the merchant has taken it back.
    Revoked,
}

/// What a pay merchant or a payer does with a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentStep {
    /// unifiedorder.
    Place,
    /// The payer pays.
    Pay,
    /// micropay or pappayapply: placed and paid at once.
    Charge,
    /// closeorder.
    Close,
    /// refund, the first or the second.
    Refund(usize),
    /// reverse.
    Reverse,
}

impl PaymentStage {
    /// Steps that a payment in this stage accepts, the usual ones more often.
    pub fn steps(self, way: Way) -> &'static [PaymentStep] {
        use PaymentStep::{Charge, Close, Pay, Place, Refund, Reverse};
        match (self, way) {
            (Self::Unknown, Way::Page) => &[Place],
            (Self::Unknown, Way::Quick | Way::OnBehalf) => &[Charge],
            (Self::Placed, _) => &[Pay, Pay, Pay, Pay, Pay, Pay, Close, Place],
            (Self::Closed, _) => &[Close],
            (Self::Paid(0), Way::Quick) => &[Refund(0), Reverse, Reverse],
            (Self::Paid(0), _) => &[Refund(0)],
            (Self::Paid(1), _) => &[Refund(1)],
            (Self::Paid(_), _) => &[],
            (Self::Revoked, _) => &[Reverse],
        }
    }

    /// The stage behind a step that was accepted, however often.
    pub const fn after(step: PaymentStep) -> Self {
        match step {
            PaymentStep::Place => Self::Placed,
            PaymentStep::Pay | PaymentStep::Charge => Self::Paid(0),
            PaymentStep::Close => Self::Closed,
            PaymentStep::Reverse => Self::Revoked,
            PaymentStep::Refund(index) => Self::Paid(index + 1),
        }
    }

    /// What was given back, in fen.
    pub fn refunded_fen(self) -> i64 {
        REFUNDS_FEN[..self.refunds()].iter().sum()
    }

    /// How many refunds were made.
    pub const fn refunds(self) -> usize {
        match self {
            Self::Paid(refunds) => refunds,
            Self::Unknown | Self::Placed | Self::Closed | Self::Revoked => 0,
        }
    }

    /// Whether its merchant has given it up.
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Closed)
    }

    /// Whether it was paid, whatever became of it.
    pub const fn is_paid(self) -> bool {
        matches!(self, Self::Paid(_) | Self::Revoked)
    }

    /// Whether all of it was given back.
    pub const fn is_given_back(self) -> bool {
        self.is_revoked() || self.refunds() == REFUNDS_FEN.len()
    }

    /// Whether its merchant has taken it back, which is for good.
    pub const fn is_revoked(self) -> bool {
        matches!(self, Self::Revoked)
    }

    /// `trade_state` in queries and listings.
    pub const fn trade_state(self) -> Option<&'static str> {
        match self {
            Self::Unknown => None,
            Self::Placed => Some("NOTPAY"),
            Self::Closed => Some("CLOSED"),
            Self::Paid(0) => Some("SUCCESS"),
            Self::Paid(_) => Some("REFUND"),
            Self::Revoked => Some("REVOKED"),
        }
    }
}

/// A payment of the model; its number is its order's.
#[derive(Clone, Debug)]
pub struct Payment {
    /// How it is made.
    pub way: Way,
    /// Where it stands for sure.
    pub stage: PaymentStage,
    /// What was asked for last; whoever asks for it again is answered the same.
    pub last: Option<PaymentStep>,
    /// Whether that was not answered.
    pub is_in_doubt: bool,
    /// Names that were given to it, as they were first seen; they never change.
    pub prepay_id: Option<String>,
    /// WeChat's own number of it.
    pub transaction_id: Option<String>,
    /// WeChat's own numbers of its refunds.
    pub refund_ids: [Option<String>; REFUNDS_FEN.len()],
}

impl Payment {
    /// A payment that is going to be made.
    pub const fn new(way: Way) -> Self {
        Self {
            way,
            stage: PaymentStage::Unknown,
            last: None,
            is_in_doubt: false,
            prepay_id: None,
            transaction_id: None,
            refund_ids: [None, None],
        }
    }

    /// A step was acknowledged.
    pub const fn acknowledge(&mut self, step: PaymentStep) {
        self.stage = PaymentStage::after(step);
        self.last = Some(step);
        self.is_in_doubt = false;
    }

    /// A step was not answered.
    pub const fn doubt(&mut self, step: PaymentStep) {
        self.last = Some(step);
        self.is_in_doubt = true;
    }

    /// It was seen there, and must never be found behind it again.
    pub fn seen(&mut self, there: PaymentStage) {
        let doubtful = self.last.filter(|_| self.is_in_doubt).map(PaymentStage::after);
        let is_possible = there == self.stage || Some(there) == doubtful;
        assert!(is_possible, "is {there:?}: {self:?}");
        self.stage = there;
        self.is_in_doubt = false;
    }
}

/// A name was seen; it never changes.
pub fn has_name(known: &mut Option<String>, name: &str) {
    assert!(!name.is_empty(), "it has no name");
    assert!(known.as_ref().is_none_or(|known| known == name), "now {name}, before {known:?}");
    *known = Some(name.to_owned());
}
