//! What the files of a target need of each other.

use super::names::{Found, resolve};
use super::tokens;
use super::tree::{Import, ModuleId, Tree};
use super::tree::{imports, is_for_unit_tests, is_re_export, item_attributes};
use std::collections::BTreeSet;
use std::path::PathBuf;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, ExprPath, ImplItemFn, Item, ItemFn, ItemUse, Macro, Meta, PatIdent};
use syn::{Stmt, TraitItemFn};

pub struct Need {
    pub by: PathBuf,
    pub of: PathBuf,
    /// The item as `of` calls it; `*` for all of them.
    pub name: String,
    pub line: usize,
}

pub fn of(tree: &Tree) -> Vec<Need> {
    let of_module = |module| {
        let mut reader = Reader::new(tree, module);
        tree.modules[module].items.iter().for_each(|item| reader.visit_item(item));
        reader.needs
    };
    (0..tree.modules.len()).flat_map(of_module).collect()
}

/// Reads one module.
struct Reader<'a> {
    tree: &'a Tree,
    module: ModuleId,
    /// Names that the function being read gives to values: they hide items.
    variables: BTreeSet<String>,
    /// The imports of the blocks being read.
    blocks: Vec<Vec<Import>>,
    needs: Vec<Need>,
}

impl<'a> Reader<'a> {
    fn new(tree: &'a Tree, module: ModuleId) -> Self {
        let (variables, blocks, needs) = (BTreeSet::new(), Vec::new(), Vec::new());
        Self { tree, module, variables, blocks, needs }
    }

    fn path(&mut self, path: &[String], line: usize) {
        for found in resolve(self.tree, self.module, &self.beyond_blocks(path)) {
            // A module's name is only the way to its items.
            if let Found::Item(module, name) = found {
                self.need(self.tree.modules[module].file.clone(), name, line);
            }
        }
    }

    /// The path with a name that a block imports written out.
    fn beyond_blocks(&self, path: &[String]) -> Vec<String> {
        let mut imports = self.blocks.iter().rev().flatten();
        match imports.find(|import| import.name.as_ref() == path.first()) {
            Some(import) => [&import.path, &path[1..]].concat(),
            None => path.to_vec(),
        }
    }

    fn need(&mut self, of: PathBuf, name: String, line: usize) {
        let by = self.tree.modules[self.module].file.clone();
        if by != of {
            self.needs.push(Need { by, of, name, line });
        }
    }

    fn import(&mut self, import: &Import) {
        match import.name {
            Some(_) => self.path(&import.path, import.line),
            None => self.glob(import),
        }
    }

    /// A glob needs the file that it opens, if that defines anything.
    fn glob(&mut self, glob: &Import) {
        for found in resolve(self.tree, self.module, &glob.path) {
            let (Found::Module(module) | Found::Item(module, _)) = found;
            let opened = &self.tree.modules[module];
            if !opened.names.is_empty() {
                self.need(opened.file.clone(), "*".to_owned(), glob.line);
            }
        }
    }

    fn is_variable(&self, path: &syn::Path) -> bool {
        path.get_ident().is_some_and(|name| self.variables.contains(&name.to_string()))
    }

    fn within_function(&mut self, variables: Variables, read: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.variables, variables.0);
        read(self);
        self.variables = outer;
    }
}

impl<'a> Visit<'a> for Reader<'_> {
    fn visit_item(&mut self, item: &'a Item) {
        if !is_for_unit_tests(item_attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'a ItemUse) {
        if !is_re_export(item) {
            imports(item).iter().for_each(|import| self.import(import));
        }
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        if path.leading_colon.is_none() {
            self.path(&names(path), line(path));
        }
        visit::visit_path(self, path);
    }

    fn visit_expr_path(&mut self, expression: &'a ExprPath) {
        if !self.is_variable(&expression.path) {
            visit::visit_expr_path(self, expression);
        }
    }

    fn visit_macro(&mut self, call: &'a Macro) {
        visit::visit_macro(self, call);
        if let Some(file) = call.path.get_ident().and_then(|name| self.tree.macro_file(name)) {
            self.need(file, names(&call.path).concat(), line(&call.path));
        }
        for path in tokens::paths(call.tokens.clone()) {
            let line = path[0].span().start().line;
            let path: Vec<_> = path.iter().map(ToString::to_string).collect();
            if path.len() > 1 || !self.variables.contains(&path[0]) {
                self.path(&path, line);
            }
        }
    }

    fn visit_attribute(&mut self, attribute: &'a Attribute) {
        if let Meta::List(list) = &attribute.meta {
            let paths = tokens::paths_in_texts(list.tokens.clone());
            paths.iter().for_each(|path| self.path(&names(path), line(path)));
        }
    }

    fn visit_block(&mut self, block: &'a Block) {
        let uses = block.stmts.iter().filter_map(|statement| match statement {
            Stmt::Item(Item::Use(item)) => Some(imports(item)),
            _ => None,
        });
        self.blocks.push(uses.flatten().collect());
        visit::visit_block(self, block);
        self.blocks.pop();
    }

    fn visit_item_fn(&mut self, function: &'a ItemFn) {
        let mut variables = Variables::default();
        variables.visit_item_fn(function);
        self.within_function(variables, |this| visit::visit_item_fn(this, function));
    }

    fn visit_impl_item_fn(&mut self, function: &'a ImplItemFn) {
        if is_for_unit_tests(&function.attrs) {
            return;
        }
        let mut variables = Variables::default();
        variables.visit_impl_item_fn(function);
        self.within_function(variables, |this| visit::visit_impl_item_fn(this, function));
    }

    fn visit_trait_item_fn(&mut self, function: &'a TraitItemFn) {
        let mut variables = Variables::default();
        variables.visit_trait_item_fn(function);
        self.within_function(variables, |this| visit::visit_trait_item_fn(this, function));
    }
}

fn names(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

fn line(path: &syn::Path) -> usize {
    path.segments[0].ident.span().start().line
}

/// What a function calls its values.
#[derive(Default)]
struct Variables(BTreeSet<String>);

impl<'a> Visit<'a> for Variables {
    fn visit_pat_ident(&mut self, pattern: &'a PatIdent) {
        self.0.insert(pattern.ident.to_string());
        visit::visit_pat_ident(self, pattern);
    }
}
