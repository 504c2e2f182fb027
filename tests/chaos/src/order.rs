//! An order as its merchant knows it: what was acknowledged, and what may have happened besides.

use crate::card::Card;
use crate::payment::{Payment, PaymentStage, PaymentStep};
use fastrand::Rng;

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Nobody has asked for its link.
    Unknown,
    /// Its link was asked for.
    Offered,
    /// Its user has said no.
    Declined,
    /// Its user has said yes.
    Authorized,
    /// The merchant has said no.
    Rejected,
    /// Its invoice was asked for.
    Requested,
    /// The issuer made none.
    Failed,
    /// It has an invoice.
    Issued,
    /// The red invoice was asked for.
    OffsetRequested,
    /// The issuer made no red one, and the blue one stands.
    OffsetFailed,
    /// The invoice was taken back.
    Offset,
    /// Its platform has inserted an invoice of its own.
    Inserted,
    /// All that was paid for it was given back before its user said yes.
    Refunded,
}

/// What a merchant or a user does with an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// getauthurl, or the entry of its payment.
    Offer,
    /// The user's no.
    Decline,
    /// The user's yes.
    Authorize,
    /// rejectinsert.
    Reject,
    /// makeoutinvoice.
    MakeOut,
    /// clearoutinvoice.
    Offset,
    /// insert.
    Insert,
    /// insert of a number that is in a wallet, which changes nothing.
    InsertTaken,
    /// What companies and platform do with its card.
    Reimburse,
    /// getauthdata or queryinvoceinfo, which change nothing.
    Look,
}

impl Stage {
    /// Steps that an order in this stage accepts, the usual ones more often.
    pub fn steps(self) -> &'static [Step] {
        use Step::{
            Authorize, Decline, Insert, InsertTaken, Look, MakeOut, Offer, Offset, Reimburse,
            Reject,
        };
        match self {
            Self::Unknown => &[Offer],
            Self::Offered => &[Authorize, Authorize, Authorize, Authorize, Decline, Decline, Offer],
            Self::Declined => &[Authorize, Authorize, Reject, Offer],
            Self::Authorized => {
                &[MakeOut, MakeOut, MakeOut, Insert, Insert, InsertTaken, Reject, Reject, Look]
            }
            Self::Inserted => &[Reimburse, Reimburse, Reimburse, Look],
            Self::Failed => &[MakeOut, MakeOut, Reject],
            Self::Issued => &[Offset, Look],
            Self::OffsetFailed => &[Offset],
            Self::Requested
            | Self::OffsetRequested
            | Self::Rejected
            | Self::Offset
            | Self::Refunded => &[Look],
        }
    }

    /// The stage behind a step that was accepted.
    pub const fn after(self, step: Step) -> Self {
        match step {
            Step::Offer => Self::Offered,
            Step::Decline => Self::Declined,
            Step::Authorize => Self::Authorized,
            Step::Reject => Self::Rejected,
            Step::MakeOut => Self::Requested,
            Step::Offset => Self::OffsetRequested,
            Step::Insert => Self::Inserted,
            Step::InsertTaken | Step::Reimburse | Step::Look => self,
        }
    }

    /// Whether the server comes from here to there by itself.
    fn comes_to(self, there: Self) -> bool {
        matches!(
            (self, there),
            (Self::Requested, Self::Issued | Self::Failed)
                | (Self::OffsetRequested, Self::Offset | Self::OffsetFailed)
        )
    }

    /// The stage behind a step of its payment that was accepted.
    fn after_payment(self, step: PaymentStep) -> Self {
        match step {
            PaymentStep::Pay | PaymentStep::Charge if self == Self::Unknown => Self::Offered,
            _ if PaymentStage::after(step).is_given_back() && self.is_open() => Self::Refunded,
            _ => self,
        }
    }

    /// Whether its user may still say yes.
    const fn is_open(self) -> bool {
        matches!(self, Self::Offered | Self::Declined)
    }

    /// Whether its user has said yes, and its merchant has not said no since.
    pub const fn is_authorized(self) -> bool {
        !self.is_open() && !matches!(self, Self::Unknown | Self::Refunded | Self::Rejected)
    }

    /// Whether nothing more can happen to it.
    const fn is_last(self) -> bool {
        matches!(self, Self::Rejected | Self::Offset | Self::Refunded)
    }
}

/// An order of the model.
#[derive(Clone, Debug)]
pub struct Order {
    /// Its id.
    pub id: String,
    /// Who answers on its page, and pays.
    pub user: &'static str,
    /// The payment that opens it; None: getauthurl does.
    pub payment: Option<Payment>,
    /// Its link, once a getauthurl was answered.
    pub link: Option<String>,
    /// Where it stands for sure.
    pub stage: Stage,
    /// Where it stands if the request that was not answered has been carried out.
    pub in_doubt: Option<Stage>,
    /// The card of its inserted invoice, from the moment when that was asked for.
    pub card: Option<Card>,
    /// Code and number of the blue and the red invoice, as they were first seen.
    pub numbers: [Option<(String, String)>; 2],
    /// The user's no that was acknowledged, and those that may have been.
    pub declines: (usize, usize),
    /// Whether it was touched since it was last compared.
    pub is_touched: bool,
}

impl Order {
    /// An order that is going to be asked for, or paid.
    pub fn new(id: String, user: &'static str, payment: Option<Payment>) -> Self {
        Self {
            id,
            user,
            payment,
            link: None,
            stage: Stage::Unknown,
            in_doubt: None,
            card: None,
            numbers: [None, None],
            declines: (0, 0),
            is_touched: true,
        }
    }

    /// The serial of its blue invoice; the demo merchant's prefix comes first.
    pub fn serial(&self) -> String {
        format!("2ff836{}", self.id)
    }

    /// The serial of its red invoice.
    pub fn red_serial(&self) -> String {
        format!("{}-red", self.serial())
    }

    /// The merchant's words of its rejection.
    pub fn reason(&self) -> String {
        format!("refund of {}", self.id)
    }

    /// A step was acknowledged.
    pub fn acknowledge(&mut self, step: Step) {
        self.stage = self.stage.after(step);
        self.declines.0 += usize::from(step == Step::Decline);
    }

    /// A step was not answered.
    pub fn doubt(&mut self, step: Step) {
        self.in_doubt = Some(self.stage.after(step));
        self.declines.1 += usize::from(step == Step::Decline);
    }

    /// What is asked of its payment next: again what was not answered. None: it is the order's turn.
    pub fn next_payment_step(&self, rng: &mut Rng) -> Option<PaymentStep> {
        let payment = self.payment.as_ref()?;
        if payment.is_in_doubt {
            return payment.last;
        }
        let is_refunds_turn = rng.u32(0..4) == 0;
        let is_its_turn = !payment.stage.is_paid() || is_refunds_turn;
        rng.choice(payment.stage.steps(payment.way)).filter(|_| is_its_turn).copied()
    }

    /// A step of its payment was acknowledged.
    pub fn acknowledge_payment(&mut self, step: PaymentStep) {
        let payment = self.payment.as_mut().expect("it has one");
        self.stage = self.stage.after_payment(step);
        self.in_doubt = None;
        payment.acknowledge(step);
    }

    /// A step of its payment was not answered.
    pub fn doubt_payment(&mut self, step: PaymentStep) {
        let payment = self.payment.as_mut().expect("it has one");
        self.in_doubt = Some(self.stage.after_payment(step));
        payment.doubt(step);
    }

    /// Whether its payment was asked for something that was not answered.
    pub fn is_payment_in_doubt(&self) -> bool {
        self.payment.as_ref().is_some_and(|payment| payment.is_in_doubt)
    }

    /// Whether its merchant waits until it is seen where it stands.
    pub fn is_at_rest(&self) -> bool {
        let is_card_in_doubt = self.card.as_ref().is_some_and(Card::is_in_doubt);
        (self.in_doubt.is_some() || is_card_in_doubt) && !self.is_payment_in_doubt()
    }

    /// Whether nothing more can happen to it, but refunds.
    pub fn is_last(&self) -> bool {
        let is_closed = self.payment.as_ref().is_some_and(|payment| payment.stage.is_closed());
        let is_over = self.card.as_ref().is_some_and(|card| card.standing.is_over());
        is_closed || is_over || self.stage.is_last()
    }

    /// Whether it may stand there, as far as its merchant knows.
    pub fn may_be(&self, there: Stage) -> bool {
        let possible = [Some(self.stage), self.in_doubt];
        possible.into_iter().flatten().any(|stage| stage == there || stage.comes_to(there))
    }

    /// It was seen there, and must never be found behind it again.
    pub fn seen(&mut self, there: Stage) {
        assert!(self.may_be(there), "is {there:?}: {self:?}");
        self.stage = there;
        self.in_doubt = None;
    }

    /// An invoice's number was seen; it never changes.
    pub fn has_number(&mut self, is_red: bool, number: (String, String)) {
        let known = &mut self.numbers[usize::from(is_red)];
        assert!(known.as_ref().is_none_or(|known| *known == number), "now {number:?}: {self:?}");
        self.numbers[usize::from(is_red)] = Some(number);
    }
}
