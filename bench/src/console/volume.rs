//! What a filled console holds. Everything follows from an order's place among all, so that what the pages show is known
//! without a look into the store.

use core::ops::Range;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, fmt::strtime};

/// Accounts beside the sandbox's own: merchants.
pub(crate) const MERCHANTS: u64 = 1_000;
/// The merchant that has two fifths of everything.
pub(crate) const LARGEST: u64 = 0;
/// The merchant whose receiver has always been dead: a tenth of everything, and no push of it arrived.
pub(crate) const UNREACHED: u64 = 1;
/// A buyer that has one invoice in fifty.
pub(crate) const COMMON_BUYER: &str = "北京开票示例科技有限公司";
/// A total that one invoice in twenty has, in fen.
pub(crate) const COMMON_FEN: i64 = 10_000;
/// Jobs, half of them set aside.
pub(crate) const JOBS: u64 = 10_000;

/// The time that the rows are spread over: less than anything is kept for.
const SPAN_MS: i64 = 25 * 86_400_000;
/// Records and pushes that a thousand orders come to.
const ROWS_PER_THOUSAND: u64 = 2_900;

/// How much there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Volume {
    /// Orders; invoices, payments and pushes follow from them.
    pub(crate) orders: u64,
    /// The moment of the first, in Unix milliseconds.
    pub(crate) begins_ms: i64,
}

/// How an order ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Offered,
    Declined,
    Rejected,
    /// And has an invoice.
    Authorized,
}

/// How a push ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    Delivered,
    DeliveredAtLast,
    GaveUp,
    Unroutable,
    /// It is due again long after the run.
    Open,
}

/// A throw that follows from a number; `about` tells the throws for one number apart.
pub(crate) fn dice(number: u64, about: u64) -> u64 {
    let mixed =
        number.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add((about << 32) | 0x1234_5678);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).expect("a benchmark's numbers are small")
}

/// The appid of a merchant.
pub(crate) fn appid(merchant: u64) -> String {
    format!("wx{merchant:016x}")
}

impl Volume {
    /// So many rows, of which the last is of this moment.
    pub(crate) fn of_rows(rows: u64, ends_ms: i64) -> Self {
        let orders = (rows * 1_000 / ROWS_PER_THOUSAND).max(1_000);
        Self { orders, begins_ms: ends_ms - SPAN_MS }
    }

    /// All orders.
    pub(crate) fn all(&self) -> Range<u64> {
        0..self.orders
    }

    /// When the last order came.
    pub(crate) fn ends_ms(&self) -> i64 {
        self.begins_ms + SPAN_MS
    }

    /// When an order came.
    pub(crate) fn time_ms(&self, order: u64) -> i64 {
        let share =
            u128::from(order) * u128::from(SPAN_MS.unsigned_abs()) / u128::from(self.orders);
        self.begins_ms + i64::try_from(share).expect("it lies within the span")
    }

    /// A moment of the whole span.
    pub(crate) fn moment_ms(&self, sample: u64) -> i64 {
        self.begins_ms + signed(dice(sample, 20) % SPAN_MS.unsigned_abs())
    }

    /// The day of that moment in China.
    pub(crate) fn day(&self, sample: u64) -> String {
        let moment = Timestamp::from_millisecond(self.moment_ms(sample)).expect("it is near");
        let china = TimeZone::fixed(Offset::constant(8));
        strtime::format("%Y-%m-%d", &moment.to_zoned(china)).expect("a day has a year")
    }

    /// Whose order it is.
    pub(crate) fn merchant(&self, order: u64) -> u64 {
        match dice(order, 1) % 100 {
            0..40 => LARGEST,
            40..50 => UNREACHED,
            _ => 2 + dice(order, 2) % (MERCHANTS - 2),
        }
    }

    /// How it ended.
    pub(crate) fn ended(&self, order: u64) -> Ended {
        match dice(order, 3) % 100 {
            0..25 => Ended::Offered,
            25..35 => Ended::Declined,
            35..40 => Ended::Rejected,
            _ => Ended::Authorized,
        }
    }

    /// Whether there is a payment of the same number.
    pub(crate) fn is_paid(&self, order: u64) -> bool {
        dice(order, 4).is_multiple_of(20)
    }

    /// The user who decided.
    pub(crate) fn user(&self, order: u64) -> String {
        format!("user-{}", dice(order, 5) % (self.orders / 7 + 1))
    }

    /// Who buys.
    pub(crate) fn buyer(&self, order: u64) -> String {
        match dice(order, 6) % 50 {
            0 => COMMON_BUYER.to_owned(),
            _ => format!("深圳市第{}示例商贸有限公司", dice(order, 7) % (self.orders / 5 + 1)),
        }
    }

    /// The total in fen.
    pub(crate) fn gross_fen(&self, order: u64) -> i64 {
        match dice(order, 8) % 20 {
            0 => COMMON_FEN,
            _ => signed(1 + dice(order, 9) % 1_000_000),
        }
    }

    /// How the order's push of this place, 0 or 1, ended.
    pub(crate) fn sent(&self, order: u64, place: u64) -> Sent {
        if self.merchant(order) == UNREACHED {
            return Sent::GaveUp;
        }
        match dice(order, 10 + place) % 1_000 {
            0..2 => Sent::Open,
            2..7 => Sent::Unroutable,
            7..17 => Sent::GaveUp,
            17..37 => Sent::DeliveredAtLast,
            _ => Sent::Delivered,
        }
    }

    /// An order of this merchant that has an invoice, another one for each sample.
    pub(crate) fn invoiced_order(&self, merchant: u64, sample: u64) -> u64 {
        let from = dice(sample, 21) % self.orders;
        let mut around = (from..self.orders).chain(0..from);
        let is_meant = |order: &u64| {
            self.merchant(*order) == merchant && self.ended(*order) == Ended::Authorized
        };
        around.find(is_meant).expect("the large merchants have thousands")
    }
}

/// An order's number.
pub(crate) fn order_id(order: u64) -> String {
    format!("{:013}", 1_000_000_000_000 + order)
}

/// The serial of its invoice.
pub(crate) fn serial(order: u64) -> String {
    format!("bench1{order:012}")
}

/// The number of its invoice.
pub(crate) fn invoice_number(order: u64) -> String {
    format!("26952{order:015}")
}
