//! What stands in a page, and what stands for it where the page is run: free ports for its ports, so that pages run beside a
//! server of the reader's own, and the page's folder for the places of an installation.

use regex::{Captures, Regex};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::sync::LazyLock;

/// The port of a server that was told nothing.
pub(crate) const DEFAULT_PORT: u16 = 8080;

static ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:127\.0\.0\.1|localhost):([0-9]{4,5})").expect("it is one"));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[0-9]+").expect("it is one"));
/// Where an installed server has its files, at the beginning of a word.
static PLACE: LazyLock<Regex> = LazyLock::new(|| {
    let places = r#"(?m)(^|[ "'=@])/(etc/kaipiao|var/lib/kaipiao|backup)"#;
    Regex::new(places).expect("it is one")
});
/// A server that others reach.
const PUBLIC: &str = "https://invoices.example";

/// The stand-ins of one page.
pub(crate) struct StandIns<'a> {
    ports: BTreeMap<u16, u16>,
    folder: &'a Path,
}

/// A port that nobody is given who asks for any, so that it is still free when the page's program takes it.
fn free_port() -> Result<(u16, TcpListener), String> {
    // Linux gives out 32768 and up.
    let bind = |port| TcpListener::bind(("127.0.0.1", port)).ok().map(|listener| (port, listener));
    (15_000..30_000).find_map(bind).ok_or_else(|| "no port is free".to_owned())
}

impl<'a> StandIns<'a> {
    /// Takes a free port for each that the page names, and for the default one.
    pub(crate) fn of(page: &str, folder: &'a Path) -> Result<Self, String> {
        let named = ADDRESS.captures_iter(page).filter_map(|found| found[1].parse().ok());
        let mut ports = BTreeMap::new();
        // Held until all are taken: none is taken twice.
        let mut held = Vec::new();
        for port in named.chain([DEFAULT_PORT]) {
            let (free, listener) = free_port()?;
            ports.insert(port, free);
            held.push(listener);
        }
        Ok(Self { ports, folder })
    }

    pub(crate) fn port(&self, port: u16) -> u16 {
        *self.ports.get(&port).unwrap_or(&port)
    }

    pub(crate) fn put(&self, text: &str) -> String {
        let text = text.replace(PUBLIC, &format!("http://127.0.0.1:{DEFAULT_PORT}"));
        let number = |found: &Captures<'_>| {
            let port = found[0].parse().ok().and_then(|port: u16| self.ports.get(&port));
            // Others keep their zeros.
            port.map_or_else(|| found[0].to_owned(), u16::to_string)
        };
        let text = NUMBER.replace_all(&text, number);
        let place =
            |found: &Captures<'_>| format!("{}{}/{}", &found[1], self.folder.display(), &found[2]);
        PLACE.replace_all(&text, place).into_owned()
    }
}

#[test]
fn ports_and_places_are_the_pages_own() {
    let folder = Path::new("/tmp/page");
    let stand_ins = StandIns::of("curl http://127.0.0.1:9000", folder).unwrap();
    let put = |text| stand_ins.put(text);
    let (own, other) = (stand_ins.port(8080), stand_ins.port(9000));
    assert!(own != 8080 && other != 9000 && own != other);
    assert_eq!(put("https://invoices.example/x"), format!("http://127.0.0.1:{own}/x"));
    assert_eq!(put("serve --port 9000 90001"), format!("serve --port {other} 90001"));
    assert_eq!(put("check --data /var/lib/kaipiao"), "check --data /tmp/page/var/lib/kaipiao");
    assert_eq!(put("91440300MA5KP0009F"), "91440300MA5KP0009F");
    assert_eq!(put("x/etc/kaipiao"), "x/etc/kaipiao");
}
