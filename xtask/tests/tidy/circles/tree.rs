//! The modules of a target: the file of each, what it defines and what it imports.

use crate::workspace::text;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::{Attribute, Expr, Ident, Item, ItemMod, ItemUse, Lit, Meta, UseTree, Visibility};

pub type ModuleId = usize;

pub struct Module {
    pub file: PathBuf,
    pub parent: Option<ModuleId>,
    pub children: BTreeMap<String, ModuleId>,
    pub names: BTreeSet<String>,
    pub imports: Vec<Import>,
    /// All but modules and what is only for unit tests.
    pub items: Vec<Item>,
}

/// One name of a `use`, or one glob.
pub struct Import {
    pub path: Vec<String>,
    /// The name in scope; none for a glob.
    pub name: Option<String>,
    pub line: usize,
}

pub struct Tree {
    /// The target's root comes first.
    pub modules: Vec<Module>,
    /// Macros by name: their scope follows the text, not the modules.
    macros: BTreeMap<String, PathBuf>,
}

/// Where a module's text is, and where the files of its children are.
struct Location {
    parent: Option<ModuleId>,
    file: PathBuf,
    below: PathBuf,
}

impl Tree {
    pub fn read(source: &Path) -> Self {
        let mut tree = Self { modules: Vec::new(), macros: BTreeMap::new() };
        let below = source.parent().unwrap().to_owned();
        tree.add_file(Location { parent: None, file: source.to_owned(), below });
        tree
    }

    /// Where a macro is defined that goes by a lone name.
    pub fn macro_file(&self, name: &Ident) -> Option<PathBuf> {
        self.macros.get(&name.to_string()).cloned()
    }

    fn add_file(&mut self, location: Location) -> ModuleId {
        let parsed = syn::parse_file(&text(&location.file))
            .unwrap_or_else(|error| panic!("{}: {error}", location.file.display()));
        self.add(location, parsed.items)
    }

    fn add(&mut self, location: Location, items: Vec<Item>) -> ModuleId {
        let id = self.modules.len();
        let (modules, items) = items
            .into_iter()
            .filter(|item| !is_for_unit_tests(item_attributes(item)))
            .partition::<Vec<_>, _>(|item| matches!(item, Item::Mod(_)));
        let macros = items.iter().filter(|item| matches!(item, Item::Macro(_)));
        self.macros
            .extend(macros.filter_map(defined_name).map(|name| (name, location.file.clone())));
        self.modules.push(Module {
            file: location.file.clone(),
            parent: location.parent,
            children: BTreeMap::new(),
            names: items.iter().filter_map(defined_name).collect(),
            imports: items.iter().flat_map(item_imports).collect(),
            items,
        });
        for item in modules {
            if let Item::Mod(module) = item {
                let name = module.ident.to_string();
                let child = self.add_child(id, &location, module);
                self.modules[id].children.insert(name, child);
            }
        }
        id
    }

    fn add_child(&mut self, parent: ModuleId, above: &Location, module: ItemMod) -> ModuleId {
        let below = above.below.join(module.ident.to_string());
        let parent = Some(parent);
        if let Some((_, items)) = module.content {
            return self.add(Location { parent, file: above.file.clone(), below }, items);
        }
        if let Some(path) = path_attribute(&module.attrs) {
            let file = normal(&above.file.parent().unwrap().join(path));
            let below = file.parent().unwrap().to_owned();
            return self.add_file(Location { parent, file, below });
        }
        let (plain, nested) = (below.with_extension("rs"), below.join("mod.rs"));
        let file = if plain.exists() { plain } else { nested };
        self.add_file(Location { parent, file, below })
    }
}

/// The path without its `..`: one file has one name.
fn normal(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    })
}

/// `#[cfg(test)]`, also with further conditions.
pub fn is_for_unit_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string();
            condition == "test" || condition.starts_with("all (test")
        }
        _ => false,
    })
}

fn item_imports(item: &Item) -> Vec<Import> {
    match item {
        Item::Use(item) => imports(item),
        _ => Vec::new(),
    }
}

/// Passes names on to other modules.
pub fn is_re_export(item: &ItemUse) -> bool {
    !matches!(item.vis, Visibility::Inherited)
}

pub fn imports(item: &ItemUse) -> Vec<Import> {
    let mut imports = Vec::new();
    // A path that begins with `::` leads into another crate.
    if item.leading_colon.is_none() {
        collect_imports(&item.tree, &mut Vec::new(), &mut imports);
    }
    imports
}

fn collect_imports(tree: &UseTree, above: &mut Vec<String>, found: &mut Vec<Import>) {
    match tree {
        UseTree::Path(path) => {
            above.push(path.ident.to_string());
            collect_imports(&path.tree, above, found);
            above.pop();
        }
        UseTree::Group(group) => {
            group.items.iter().for_each(|tree| collect_imports(tree, above, found));
        }
        UseTree::Glob(glob) => {
            let line = glob.star_token.spans[0].start().line;
            found.push(Import { path: above.clone(), name: None, line });
        }
        UseTree::Name(name) => {
            let path = imported_path(above, &name.ident);
            let line = name.ident.span().start().line;
            found.push(Import { name: path.last().cloned(), path, line });
        }
        UseTree::Rename(rename) => {
            let path = imported_path(above, &rename.ident);
            let line = rename.ident.span().start().line;
            found.push(Import { path, name: Some(rename.rename.to_string()), line });
        }
    }
}

/// `a::{self}` is `a`.
fn imported_path(above: &[String], name: &Ident) -> Vec<String> {
    let mut path = above.to_vec();
    if name != "self" || path.is_empty() {
        path.push(name.to_string());
    }
    path
}

fn defined_name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

pub fn item_attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
