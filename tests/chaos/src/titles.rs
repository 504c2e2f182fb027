//! A user's title book as the user, a merchant that offers and asks for titles, and a shop that scans them know it.

use crate::cluster::Node;
use crate::kinds::Kind;
use crate::session::{Outcome, Session};
use fastrand::Rng;
use kaipiao_tests::scanned;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Whose book it is.
pub const READER: &str = "lina";

/// A book holds a hundred titles; the demo's own are among them.
const MOST: usize = 40;
/// "the user has deleted this title".
const NO_SUCH_TITLE: i64 = 72092;
/// "scan_text is over": ten minutes by the clock.
const CODE_IS_OVER: i64 = 72044;
const TAX_NO: &str = "91440300MA5KP0009X";

/// A title: what tells it from the others is its address, its name grows.
struct Entry {
    address: String,
    /// Its name's number as it was acknowledged; None: it is in no book.
    version: Option<i64>,
    /// What it may be besides.
    in_doubt: Vec<Option<i64>>,
    /// Its name in addresses, once it was seen.
    id: Option<String>,
    /// What its QR code said.
    code: Option<String>,
}

impl Entry {
    fn acknowledge(&mut self, version: Option<i64>) {
        (self.version, self.in_doubt) = (version, Vec::new());
    }

    fn seen(&mut self, there: Option<i64>) {
        let is_possible = there == self.version || self.in_doubt.contains(&there);
        let Self { address, version, in_doubt, .. } = self;
        assert!(is_possible, "{address} is {there:?}, not {version:?} or one of {in_doubt:?}");
        self.acknowledge(there);
    }
}

/// A title that was picked for the merchant.
pub struct Pick {
    /// What the link says, which the event brings back.
    pub attach: String,
    /// The title's name.
    pub title: String,
    /// It was acknowledged.
    pub is_sure: bool,
}

/// Those who play with the book.
pub struct Titles {
    rng: Rng,
    round: u64,
    count: usize,
    book: Vec<Entry>,
    /// All that were picked.
    pub picks: Vec<Pick>,
}

impl Titles {
    /// They have done nothing yet.
    pub fn new() -> Self {
        let (book, picks) = (Vec::new(), Vec::new());
        Self { rng: Rng::with_seed(0), round: 0, count: 0, book, picks }
    }

    /// What they do in a round follows from this seed, and from the answers.
    pub fn begin(&mut self, round: u64, seed: u64) {
        self.rng = Rng::with_seed(seed);
        (self.round, self.count) = (round, 0);
    }

    /// One after the other until the round is over or all servers are dead.
    pub fn play(&mut self, session: &Session<'_>) {
        while let Some(node) = session.node(&mut self.rng) {
            let is_known = |entry: &&mut Entry| entry.in_doubt.is_empty() && entry.id.is_some();
            let dice = self.rng.u32(0..100);
            let known =
                self.book.iter_mut().filter(is_known).filter(|entry| entry.version.is_some());
            let known: Vec<_> = known.collect();
            let is_full = known.len() >= MOST;
            let chosen = self.rng.choice(known);
            match (dice, chosen) {
                (0..30, _) if !is_full => self.save(session, node),
                (30..50, Some(entry)) => change(session, node, entry),
                (50..60, Some(entry)) => remove(session, node, entry),
                (_, Some(entry)) if is_full => remove(session, node, entry),
                (60..85, Some(entry)) => {
                    self.count += 1;
                    let attach = format!("pick-{}-{}", self.round, self.count);
                    self.picks.extend(pick(session, node, entry, attach));
                }
                (85.., Some(entry)) => {
                    show(session, node, entry);
                    scan(session, node, entry);
                }
                _ => self.learn(session, node),
            }
        }
    }

    /// The merchant offers a title, and the user takes it over.
    fn save(&mut self, session: &Session<'_>, node: &Node) {
        self.count += 1;
        let address = format!("book-{}-{}", self.round, self.count);
        let offered = json!({"title": "0", "addr": address, "tax_no": TAX_NO});
        let Some(link) = link(session, node, "biz/getusertitleurl", &offered) else { return };
        let mut entry =
            Entry { address, version: None, in_doubt: Vec::new(), id: None, code: None };
        match session.counted(session.submit(node, &link, READER, "")) {
            Outcome::Done(to) => {
                assert!(to.contains("done=1"), "{to}");
                session.kinds.note(Kind::SaveTitle);
                entry.acknowledge(Some(0));
            }
            Outcome::InDoubt => entry.in_doubt.push(Some(0)),
            Outcome::Refused(status, html) => panic!("{link}: {status}: {html}"),
        }
        self.book.push(entry);
        self.learn(session, node);
    }

    /// What the book's titles are called in addresses.
    fn learn(&mut self, session: &Session<'_>, node: &Node) {
        let Some(titles) = session.titles(node, READER) else { return };
        let found = by_address(&titles);
        for entry in &mut self.book {
            if let Some((id, _)) = found.get(&*entry.address) {
                entry.id = Some((*id).to_owned());
            }
        }
    }

    /// Every title is there as it was acknowledged, on every server, and a code that was shown before is scanned still.
    pub fn compare(&mut self, session: &Session<'_>) {
        for node in session.nodes {
            let titles = session.titles(node, READER).expect("the server runs");
            let found = by_address(&titles);
            for entry in &mut self.book {
                let there = found.get(&*entry.address);
                entry.seen(there.map(|(_, version)| *version));
                entry.id = there.map(|(id, _)| (*id).to_owned());
                scan(session, node, entry);
            }
            let there = self.book.iter().filter(|entry| entry.version.is_some());
            assert_eq!(found.len(), there.count(), "a title that nobody has saved: {found:?}");
        }
        for entry in &mut self.book {
            entry.code = None;
        }
        self.book.retain(|entry| entry.version.is_some());
    }
}

/// The titles of the rounds by their address: what they are called in addresses, and the number in their name.
fn by_address(titles: &[Value]) -> BTreeMap<&str, (&str, i64)> {
    let mut found = BTreeMap::new();
    for title in titles {
        let of = |name: &str| title["biz_field"][name].as_str().unwrap_or_default();
        let address = of("addr");
        if address.starts_with("book-") {
            let id = title["id"].as_str().unwrap();
            let before = found.insert(address, (id, of("title").parse().unwrap()));
            assert!(before.is_none(), "{address} is twice there: {titles:?}");
        }
    }
    found
}

/// A link that the merchant asks for: its path. None: there was no answer.
fn link(session: &Session<'_>, node: &Node, call: &str, body: &Value) -> Option<String> {
    match session.ask(node, &session.path(call), body) {
        Outcome::Done(answer) => {
            let (_, rest) = answer["url"].as_str().unwrap().split_once("://").unwrap();
            let (_, path) = rest.split_once('/').expect("an address");
            Some(path.split('#').next().unwrap().to_owned())
        }
        Outcome::InDoubt => None,
        Outcome::Refused(_, answer) => panic!("{call}: {answer}"),
    }
}

fn change(session: &Session<'_>, node: &Node, entry: &mut Entry) {
    let next = entry.version.map(|version| version + 1);
    let (path, address) = (path_of(entry), &entry.address);
    let title = next.expect("it is there");
    let form = format!("company.title={title}&company.addr={address}&company.tax_no={TAX_NO}");
    carry_out(session, node, entry, (&path, &form), next, Kind::ChangeTitle);
}

fn remove(session: &Session<'_>, node: &Node, entry: &mut Entry) {
    let path = format!("{}/delete", path_of(entry));
    carry_out(session, node, entry, (&path, ""), None, Kind::RemoveTitle);
}

fn path_of(entry: &Entry) -> String {
    format!("me/titles/{}", entry.id.as_ref().expect("it was seen"))
}

fn carry_out(
    session: &Session<'_>,
    node: &Node,
    entry: &mut Entry,
    (path, form): (&str, &str),
    next: Option<i64>,
    kind: Kind,
) {
    match session.counted(session.submit(node, path, READER, form)) {
        Outcome::Done(_) => {
            session.kinds.note(kind);
            entry.acknowledge(next);
        }
        Outcome::InDoubt => entry.in_doubt.push(next),
        Outcome::Refused(status, html) => panic!("{path}: {status}: {html}"),
    }
}

/// The user picks a title for the merchant, once for each link.
fn pick(session: &Session<'_>, node: &Node, entry: &Entry, attach: String) -> Option<Pick> {
    let link = link(session, node, "biz/getselecttitleurl", &json!({"attach": attach}))?;
    let title = entry.version.expect("it is there").to_string();
    let form = format!("title={}", entry.id.as_ref().expect("it was seen"));
    match session.counted(session.submit(node, &link, READER, &form)) {
        Outcome::Done(to) => {
            assert!(to.contains("done=1"), "{to}");
            session.kinds.note(Kind::PickTitle);
            Some(Pick { attach, title, is_sure: true })
        }
        Outcome::InDoubt => Some(Pick { attach, title, is_sure: false }),
        Outcome::Refused(status, html) => panic!("{link}: {status}: {html}"),
    }
}

/// The user shows a title's QR code.
fn show(session: &Session<'_>, node: &Node, entry: &mut Entry) {
    let path = format!("{}/code", path_of(entry));
    match session.visit(node, &path, READER) {
        Outcome::Done(html) => entry.code = Some(scanned(&html)),
        Outcome::InDoubt => {}
        Outcome::Refused(status, html) => panic!("{path}: {status}: {html}"),
    }
}

/// A shop scans the code that was shown: it says what the book says now.
fn scan(session: &Session<'_>, node: &Node, entry: &Entry) {
    let Some(code) = &entry.code else { return };
    match session.ask(node, &session.path("scantitle"), &json!({"scan_text": code})) {
        Outcome::Done(answer) => {
            session.kinds.note(Kind::ScanTitle);
            let title = entry.version.map(|version| json!(version.to_string()));
            assert_eq!(Some(&answer["title"]), title.as_ref(), "{answer}");
            assert_eq!(answer["addr"], json!(entry.address), "{answer}");
        }
        Outcome::Refused(Some(NO_SUCH_TITLE), _) if entry.version.is_none() => {}
        Outcome::Refused(Some(CODE_IS_OVER), _) | Outcome::InDoubt => {}
        Outcome::Refused(_, answer) => panic!("{}: {answer}", entry.address),
    }
}

/// What the merchant was told of picks: each that was acknowledged once, those that were not answered at most.
pub fn check(picks: &[Pick], told: &[(String, String)]) {
    for Pick { attach, title, is_sure } in picks {
        let of_pick: Vec<_> = told.iter().filter(|(told, _)| told == attach).collect();
        let is_right = of_pick.iter().all(|(_, name)| name == title);
        let is_told = of_pick.len() == 1 || (of_pick.is_empty() && !is_sure);
        assert!(is_right && is_told, "{attach} of {title}: {of_pick:?}");
    }
    let unknown = told.iter().find(|(told, _)| picks.iter().all(|pick| pick.attach != *told));
    assert_eq!(unknown, None, "told, and never picked");
}
