//! Measures what the costliest invoices cost: `cargo run --release -p kaipiao-render --example costly`

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a tool for developers")]

#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../tests/face/fixtures.rs"]
mod fixtures;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use fixtures::{Fixture, content, fixture, many};
use kaipiao_domain::invoicing::face::Face;
use kaipiao_ports::invoicing::renderer::Renderer;
use kaipiao_render::FaceRenderer;

/// As many as a body of 1 MiB holds.
const LINES: usize = 600;
const NAME_CHARACTERS: usize = 200;
const MODEL_CHARACTERS: usize = 100;

fn main() {
    let renderer = FaceRenderer::default();
    let ordinary = fixture("one line", Face::Classic, content(fixtures::one_line()));
    let costly = costliest(&renderer, Face::Classic);
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                drop(renderer.pdf(&costly.request, &costly.content, &costly.invoice));
            }
        });
        println!("Beside a thread that draws the costliest:");
        report(&renderer, &ordinary);
        ended.store(true, Ordering::Relaxed);
    });
    for face in Face::ALL {
        report(&renderer, &fixture("one line", face, content(fixtures::one_line())));
        report(&renderer, &fixture("300 lines", face, content(many(300))));
        report(&renderer, &costliest(&renderer, face));
    }
}

fn report(renderer: &FaceRenderer, fixture: &Fixture) {
    let Fixture { name, request, content, invoice } = fixture;
    let face = invoice.number.face();
    println!("{face:?}, {name}:");
    timed("checking its characters", || {
        content.check_characters(|c| renderer.can_print(c)).unwrap()
    });
    timed("PDF", || drop(renderer.pdf(request, content, invoice)));
    timed("picture", || drop(renderer.picture(request, content, invoice)));
}

fn timed(what: &str, run: impl Fn()) {
    let measured = || {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    let mut all: Vec<_> = (0..7).map(|_| measured()).collect();
    all.sort();
    println!("  {what}: {:.2} ms", all[all.len() / 2].as_secs_f64() * 1000.0);
}

/// Lines of characters without order, most of which only the machine's fonts have.
fn costliest(renderer: &FaceRenderer, face: Face) -> Fixture {
    let mut seed = 1_u32;
    let mut character = || loop {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let character = char::from_u32(0x3400 + (seed >> 8) % 0x6c00).unwrap();
        if renderer.can_print(character) {
            return character;
        }
    };
    let mut text = |count| -> String { (0..count).map(|_| character()).collect() };
    let mut content = content(many(LINES));
    for line in &mut content.lines {
        (line.name, line.model) = (text(NAME_CHARACTERS), text(MODEL_CHARACTERS));
    }
    fixture("600 lines of random characters", face, content)
}
