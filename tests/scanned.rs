//! What a camera reads.

use rqrr::{Grid, SimpleGrid};

/// The text of the QR code that a page shows.
pub fn scanned(html: &str) -> String {
    let after = |text: &str| html.split_once(text).unwrap().1.to_owned();
    let size: usize = after("viewBox=\"0 0 ").split(' ').next().unwrap().parse().unwrap();
    let path = after("<path d=\"");
    let path = path.split('"').next().unwrap();
    let is_dark = |x: usize, y: usize| path.contains(&format!("M{x} {y}h"));
    let (quiet, inner) = (4, size - 8);
    let grid = SimpleGrid::from_func(inner, |x, y| is_dark(x + quiet, y + quiet));
    Grid::new(grid).decode().unwrap().1
}
