//! What mdBook makes the book of, for each language: the repository's documents in their places, so that their links hold, as
//! far as the pages lead to them. A document that no table of contents names stands at its end.

use super::files::{pages_in, read, shown, write};
use crate::command::{Outcome, run};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The languages of the book; the first one's pages are run.
pub(crate) const LANGUAGES: [&str; 2] = ["en", "zh"];
const CONTENTS: &str = "SUMMARY.md";
/// Where a language has its versions of the documents of `docs/`.
const VERSIONS: &str = "reference";

static ATTRIBUTE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"(?:href|src)="([^"]*)""#).expect("it is one"));
static SHOWN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("(?s)<pre>.*?</pre>|<code[ >].*?</code>").expect("it is one"));
static ANCHOR: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"(?:id|name)="([^"]*)""#).expect("it is one"));

/// Pages beside the book's that have their reader do something, each with a Chinese one beside it.
pub(crate) const READMES: &[&str] = &[
    "README.md",
    "clients/android/README.md",
    "clients/ios/README.md",
    "clients/miniprogram/README.md",
];

/// The pages of the first language's table of contents that lie in `docs/`, and those beside the book.
pub(super) fn own_pages(root: &Path) -> Result<Vec<PathBuf>, String> {
    let contents = contents(root, LANGUAGES[0]);
    let links = local_links(&read(&contents)?);
    let pages = links.iter().map(|link| resolved(&contents, link));
    let pages = pages.filter(|page| page.starts_with(root.join("docs")));
    Ok(pages.chain(READMES.iter().map(|page| root.join(page))).collect())
}

fn contents(root: &Path, language: &str) -> PathBuf {
    root.join("docs").join(language).join(CONTENTS)
}

/// Builds every language's book into `folder`, and follows its links.
pub(crate) fn build(root: &Path, mdbook: &Path, folder: &Path) -> Outcome {
    for language in LANGUAGES {
        every_document_is_listed(root, language)?;
        let source = folder.join("source").join(language);
        let built = folder.join(language);
        for old in [&source, &built] {
            let _ = fs::remove_dir_all(old);
        }
        gather(root, language, &source)?;
        run(Command::new(mdbook).arg("build").arg(&source).arg("--dest-dir").arg(&built))?;
        let first = format!("docs/{language}/introduction.html");
        write(&built.join("index.html"), &leads_to(&first))?;
        follow(&built, &source)?;
    }
    write(&folder.join("index.html"), &leads_to("en/index.html"))
}

/// A page that leads on: mdBook's own first page has links of another folder.
fn leads_to(page: &str) -> String {
    format!(
        "<!doctype html><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"0; url={page}\"><a href=\"{page}\">{page}</a>\n"
    )
}

/// No document of `docs/` is forgotten; one that the language has a version of stands in that.
fn every_document_is_listed(root: &Path, language: &str) -> Outcome {
    let contents = contents(root, language);
    let links = local_links(&read(&contents)?);
    let listed: BTreeSet<_> = links.iter().map(|link| resolved(&contents, link)).collect();
    let own = contents.parent().unwrap_or(root);
    let translated = |page: PathBuf| {
        let version = own.join(VERSIONS).join(page.file_name().unwrap_or_default());
        if version.exists() { version } else { page }
    };
    let documents = pages_in(&root.join("docs"))?.into_iter().map(translated);
    for page in documents.chain(pages_in(own)?) {
        if page != contents && !listed.contains(&page) {
            let (contents, page) = (shown(root, &contents), shown(root, &page));
            return Err(format!("{contents} does not list {page}"));
        }
    }
    Ok(())
}

/// Copies what the table of contents names, and what that leads to.
fn gather(root: &Path, language: &str, source: &Path) -> Outcome {
    let contents = contents(root, language);
    let text = read(&contents)?;
    let links = local_links(&text);
    let mut listed = text.clone();
    for link in &links {
        let place = shown(root, &resolved(&contents, link));
        listed = listed.replace(&format!("]({link})"), &format!("]({place})"));
    }
    let named: Vec<_> = links.iter().map(|link| resolved(&contents, link)).collect();
    let mut further = Vec::new();
    let mut seen: BTreeSet<_> = named.iter().cloned().collect();
    let mut waiting: VecDeque<_> = named.iter().cloned().collect();
    while let Some(path) = waiting.pop_front() {
        let is_document = path.extension().is_some_and(|is| is == "md");
        let place = source.join("src").join(shown(root, &path));
        if path.is_dir() {
            copy_folder(&path, &place)?;
            continue;
        }
        if !is_document {
            copy(&path, &place)?;
            continue;
        }
        let text = across(&read(&path)?, language);
        for next in local_links(&text).iter().map(|link| resolved(&path, link)) {
            let is_inside = next.starts_with(root) && next != root;
            if next.exists() && is_inside && seen.insert(next.clone()) {
                waiting.push_back(next);
            }
        }
        make_folder(&place)?;
        write(&place, &text)?;
        if !named.contains(&path) {
            further.push((shown(root, &path), title(&text)));
        }
    }
    listed.push_str(if language == "zh" {
        "\n# 其他文档\n\n"
    } else {
        "\n# Further documents\n\n"
    });
    further.sort();
    for (place, title) in further {
        let _ = writeln!(listed, "- [{title}]({place})");
    }
    write(&source.join("src").join(CONTENTS), &listed)?;
    copy(&contents.with_file_name("book.toml"), &source.join("book.toml"))
}

/// A link to the other language leads to its book.
fn across(text: &str, language: &str) -> String {
    let mut text = text.to_owned();
    for other in LANGUAGES.iter().filter(|other| **other != language) {
        let link = Regex::new(&format!(r"\]\(\.\./{other}/([a-z-]+)\.md\)")).expect("it is one");
        let there = format!("](../../../{other}/docs/{other}/$1.html)");
        text = link.replace_all(&text, there).into_owned();
    }
    text
}

/// The first heading's text.
fn title(text: &str) -> String {
    let mut title = String::new();
    let mut is_open = false;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. }) => is_open = true,
            Event::End(TagEnd::Heading(_)) => break,
            Event::Text(text) | Event::Code(text) if is_open => title.push_str(&text),
            _ => {}
        }
    }
    title
}

/// Links to files of the repository, without their anchors.
fn local_links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                links.push(dest_url.into_string());
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                links.extend(ATTRIBUTE.captures_iter(&html).map(|found| found[1].to_owned()));
            }
            _ => {}
        }
    }
    links.retain(|link| !is_elsewhere(link));
    let files = links.iter().filter_map(|link| link.split('#').next());
    files.filter(|file| !file.is_empty()).map(str::to_owned).collect()
}

fn is_elsewhere(link: &str) -> bool {
    link.contains("://") || link.starts_with("mailto:") || link.starts_with("data:")
}

/// Where a document's link leads, without `..`.
fn resolved(document: &Path, link: &str) -> PathBuf {
    let joined = document.parent().unwrap_or(document).join(link);
    joined.components().fold(PathBuf::new(), |mut path, part| {
        match part {
            Component::ParentDir => drop(path.pop()),
            Component::CurDir => {}
            part => path.push(part),
        }
        path
    })
}

fn make_folder(of: &Path) -> Outcome {
    let folder = of.parent().unwrap_or(of);
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

fn copy(from: &Path, to: &Path) -> Outcome {
    make_folder(to)?;
    fs::copy(from, to).map(drop).map_err(|error| format!("{}: {error}", from.display()))
}

/// A folder that a page leads to: its files, of no depth.
fn copy_folder(from: &Path, to: &Path) -> Outcome {
    let entries = fs::read_dir(from).map_err(|error| format!("{}: {error}", from.display()))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files = paths.filter(|path| path.is_file());
    files.try_for_each(|file| copy(&file, &to.join(file.file_name().unwrap_or_default())))
}

/// Every link of the built pages leads to a file and an anchor that are there.
fn follow(built: &Path, source: &Path) -> Outcome {
    let mut pages = BTreeMap::new();
    read_pages(built, &mut pages)?;
    let mut dead = String::new();
    // A page that was only copied is no page of the book.
    let is_made = |path: &Path| !source.join("src").join(shown(built, path)).exists();
    for (path, text) in pages.iter().filter(|(path, _)| is_made(path)) {
        // Code that is shown links to nothing.
        let text = SHOWN.replace_all(text, "");
        for found in ATTRIBUTE.captures_iter(&text) {
            let link = found[1].replace("%20", " ").replace("&amp;", "&");
            if !is_elsewhere(&link) && !leads(&pages, built, path, &link) {
                let _ = writeln!(dead, "{}: {link}", shown(built, path));
            }
        }
    }
    if dead.is_empty() {
        Ok(())
    } else {
        Err(format!("links of the book that lead nowhere:\n{dead}"))
    }
}

fn leads(pages: &BTreeMap<PathBuf, String>, built: &Path, page: &Path, link: &str) -> bool {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let there = if file.is_empty() { page.to_owned() } else { resolved(page, file) };
    // The other language's book is built by itself.
    if !there.starts_with(built) {
        return LANGUAGES.iter().any(|language| {
            built.parent().is_some_and(|both| there.starts_with(both.join(language)))
        });
    }
    match pages.get(&there) {
        Some(text) if !anchor.is_empty() => {
            ANCHOR.captures_iter(text).any(|found| &found[1] == anchor)
        }
        Some(_) => true,
        None => there.exists(),
    }
}

fn read_pages(folder: &Path, pages: &mut BTreeMap<PathBuf, String>) -> Outcome {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            read_pages(&path, pages)?;
        } else if path.extension().is_some_and(|is| is == "html") {
            pages.insert(path.clone(), read(&path)?);
        }
    }
    Ok(())
}
