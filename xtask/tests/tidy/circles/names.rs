//! What a path leads to, within one target.

use super::tree::{Import, Module, ModuleId, Tree};
use std::collections::BTreeSet;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Found {
    Module(ModuleId),
    /// An item, by the module that defines it, and its name there.
    Item(ModuleId, String),
}

/// All that a path can mean: a type and a function may share a name. Empty if it leads to another
/// crate, or to something that is no item, such as a local variable.
pub fn resolve(tree: &Tree, from: ModuleId, path: &[String]) -> BTreeSet<Found> {
    Search { tree, followed: BTreeSet::new() }.path(from, path)
}

struct Search<'a> {
    tree: &'a Tree,
    /// Imports that were followed already: globs may lead in circles.
    followed: BTreeSet<(ModuleId, String)>,
}

impl Search<'_> {
    fn path(&mut self, from: ModuleId, path: &[String]) -> BTreeSet<Found> {
        let Some((first, rest)) = path.split_first() else { return BTreeSet::new() };
        let mut found = match first.as_str() {
            "crate" => BTreeSet::from([Found::Module(0)]),
            "self" => BTreeSet::from([Found::Module(from)]),
            name => self.name(from, name),
        };
        for name in rest {
            found = self.below(&found, name);
        }
        found
    }

    /// A step further: into a module if the name so far can mean one. What belongs to an item (a
    /// variant, an associated function) is where the item is.
    fn below(&mut self, found: &BTreeSet<Found>, name: &str) -> BTreeSet<Found> {
        let modules = found.iter().filter(|found| matches!(found, Found::Module(_)));
        let members: Vec<_> = modules.map(|module| self.member(module, name)).collect();
        if members.is_empty() { found.clone() } else { members.into_iter().flatten().collect() }
    }

    fn member(&mut self, of: &Found, name: &str) -> BTreeSet<Found> {
        match of {
            Found::Module(module) => self.name(*module, name),
            Found::Item(..) => BTreeSet::new(),
        }
    }

    fn name(&mut self, module: ModuleId, name: &str) -> BTreeSet<Found> {
        let tree = self.tree;
        let scope = &tree.modules[module];
        if name == "super" {
            return scope.parent.map(Found::Module).into_iter().collect();
        }
        let mut found = defined(scope, module, name);
        if self.followed.insert((module, name.to_owned())) {
            found.extend(self.imported(scope, module, name));
            if found.is_empty() {
                found = self.by_globs(scope, module, name);
            }
            self.followed.remove(&(module, name.to_owned()));
        }
        found
    }

    fn imported(&mut self, scope: &Module, module: ModuleId, name: &str) -> BTreeSet<Found> {
        let is_meant = |import: &&Import| import.name.as_deref() == Some(name);
        let meant = scope.imports.iter().filter(is_meant);
        meant.flat_map(|import| self.path(module, &import.path)).collect()
    }

    fn by_globs(&mut self, scope: &Module, module: ModuleId, name: &str) -> BTreeSet<Found> {
        let globs = scope.imports.iter().filter(|import| import.name.is_none());
        let opened: BTreeSet<_> = globs.flat_map(|glob| self.path(module, &glob.path)).collect();
        opened.iter().flat_map(|opened| self.member(opened, name)).collect()
    }
}

fn defined(scope: &Module, module: ModuleId, name: &str) -> BTreeSet<Found> {
    let is_item = scope.names.contains(name);
    let item = is_item.then(|| Found::Item(module, name.to_owned()));
    let child = scope.children.get(name).map(|child| Found::Module(*child));
    item.into_iter().chain(child).collect()
}
