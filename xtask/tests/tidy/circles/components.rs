//! Files that reach each other.

use super::needs::Need;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// More than one file, each of which needs every other one, if by detours.
pub struct Circle {
    /// What keeps it closed.
    pub needs: Vec<Need>,
}

pub fn circles(needs: Vec<Need>) -> Vec<Circle> {
    let reach = reach(&needs);
    let mut circles = BTreeMap::<BTreeSet<PathBuf>, Vec<Need>>::new();
    for need in needs {
        if reach[&need.of].contains(&need.by) {
            circles.entry(files_around(&need.by, &reach)).or_default().push(need);
        }
    }
    circles.into_values().map(|needs| Circle { needs }).collect()
}

type Reach = BTreeMap<PathBuf, BTreeSet<PathBuf>>;

/// For each file, those it needs directly or by detours.
fn reach(needs: &[Need]) -> Reach {
    let mut reach = Reach::new();
    for Need { by, of, .. } in needs {
        reach.entry(by.clone()).or_default().insert(of.clone());
        reach.entry(of.clone()).or_default();
    }
    let files: Vec<_> = reach.keys().cloned().collect();
    for middle in &files {
        let behind = reach[middle].clone();
        for there in reach.values_mut().filter(|there| there.contains(middle)) {
            there.extend(behind.iter().cloned());
        }
    }
    reach
}

fn files_around(file: &Path, reach: &Reach) -> BTreeSet<PathBuf> {
    reach[file].iter().filter(|other| reach[*other].contains(file)).cloned().collect()
}
