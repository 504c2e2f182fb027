//! The pages that are measured, and where within each.

use super::volume::{
    COMMON_BUYER, COMMON_FEN, JOBS, LARGEST, MERCHANTS, UNREACHED, Volume, appid, dice,
    invoice_number, order_id, serial,
};

/// A listing, or a page that a listing leads to.
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    /// The path and query for a sample.
    pub(crate) path: Box<dyn Fn(u64) -> String>,
    /// Where a page deep in the listing begins (`after`); None: it has one page, or is no listing.
    pub(crate) deep: Option<Box<dyn Fn(u64) -> String>>,
    /// Rows that the first page shows at least.
    pub(crate) least_rows: usize,
}

/// Makes a page; what is looked at follows from the sample.
fn page(name: &'static str, least_rows: usize, path: impl Fn(u64) -> String + 'static) -> Measured {
    Measured { name, path: Box::new(path), deep: None, least_rows }
}

impl Measured {
    fn deep(self, place: impl Fn(u64) -> String + 'static) -> Self {
        Self { deep: Some(Box::new(place)), ..self }
    }

    /// The same with a place in a listing by time.
    fn by_time(self, volume: Volume) -> Self {
        self.deep(move |sample| format!("{}.", volume.moment_ms(sample)))
    }
}

/// Every listing of the console with every filter, and the pages behind their rows.
pub(crate) fn all(volume: Volume) -> Vec<Measured> {
    let mut all = orders(volume);
    all.extend(invoices(volume));
    all.extend(pushes(volume));
    all.extend(payments_and_jobs(volume));
    all.extend(requests(volume));
    all.extend(others());
    all
}

fn orders(volume: Volume) -> Vec<Measured> {
    let path = |filter: String| format!("/console/orders?appid={}{filter}", appid(LARGEST));
    let by_state =
        |name, state| page(name, 50, move |_| path(format!("&state={state}"))).by_time(volume);
    let one = move |sample| volume.invoiced_order(LARGEST, sample);
    vec![
        page("orders", 50, move |_| path(String::new())).by_time(volume),
        page("orders of a small merchant", 1, move |sample| {
            format!("/console/orders?appid={}", appid(2 + dice(sample, 50) % (MERCHANTS - 2)))
        })
        .by_time(volume),
        page("orders, authorized", 50, move |_| path("&state=authorized".to_owned()))
            .by_time(volume),
        by_state("orders, declined", "declined"),
        by_state("orders, rejected", "rejected"),
        page("orders of a user", 1, move |sample| {
            path(format!("&user={}", volume.user(one(sample))))
        }),
        page("orders of a day", 1, move |sample| path(format!("&day={}", volume.day(sample)))),
        page("an order by its number", 1, move |sample| {
            path(format!("&order_id={}", order_id(one(sample))))
        }),
        page("an order's line of time", 0, move |sample| {
            let order = order_id(one(sample));
            format!("/console/orders/order?appid={}&order_id={order}", appid(LARGEST))
        }),
    ]
}

fn invoices(volume: Volume) -> Vec<Measured> {
    let path = |filter: String| format!("/console/invoices?appid={}{filter}", appid(LARGEST));
    let by_state =
        |name, state| page(name, 1, move |_| path(format!("&state={state}"))).by_time(volume);
    let one = move |sample| volume.invoiced_order(LARGEST, sample);
    vec![
        page("invoices", 50, move |_| path(String::new())).by_time(volume),
        page("invoices by number", 0, move |sample| {
            path(format!("&number={}", invoice_number(one(sample))))
        }),
        page("invoices by buyer", 1, move |sample| {
            path(format!("&buyer={}", encoded(&volume.buyer(one(sample)))))
        }),
        page("invoices by a buyer of thousands", 1, move |_| {
            path(format!("&buyer={}", encoded(COMMON_BUYER)))
        })
        .by_time(volume),
        page("invoices by a buyer without any", 0, move |sample| {
            path(format!("&buyer=nobody-{sample}"))
        }),
        page("invoices by amount", 1, move |sample| {
            path(format!("&amount={}", yuan(volume.gross_fen(one(sample)))))
        }),
        page("invoices by an amount of thousands", 1, move |_| {
            path(format!("&amount={}", yuan(COMMON_FEN)))
        })
        .by_time(volume),
        page("invoices of a day", 1, move |sample| path(format!("&day={}", volume.day(sample)))),
        page("invoices of an order", 1, move |sample| {
            path(format!("&order_id={}", order_id(one(sample))))
        }),
        page("invoices of a user", 1, move |sample| {
            path(format!("&user={}", volume.user(one(sample))))
        }),
        page("an invoice by its serial", 1, move |sample| {
            path(format!("&serial={}", serial(one(sample))))
        }),
        by_state("invoices, issued", "issued"),
        by_state("invoices, failed", "failed"),
        by_state("invoices, running", "running"),
        page("an invoice's page", 0, move |sample| {
            let serial = serial(one(sample));
            format!("/console/invoices/invoice?appid={}&serial={serial}", appid(LARGEST))
        }),
    ]
}

fn pushes(volume: Volume) -> Vec<Measured> {
    let most = volume.orders;
    let place =
        move |merchant: u64, sample| format!("{}-{}", appid(merchant), 1 + dice(sample, 51) % most);
    let of =
        |merchant: u64, filter: &str| format!("/console/pushes?appid={}{filter}", appid(merchant));
    let anybody = move |sample| dice(sample, 52) % MERCHANTS;
    let by_state = move |name, state: &'static str| {
        page(name, 1, move |_| of(LARGEST, state)).deep(move |sample| place(LARGEST, sample))
    };
    let of_all = move |name, state: &'static str| {
        page(name, 1, move |_| format!("/console/pushes{state}"))
            .deep(move |sample| place(anybody(sample), sample))
    };
    vec![
        by_state("pushes", ""),
        by_state("pushes, open", "&state=open"),
        by_state("pushes, delivered", "&state=delivered"),
        by_state("pushes, gave up", "&state=gave_up"),
        by_state("pushes, unroutable", "&state=unroutable"),
        page("pushes of an order", 1, move |sample| {
            let order = order_id(volume.invoiced_order(LARGEST, sample));
            of(LARGEST, &format!("&order_id={order}"))
        }),
        page("pushes, delivered, where none was", 0, move |_| of(UNREACHED, "&state=delivered"))
            .deep(move |sample| place(UNREACHED, sample)),
        page("pushes, gave up, where all did", 50, move |_| of(UNREACHED, "&state=gave_up"))
            .deep(move |sample| place(UNREACHED, sample)),
        of_all("everybody's pushes", ""),
        of_all("everybody's pushes, open", "?state=open"),
        of_all("everybody's pushes, delivered", "?state=delivered"),
        of_all("everybody's pushes, gave up", "?state=gave_up"),
        of_all("everybody's pushes, unroutable", "?state=unroutable"),
        page("everybody's pushes of an order", 1, move |sample| {
            format!("/console/pushes?order_id={}", order_id(volume.invoiced_order(LARGEST, sample)))
        }),
    ]
}

fn payments_and_jobs(volume: Volume) -> Vec<Measured> {
    let payments = move |name, state: &'static str| {
        page(name, 1, move |_| format!("/console/payments?state={state}")).by_time(volume)
    };
    let jobs = |name, filter: &'static str| {
        page(name, 1, move |_| format!("/console/jobs{filter}"))
            .deep(|sample| (1 + dice(sample, 53) % JOBS).to_string())
    };
    vec![
        payments("payments", ""),
        payments("payments, paid", "success"),
        payments("payments, closed", "closed"),
        payments("payments, not paid", "notpay"),
        jobs("jobs", ""),
        jobs("jobs, set aside", "?state=failed"),
        jobs("jobs, due", "?state=due"),
        page("jobs of an account without any", 0, |_| {
            format!("/console/jobs?appid={}&state=failed", appid(UNREACHED))
        }),
    ]
}

fn requests(volume: Volume) -> Vec<Measured> {
    /// The log holds the last days at least.
    const KEPT_MS: u64 = 86_400_000;
    let requests = move |name, filter: String| {
        page(name, 1, move |_| format!("/console/requests?{filter}")).deep(move |sample| {
            let ago_ms = i64::try_from(dice(sample, 54) % KEPT_MS).expect("it is a day");
            ((volume.ends_ms() - ago_ms) * 1_000).to_string()
        })
    };
    vec![
        requests("requests", String::new()),
        requests("requests of an account", format!("appid={}", appid(LARGEST))),
        requests("requests of a small account", format!("appid={}", appid(7))),
        requests("requests of an endpoint", "route=/card/invoice/getauthurl".to_owned()),
        requests("requests refused with a code", "errcode=72038".to_owned()),
        requests("requests that went well", "errcode=0".to_owned()),
        requests(
            "requests of an account and an endpoint",
            format!("appid={}&route=/cgi-bin/token", appid(LARGEST)),
        ),
        requests(
            "requests of an account refused with a code",
            format!("appid={}&errcode=72035", appid(LARGEST)),
        ),
        page("requests, of an endpoint that nobody called", 0, |sample| {
            format!("/console/requests?appid={}&route=/nobody/{sample}", appid(LARGEST))
        }),
        page("requests of an order", 1, move |sample| {
            let order = volume.orders - 1 - dice(sample, 55) % (volume.orders / 1_000 + 1);
            format!("/console/requests?order_id={}", order_id(order))
        }),
    ]
}

fn others() -> Vec<Measured> {
    let after = |sample| appid(dice(sample, 56) % MERCHANTS);
    vec![
        page("accounts", 50, |_| "/console/accounts".to_owned()).deep(after),
        page("accounts, merchants", 50, |_| "/console/accounts?role=merchant".to_owned())
            .deep(after),
        page("accounts, platforms", 0, |_| "/console/accounts?role=platform".to_owned()),
        page("an account's page", 0, |_| format!("/console/accounts/{}", appid(LARGEST))),
        page("number ranges", 0, |_| format!("/console/numbers?appid={}", appid(LARGEST))),
        page("overview", 0, |_| "/console".to_owned()),
        page("overview of a day", 0, |_| "/console?span=day".to_owned()),
    ]
}

fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// A text in an address.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
