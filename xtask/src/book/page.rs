//! What a page of the book has its reader do: its fenced blocks, in order.
//!
//! | fence | what a reader does |
//! |---|---|
//! | `sh` | runs it in a shell, which all blocks of the page share |
//! | `sh background=8080` | starts it in another terminal, and goes on when something listens on that port |
//! | `python file=first.py`, any language | puts it into this file |
//! | `text output` | compares it with what the block above has printed; `…` stands for anything |
//! | `sh not-run="why"` | what cannot be run here |
//! | `sh trial=package` | sets an installed package up, which `cargo xtask package` does |
//! | `yaml`, `toml`, `ini` | puts it into a file of a place that the page says: it is read as what it says to be |
//! | `yaml workflow` | has GitHub play it, with a stand-in for Docker |
//! | `yaml compose` | has Docker's compose read it, which `cargo xtask package` does |
//!
//! A comment `<!-- run sh` … `-->` is a block that readers are not shown: what a page takes for granted.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// Languages of programs: a block of one says what becomes of it.
const PROGRAMS: &[&str] = &["sh", "bash", "python", "java", "js", "go"];
const SHELLS: &[&str] = &["sh", "bash"];
/// Forms of data: a block of one is read.
const FORMS: &[&str] = &["yaml", "toml", "ini"];
/// What begins a block that readers are not shown.
const HIDDEN: &str = "<!-- run ";

/// A fenced block.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Where its fence stands.
    pub(crate) line: usize,
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

/// What becomes of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Run,
    Background {
        port: u16,
    },
    File {
        name: String,
    },
    Output,
    NotRun {
        why: String,
    },
    /// A part of a file in a form that can be read.
    Data {
        form: String,
    },
    Workflow,
    Compose,
    Trial,
    /// A part of a program, an answer, a drawing: nothing to be done.
    Shown,
}

impl Block {
    /// Whether it is read as the data that it shows, and in which form.
    pub(crate) fn form(&self) -> Option<&str> {
        match &self.kind {
            Kind::Data { form } => Some(form),
            Kind::Workflow | Kind::Compose => Some("yaml"),
            _ => None,
        }
    }
}

/// The blocks of a page; an error names the line.
pub(crate) fn blocks(page: &str) -> Result<Vec<Block>, String> {
    let mut blocks = Vec::new();
    let mut open = None;
    for (event, range) in Parser::new_ext(page, Options::ENABLE_TABLES).into_offset_iter() {
        let line = page[..range.start].matches('\n').count() + 1;
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                open = Some(Block { line, kind: kind(&info, line)?, text: String::new() });
            }
            Event::Text(text) => {
                open.iter_mut().for_each(|block| block.text.push_str(&text));
            }
            Event::End(TagEnd::CodeBlock) => blocks.extend(open.take()),
            Event::Start(Tag::HtmlBlock) => blocks.extend(hidden(&page[range], line)?),
            _ => {}
        }
    }
    Ok(blocks)
}

fn hidden(html: &str, line: usize) -> Result<Option<Block>, String> {
    let Some(rest) = html.strip_prefix(HIDDEN) else { return Ok(None) };
    let (info, rest) = rest.split_once('\n').unwrap_or((rest, ""));
    let (text, _) = rest.split_once("-->").unwrap_or((rest, ""));
    Ok(Some(Block { line, kind: kind(info, line)?, text: text.to_owned() }))
}

fn kind(info: &str, line: usize) -> Result<Kind, String> {
    let (language, rest) = info.split_once(' ').unwrap_or((info, ""));
    let is_shell = SHELLS.contains(&language);
    match rest.split_once('=').unwrap_or((rest, "")) {
        ("", _) if is_shell => Ok(Kind::Run),
        ("", _) if PROGRAMS.contains(&language) => {
            Err(format!("line {line}: a program says file=… or not-run=\"…\""))
        }
        ("", _) if FORMS.contains(&language) => Ok(Kind::Data { form: language.to_owned() }),
        ("", _) => Ok(Kind::Shown),
        ("workflow", "") if language == "yaml" => Ok(Kind::Workflow),
        ("compose", "") if language == "yaml" => Ok(Kind::Compose),
        ("background", port) if is_shell => {
            let port = port.parse().map_err(|_| format!("line {line}: background=<port>"))?;
            Ok(Kind::Background { port })
        }
        ("file", name) if is_plain(name) => Ok(Kind::File { name: name.to_owned() }),
        ("trial", "package") if is_shell => Ok(Kind::Trial),
        ("output", "") => Ok(Kind::Output),
        ("not-run", why) if why.len() > 2 => {
            Ok(Kind::NotRun { why: why.trim_matches('"').to_owned() })
        }
        _ => Err(format!("line {line}: a fence does not say `{rest}`")),
    }
}

/// A path below the page's folder.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('/') && !name.contains("..") && !name.contains(' ')
}

/// Whether a block has printed what the page shows: its lines stand in the output, in order; `…` stands for anything.
pub(crate) fn shows(expected: &str, printed: &str) -> bool {
    let squeezed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    let printed = squeezed(printed);
    let mut from = 0;
    let expected = squeezed(expected.trim());
    expected.split('…').map(str::trim).filter(|part| !part.is_empty()).all(|part| {
        let found = printed[from..].find(part);
        from += found.map_or(0, |at| at + part.len());
        found.is_some()
    })
}

/// What two languages' pages have in common of a block: its kind, and everything but comments. Drawings and answers that only
/// people read are in their language, and so is why something is not run.
pub(crate) fn in_every_language(block: &Block) -> (Kind, String) {
    match &block.kind {
        Kind::Shown => (Kind::Shown, String::new()),
        Kind::NotRun { .. } => (Kind::NotRun { why: String::new() }, without_comments(&block.text)),
        kind => (kind.clone(), without_comments(&block.text)),
    }
}

fn without_comments(text: &str) -> String {
    let code = |line: &str| {
        let line = &*without_inline_comment(line);
        let mark = ["# ", "// "].iter().filter_map(|mark| comment(line, mark)).min();
        line[..mark.unwrap_or(line.len())].trim_end().to_owned()
    };
    text.lines().map(code).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// A line without the comment that ends within it.
fn without_inline_comment(line: &str) -> String {
    let inline = [("/* ", " */"), ("<!-- ", " -->")].into_iter().find_map(|(begins, ends)| {
        let (before, rest) = line.split_once(begins)?;
        Some(format!("{before}{}", rest.split_once(ends)?.1))
    });
    inline.unwrap_or_else(|| line.to_owned())
}

/// Where a comment begins: at the line's beginning, or behind a blank.
fn comment(line: &str, mark: &str) -> Option<usize> {
    let is_first = |at: &usize| line[..*at].is_empty() || line[..*at].ends_with(' ');
    line.match_indices(mark).map(|(at, _)| at).find(is_first)
}

#[test]
fn a_page_is_read_as_its_reader_reads_it() {
    let page = "# A\n\n```sh background=8080\nserve\n```\n\n```python file=a.py\nx\n```\n<!-- run sh\nb\n-->\n\n```text output\ny\n```\n```json\n{}\n```\n```yaml\n{}\n```\n```yaml workflow\n{}\n```\n```sh not-run=\"an engine\"\nz\n```\n";
    let kinds: Vec<_> = blocks(page).unwrap().into_iter().map(|b| (b.line, b.kind)).collect();
    let expected = [
        (3, Kind::Background { port: 8080 }),
        (7, Kind::File { name: "a.py".to_owned() }),
        (10, Kind::Run),
        (14, Kind::Output),
        (17, Kind::Shown),
        (20, Kind::Data { form: "yaml".to_owned() }),
        (23, Kind::Workflow),
        (26, Kind::NotRun { why: "an engine".to_owned() }),
    ];
    assert_eq!(kinds, expected);
}

#[test]
fn a_program_that_nobody_runs_is_refused() {
    for fence in ["python", "go x", "sh not-run=", "sh background=x", "python file=../a", "yaml x"]
    {
        let error = blocks(&format!("\n```{fence}\nx\n```\n")).unwrap_err();
        assert!(error.starts_with("line 2: "), "{fence}: {error}");
    }
}

#[test]
fn what_is_shown_was_printed() {
    assert!(shows("{\"a\":…}\nlast\n", "first\n{\"a\":1}\nlast"));
    assert!(!shows("{\"a\":2}", "{\"a\":1}"));
    assert!(!shows("b … a", "a b"));
}

#[test]
fn comments_are_the_languages_own() {
    assert_eq!(without_comments("# 一\ncurl a#b # 二\n\nx // 三"), "curl a#b\nx");
    assert_ne!(without_comments("curl a"), without_comments("curl b"));
}

#[test]
fn languages_differ_in_what_people_read_alone() {
    let blocks = |fence: &str, text: &str| {
        let blocks = blocks(&format!("```{fence}\n{text}\n```\n")).unwrap();
        blocks.iter().map(in_every_language).collect::<Vec<_>>()
    };
    assert_eq!(blocks("sh not-run=\"why\"", "a"), blocks("sh not-run=\"为何\"", "a"));
    assert_ne!(blocks("sh not-run=\"why\"", "a"), blocks("sh not-run=\"why\"", "b"));
    assert_ne!(blocks("sh not-run=\"why\"", "a"), blocks("sh", "a"));
    assert_ne!(blocks("yaml", "a: 1"), blocks("yaml", "a: 2"));
    assert_eq!(blocks("text", "user"), blocks("text", "用户"));
}
