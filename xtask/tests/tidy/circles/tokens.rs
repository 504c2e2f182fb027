//! Paths among tokens whose syntax is a macro's own.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

/// A lone name among tokens can be anything; it is taken for a path if it looks like a type or a
/// call.
pub fn paths(tokens: TokenStream) -> Vec<Vec<Ident>> {
    let trees: Vec<_> = tokens.into_iter().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < trees.len() {
        let path = path_at(&trees[at..]);
        let end = at + (path.len() * 3).saturating_sub(2).max(1);
        if is_item_like(&path, trees.get(end)) && !is_part(&trees[..at]) {
            found.push(path);
        } else if let TokenTree::Group(group) = &trees[at] {
            found.extend(paths(group.stream()));
        }
        at = end;
    }
    found
}

/// Texts among an attribute's tokens that are paths of two names and more, as in
/// `#[serde(with = "crate::hex")]`.
pub fn paths_in_texts(tokens: TokenStream) -> Vec<syn::Path> {
    tokens
        .into_iter()
        .flat_map(|tree| match tree {
            TokenTree::Group(group) => paths_in_texts(group.stream()),
            TokenTree::Literal(literal) => path_in_text(&TokenTree::Literal(literal).into()),
            _ => Vec::new(),
        })
        .collect()
}

fn path_in_text(literal: &TokenStream) -> Vec<syn::Path> {
    let path =
        syn::parse2::<syn::LitStr>(literal.clone()).and_then(|text| text.parse::<syn::Path>());
    path.into_iter().filter(|path| path.segments.len() > 1).collect()
}

/// The names that are joined by `::` from here on: each of the marks is two tokens.
fn path_at(trees: &[TokenTree]) -> Vec<Ident> {
    let mut path = Vec::new();
    let mut rest = trees;
    while let [TokenTree::Ident(name), behind @ ..] = rest {
        path.push(name.clone());
        match behind {
            [first, second, further @ ..] if is(first, ':') && is(second, ':') => rest = further,
            _ => break,
        }
    }
    path
}

fn is_item_like(path: &[Ident], next: Option<&TokenTree>) -> bool {
    let is_type = |name: &Ident| name.to_string().starts_with(char::is_uppercase);
    let is_call = matches!(next, Some(TokenTree::Group(group))
        if group.delimiter() == Delimiter::Parenthesis);
    match path {
        [] => false,
        [name] => is_type(name) || is_call,
        _ => true,
    }
}

/// Does what comes before make it a member, a part of a longer path, or a macro's variable?
fn is_part(before: &[TokenTree]) -> bool {
    match before {
        [.., first, second] if is(first, '.') && is(second, '.') => false,
        [.., first, second] if is(first, ':') && is(second, ':') => true,
        [.., last] => is(last, '.'),
        [] => false,
    }
}

fn is(tree: &TokenTree, mark: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == mark)
}
