//! Draws the tests' invoices into a folder, to be looked at, and prints how long each takes:
//! `cargo run -p kaipiao-render --example faces -- target/faces`

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a tool for developers")]

#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../tests/face/fixtures.rs"]
mod fixtures;

use std::time::Instant;
use std::{env, fs, path::PathBuf};

use kaipiao_ports::invoicing::renderer::Renderer;
use kaipiao_render::FaceRenderer;

const ROUNDS: u32 = 20;

fn main() {
    let folder = PathBuf::from(env::args().nth(1).expect("names a folder"));
    fs::create_dir_all(&folder).unwrap();
    let renderer = FaceRenderer::default();
    for fixtures::Fixture { name, request, content, invoice } in fixtures::all() {
        let pdf = renderer.pdf(&request, &content, &invoice);
        let start = Instant::now();
        (0..ROUNDS).for_each(|_| drop(renderer.pdf(&request, &content, &invoice)));
        let each_ms = start.elapsed().as_secs_f64() * 1000.0 / f64::from(ROUNDS);
        let svg = renderer.svg(&request, &content, &invoice);
        println!("{name}: {each_ms:.2} ms, {} bytes, {} pages", pdf.len(), svg.len());
        fs::write(folder.join(format!("{name}.pdf")), pdf).unwrap();
        for (page, svg) in svg.iter().enumerate() {
            fs::write(folder.join(format!("{name}-{}.svg", page + 1)), svg).unwrap();
        }
    }
}
