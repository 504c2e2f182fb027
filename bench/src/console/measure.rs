//! Asks for the pages one after the other, and prints how long each took.

use super::pages::Measured;
use std::net::SocketAddr;
use std::time::Instant;
use ureq::Agent;

/// How often each page is asked for.
const SAMPLES: u64 = 100;
/// The aim for the slowest of a hundred.
pub(crate) const AIM_MS: f64 = 50.0;
/// How a table's row begins, its head too.
const ROW: &str = r#"<tr role="row">"#;
/// How an entry of a listing without a table begins: that of jobs.
const CARD: &str = r#"<section class="card">"#;
/// How a record that cannot be read, or a wrong filter, is shown.
const WRONG: &str = r#"class="flash bad""#;

/// A server's console.
pub(crate) struct Visitor {
    agent: Agent,
    address: SocketAddr,
}

/// How long pages took, in milliseconds, and how many rows the last showed.
#[derive(Default)]
struct Took {
    ms: Vec<f64>,
    rows: usize,
}

impl Took {
    fn at(&self, share: f64) -> f64 {
        let mut sorted = self.ms.clone();
        sorted.sort_by(f64::total_cmp);
        let place = (sorted.len() as f64 * share).ceil() as usize;
        sorted[place.clamp(1, sorted.len()) - 1]
    }
}

impl Visitor {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { agent: Agent::new_with_defaults(), address }
    }

    /// Measures each page, and prints a line for each place in it. Returns the names of those that miss the aim.
    pub(crate) fn measure(&self, pages: &[Measured]) -> Vec<String> {
        let mut missed = Vec::new();
        println!(
            "{:<48} {:<6} {:>5} {:>8} {:>8} {:>8}",
            "", "", "rows", "p50 ms", "p99 ms", "max ms"
        );
        for page in pages {
            let (first, next) = (self.first(page), self.next(page));
            let deep = page.deep.as_ref().map(|place| self.deep(page, place));
            let places = [("first", Some(first)), ("next", next), ("deep", deep)];
            for (place, took) in places.into_iter().filter_map(|(place, took)| Some((place, took?)))
            {
                let (p50, p99, max) = (took.at(0.5), took.at(0.99), took.at(1.0));
                let misses = p99 > AIM_MS;
                let mark = if misses { " misses" } else { "" };
                println!(
                    "{:<48} {place:<6} {:>5} {p50:>8.1} {p99:>8.1} {max:>8.1}{mark}",
                    page.name, took.rows
                );
                missed.extend(misses.then(|| format!("{}, {place}", page.name)));
            }
        }
        missed
    }

    fn first(&self, page: &Measured) -> Took {
        let mut took = Took::default();
        for sample in 0..SAMPLES {
            let path = (page.path)(sample);
            self.get(&path, sample, &mut took);
            assert!(took.rows >= page.least_rows, "{path} shows {} rows", took.rows);
        }
        took
    }

    /// Goes on from page to page by the listing's own links. None: there is but one.
    fn next(&self, page: &Measured) -> Option<Took> {
        let mut took = Took::default();
        let mut next = None;
        for sample in 0..SAMPLES {
            let path = match next.take() {
                Some(path) => path,
                None => link(&self.get(&(page.path)(sample), sample, &mut Took::default()))?,
            };
            next = link(&self.get(&path, sample, &mut took));
        }
        Some(took)
    }

    fn deep(&self, page: &Measured, place: &dyn Fn(u64) -> String) -> Took {
        let mut took = Took::default();
        for sample in 0..SAMPLES {
            let path = (page.path)(sample);
            let separator = if path.contains('?') { '&' } else { '?' };
            self.get(&format!("{path}{separator}after={}", place(sample)), sample, &mut took);
        }
        took
    }

    /// A page, in one language or the other.
    fn get(&self, path: &str, sample: u64, took: &mut Took) -> String {
        let language = if sample.is_multiple_of(2) { "zh-CN" } else { "en" };
        let url = format!("http://{}{path}", self.address);
        let started = Instant::now();
        let answer = self.agent.get(&url).header("Accept-Language", language).call();
        let body = answer.and_then(|mut answer| answer.body_mut().read_to_string());
        took.ms.push(started.elapsed().as_secs_f64() * 1_000.0);
        let body = body.unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(!body.contains(WRONG), "{path} shows something wrong");
        let rows = body.matches(ROW).count().saturating_sub(1);
        took.rows = rows.max(body.matches(CARD).count());
        body
    }
}

/// Where the next page is.
fn link(body: &str) -> Option<String> {
    let (before, _) = body.split_once(r#"" rel="next""#)?;
    let (_, path) = before.rsplit_once(r#"href=""#)?;
    Some(path.replace("&amp;", "&").replace("&#38;", "&"))
}
