//! An order as its merchant knows it: what was acknowledged, and what may have happened besides.

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
}

/// What a merchant or a user does with an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// getauthurl.
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
    /// getauthdata or queryinvoceinfo, which change nothing.
    Look,
}

impl Stage {
    /// Steps that an order in this stage accepts, the usual ones more often.
    pub fn steps(self) -> &'static [Step] {
        use Step::{Authorize, Decline, Look, MakeOut, Offer, Offset, Reject};
        match self {
            Self::Unknown => &[Offer],
            Self::Offered => &[Authorize, Authorize, Authorize, Authorize, Decline, Decline, Offer],
            Self::Declined => &[Authorize, Authorize, Reject, Offer],
            Self::Authorized => &[MakeOut, MakeOut, MakeOut, Reject, Reject, Look],
            Self::Failed => &[MakeOut, MakeOut, Reject],
            Self::Issued => &[Offset, Look],
            Self::OffsetFailed => &[Offset],
            Self::Requested | Self::OffsetRequested | Self::Rejected | Self::Offset => &[Look],
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
            Step::Look => self,
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

    /// Whether nothing more can happen to it.
    pub const fn is_last(self) -> bool {
        matches!(self, Self::Rejected | Self::Offset)
    }
}

/// An order of the model.
#[derive(Clone, Debug)]
pub struct Order {
    /// Its id.
    pub id: String,
    /// Who answers on its page.
    pub user: &'static str,
    /// Its link, once a getauthurl was answered.
    pub link: Option<String>,
    /// Where it stands for sure.
    pub stage: Stage,
    /// Where it stands if the request that was not answered has been carried out.
    pub in_doubt: Option<Stage>,
    /// Code and number of the blue and the red invoice, as they were first seen.
    pub numbers: [Option<(String, String)>; 2],
    /// The user's no that was acknowledged, and those that may have been.
    pub declines: (usize, usize),
    /// Whether it was touched since it was last compared.
    pub is_touched: bool,
}

impl Order {
    /// An order that is going to be asked for.
    pub fn new(id: String, user: &'static str) -> Self {
        Self {
            id,
            user,
            link: None,
            stage: Stage::Unknown,
            in_doubt: None,
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
