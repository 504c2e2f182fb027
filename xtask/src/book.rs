//! The book: its pages are run as their readers would run them, block after block, each page in a folder of its own beside a
//! server of its own. The Chinese pages have the English ones' blocks, but for comments, and so are run with them.

mod files;
mod page;
mod sources;
mod stand_ins;
mod tools;
mod workflow;

pub(crate) use files::read;
pub(crate) use sources::build;
pub(crate) use tools::Tools;

use crate::command::{Outcome, run};
use files::{pages_in, shown, write};
use page::{Block, Kind};
use sources::{LANGUAGES, READMES};
use stand_ins::{DEFAULT_PORT, StandIns};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use tools::TIME_LIMIT;

/// Pages that take another language's packages from the network: `cargo xtask book` alone runs them.
const SLOW: &[&str] = &["first-invoice-go.md", "first-invoice-java.md"];
/// Lines of its output that a page which fails is shown with.
const LAST_LINES: usize = 40;

/// Which pages are run.
#[derive(Clone, Copy)]
pub(crate) enum Pages<'a> {
    All,
    /// Those that are cheap.
    Quick,
    /// Those whose name has this in it.
    Named(&'a str),
}

/// Runs pages, and prints what was not run, and why.
pub(crate) fn check(tools: &Tools<'_>, pages: Pages<'_>) -> Outcome {
    same_in_every_language(tools.root)?;
    let mut not_run = Vec::new();
    for path in sources::own_pages(tools.root)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_wanted = match pages {
            Pages::All => true,
            Pages::Quick => !SLOW.contains(&name.as_str()),
            Pages::Named(part) => name.contains(part),
        };
        if is_wanted {
            not_run.extend(check_page(tools, &path)?);
        } else if matches!(pages, Pages::Quick) {
            not_run.push(format!("{name}: in cargo xtask book alone"));
        }
    }
    println!("not run:");
    not_run.iter().for_each(|line| println!("  {line}"));
    Ok(())
}

/// What pages show for Docker's compose, with the pages' names.
pub(crate) fn compose_files(root: &Path) -> Result<Vec<(String, String)>, String> {
    blocks_of(root, &Kind::Compose)
}

/// The workflows that pages show for GitHub, with the pages' names.
pub(crate) fn workflows(root: &Path) -> Result<Vec<(String, String)>, String> {
    blocks_of(root, &Kind::Workflow)
}

fn blocks_of(root: &Path, kind: &Kind) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    for path in sources::own_pages(root)? {
        let blocks = page::blocks(&read(&path)?)?.into_iter().filter(|block| block.kind == *kind);
        found.extend(
            blocks.map(|block| (format!("{}-{}", shown(root, &path), block.line), block.text)),
        );
    }
    Ok(found)
}

/// How a page sets up an installed package.
pub(crate) fn trial(root: &Path, page: &str) -> Result<String, String> {
    let found = blocks_of(root, &Kind::Trial)?;
    let texts: Vec<_> = found.iter().filter(|(place, _)| place.contains(page)).collect();
    match texts[..] {
        [(_, text)] => Ok(text.clone()),
        _ => Err(format!("{page} has no block `sh trial=package`, or several")),
    }
}

/// Runs a page; what was not run.
fn check_page(tools: &Tools<'_>, path: &Path) -> Result<Vec<String>, String> {
    let shown = shown(tools.root, path);
    let text = read(path)?;
    let blocks = page::blocks(&text).map_err(|why| format!("{shown}: {why}"))?;
    let is_run = |block: &&Block| matches!(block.kind, Kind::Run | Kind::Background { .. });
    if blocks.iter().any(|block| is_run(&block)) {
        let folder = tools.folder.join(shown.replace('/', "-"));
        run_page(tools, &folder, &text, &blocks).map_err(|why| format!("{shown}: {why}"))?;
        println!("{shown}: {} blocks were run", blocks.iter().filter(is_run).count());
        print_times(&folder)?;
    }
    workflow::read_data(tools, &blocks).map_err(|why| format!("{shown}: {why}"))?;
    for block in blocks.iter().filter(|block| block.kind == Kind::Workflow) {
        workflow::play(tools, &tools.folder.join(shown.replace('/', "-")), &text, &blocks, block)
            .map_err(|why| format!("{shown}:{}: {why}", block.line))?;
        println!("{shown}:{}: its steps were played", block.line);
    }
    let not_run = blocks.iter().filter_map(|block| match &block.kind {
        Kind::NotRun { why } => Some(format!("{shown}:{}: {why}", block.line)),
        Kind::Trial | Kind::Compose => {
            Some(format!("{shown}:{}: by cargo xtask package", block.line))
        }
        _ => None,
    });
    Ok(not_run.collect())
}

fn run_page(tools: &Tools<'_>, folder: &Path, text: &str, blocks: &[Block]) -> Outcome {
    let _ = fs::remove_dir_all(folder);
    let work = folder.join("work");
    fs::create_dir_all(&work).map_err(|error| format!("{}: {error}", work.display()))?;
    let stand_ins = StandIns::of(text, &work)?;
    write(&folder.join("script"), &script(&stand_ins, folder, blocks))?;
    let programs = folder.join("bin");
    fs::create_dir(&programs).map_err(|error| error.to_string())?;
    let path = tools.path(&programs)?;
    let mut command = Command::new("timeout");
    command.arg(TIME_LIMIT).arg("bash").arg(folder.join("script")).current_dir(&work);
    command.env("PATH", path).env("KAIPIAO_SOURCE", tools.root);
    // What was fetched once is taken from the machine's own store.
    command.env("npm_config_prefer_offline", "true").env("npm_config_fund", "false");
    command.env_remove("KAIPIAO_ADMIN_TOKEN").env_remove("KAIPIAO_DATABASE_URL");
    command.envs(tools.database.as_ref().map(|url| ("KAIPIAO_BOOK_DATABASE", url)));
    let ended = run(&mut command);
    ended.map_err(|_| failed(folder))?;
    compare(&stand_ins, folder, blocks)
}

/// One script of all blocks: what one sets, the next ones have.
fn script(stand_ins: &StandIns<'_>, folder: &Path, blocks: &[Block]) -> String {
    let port = stand_ins.port(DEFAULT_PORT);
    let folder = folder.display();
    let mut script =
        PRELUDE.replace("@folder@", &folder.to_string()).replace("@port@", &port.to_string());
    for (number, block) in blocks.iter().enumerate() {
        let text = stand_ins.put(&block.text);
        let into = format!("'{folder}/out-{number}' 2>'{folder}/err-{number}'");
        let line = block.line;
        let _ = match &block.kind {
            Kind::Run => writeln!(script, "book_at {number} {line}\n{{\n{text}\n}} >{into}"),
            Kind::Background { port } => {
                let port = stand_ins.port(*port);
                writeln!(
                    script,
                    "book_at {number} {line}\nset -m\n{{\n{text}\n}} >{into} &\nset +m\nbook_listens {port} $!"
                )
            }
            Kind::File { name } => writeln!(
                script,
                "mkdir -p \"$(dirname '{name}')\"\ncat >'{name}' <<'BOOK_END'\n{text}BOOK_END"
            ),
            _ => Ok(()),
        };
    }
    script.push_str("book_at - -\n");
    script
}

/// `kaipiao` by itself means the server of the page, and each block's beginning is noted. A hidden block that says `book_stop` ends
/// what runs in the background.
const PRELUDE: &str = r#"set -euo pipefail
book_at() { echo "$1 $2 $EPOCHREALTIME" >>'@folder@/times'; }
book_started=()
book_end() { for book_job in "${book_started[@]}"; do kill -- "-$book_job" || true; wait "$book_job" || true; done; } 2>/dev/null
trap book_end EXIT
book_stop() { book_end; book_started=(); }
book_listens() {
  book_started+=("$2")
  for book_try in $(seq 600); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return; fi
    kill -0 "$2" || return 1
    sleep 0.05
  done
  return 1
}
kaipiao() {
  case " $* " in
    *" --listen "* | *" --server "* | *" --to "*) exec_kaipiao "$@" ;;
    " serve "*) exec_kaipiao "$@" --listen 127.0.0.1:@port@ ;;
    " health "* | " pushes "* | " jobs "* | " call "* | " listen "* | " logs "* | " trigger "*) exec_kaipiao "$@" --server http://127.0.0.1:@port@ ;;
    *) exec_kaipiao "$@" ;;
  esac
}
exec_kaipiao() { command kaipiao "$@"; }
# The program is built.
cargo() {
  [ "$1 $2 $3" = "run --release --" ]
  kaipiao "${@:4}"
}
"#;

/// What a page shows as printed was printed.
fn compare(stand_ins: &StandIns<'_>, folder: &Path, blocks: &[Block]) -> Outcome {
    let mut last = None;
    for (number, block) in blocks.iter().enumerate() {
        match block.kind {
            Kind::Run | Kind::Background { .. } => last = Some(number),
            Kind::Output => {
                let line = block.line;
                let above = last.ok_or_else(|| format!("line {line}: nothing has printed this"))?;
                let printed = read(&folder.join(format!("out-{above}")))?;
                if !page::shows(&stand_ins.put(&block.text), &printed) {
                    return Err(format!("line {line}: printed was\n{printed}"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Which block has failed, and what it had said.
fn failed(folder: &Path) -> String {
    let times = read(&folder.join("times")).unwrap_or_default();
    let last = times.lines().last().unwrap_or("0 0");
    let mut words = last.split(' ');
    let (number, line) = (words.next().unwrap_or("0"), words.next().unwrap_or("0"));
    let said = |file: &str| {
        let text = read(&folder.join(format!("{file}-{number}"))).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
    };
    format!("the block of line {line} failed:\n{}\n{}", said("out"), said("err"))
}

fn print_times(folder: &Path) -> Outcome {
    let times = read(&folder.join("times"))?;
    let times: Vec<_> = times.lines().filter_map(moment).collect();
    for pair in times.windows(2) {
        println!("  line {:>4} {:6.2} s", pair[0].0, pair[1].1 - pair[0].1);
    }
    Ok(())
}

/// Of a block: its line, and when it began.
fn moment(line: &str) -> Option<(&str, f64)> {
    let mut words = line.split(' ').skip(1);
    Some((words.next()?, words.next()?.parse().ok()?))
}

/// Every page is there in every language, and has the same blocks.
fn same_in_every_language(root: &Path) -> Outcome {
    let folder = |language: &str| root.join("docs").join(language);
    let [english, others @ ..] = LANGUAGES;
    let mut pairs = Vec::new();
    for path in pages_in(&folder(english))? {
        let name = path.file_name().unwrap_or_default().to_owned();
        pairs.extend(others.iter().map(|other| (path.clone(), folder(other).join(&name))));
    }
    let readmes = READMES.iter().map(|path| root.join(path));
    pairs.extend(readmes.map(|path| (path.clone(), path.with_extension("zh-CN.md"))));
    for (path, other) in pairs {
        let both = [&path, &other].map(|path| code_of(path));
        let [own, same] = both;
        let (own, same) = (own?, same?);
        let first = own.iter().zip(&same).find(|(own, same)| own != same);
        if own != same {
            let (path, other) = (shown(root, &path), shown(root, &other));
            return Err(format!("{path} and {other} have other blocks, at first {first:#?}"));
        }
    }
    Ok(())
}

/// All blocks of a page, those too that are not run.
fn code_of(path: &Path) -> Result<Vec<(Kind, String)>, String> {
    let blocks = page::blocks(&read(path)?)?;
    Ok(blocks.iter().map(page::in_every_language).collect())
}
