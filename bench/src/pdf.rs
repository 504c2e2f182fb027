//! Milliseconds and bytes of a PDF, on one thread, beside reportlab drawing the same operations. Both
//! draw each invoice for a while, one after the other, and the medians are compared.

use kaipiao_ports::invoicing::renderer::Renderer;
use kaipiao_render::FaceRenderer;
use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

#[allow(
    dead_code,
    clippy::unwrap_used,
    reason = "the invoices of the tests, of which some are measured here"
)]
#[path = "../../crates/render/tests/face/fixtures.rs"]
mod fixtures;

const EACH: Duration = Duration::from_secs(2);
/// The fixtures measured: one line, eight, three hundred, and the other face.
const MEASURED: [&str; 4] = ["classic-1", "classic-8", "classic-300", "digital-1"];

/// Milliseconds and bytes.
struct Figure {
    ms: f64,
    bytes: usize,
}

/// Measures, and prints.
pub(crate) fn run() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let renderer = FaceRenderer::default();
    let mut own = Vec::new();
    for fixture in fixtures::all().into_iter().filter(|fixture| MEASURED.contains(&fixture.name)) {
        let pages = renderer.svg(&fixture.request, &fixture.invoice);
        for (index, page) in pages.iter().enumerate() {
            let file = folder.path().join(format!("{}-{}.svg", fixture.name, index + 1));
            std::fs::write(file, page).expect("the directory takes a file");
        }
        let draw = || renderer.pdf(&fixture.request, &fixture.invoice);
        own.push((fixture.name, pages.len(), figure(draw)));
    }
    let others = reportlab(folder.path());
    println!("one thread, {} s each; the same drawing operations", EACH.as_secs());
    println!("invoice      pages     ms   bytes  PDFs/s  reportlab ms   bytes  ratio");
    for (name, pages, Figure { ms, bytes }) in own {
        let other = &others[name];
        let (per_s, ratio) = (1000.0 / ms, other.ms / ms);
        println!(
            "{name:<11}  {pages:5}  {ms:5.2}  {bytes:6}  {per_s:6.0}  {:12.2}  {:6}  {ratio:5.1}",
            other.ms, other.bytes
        );
    }
}

fn figure(draw: impl Fn() -> Vec<u8>) -> Figure {
    let bytes = draw().len();
    let (mut took_ms, end) = (Vec::new(), Instant::now() + EACH);
    while Instant::now() < end {
        let started = Instant::now();
        let drawn = draw();
        took_ms.push(started.elapsed().as_secs_f64() * 1000.0);
        assert_eq!(drawn.len(), bytes, "the same each time");
    }
    took_ms.sort_by(f64::total_cmp);
    Figure { ms: took_ms[took_ms.len() / 2], bytes }
}

fn reportlab(folder: &Path) -> HashMap<String, Figure> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = std::env::var_os("KAIPIAO_PYTHON").expect("cargo xtask bench names the Python");
    let output = Command::new(python)
        .arg(own.join("reportlab_pdf.py"))
        .arg(folder)
        .arg(own.join("../crates/render/fonts/fp-song.otf"))
        .arg(EACH.as_secs().to_string())
        .output()
        .expect("Python starts");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "reportlab: {complaints}");
    let lines = String::from_utf8(output.stdout).expect("in UTF-8");
    let figure = |line: &str| {
        let mut words = line.split(' ');
        let name = words.next()?.to_owned();
        let (ms, bytes) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some((name, Figure { ms, bytes }))
    };
    lines.lines().map(|line| figure(line).expect("name, ms, bytes")).collect()
}
