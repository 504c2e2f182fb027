//! The book: its pages are run as their readers would run them, block after block, each page in a folder of its own beside a
//! server of its own. The Chinese pages have the English ones' blocks, but for comments, and so are run with them.

mod files;
mod page;
mod sources;
mod stand_ins;

pub(crate) use sources::build;

use crate::command::{Outcome, run};
use files::{pages_in, read, shown, write};
use page::{Block, Kind};
use sources::LANGUAGES;
use stand_ins::{DEFAULT_PORT, StandIns};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Pages that take another language's packages from the network: `cargo xtask book` alone runs them.
const SLOW: &[&str] = &["first-invoice-go.md", "first-invoice-java.md"];
/// So long a page may take, in seconds.
const TIME_LIMIT: &str = "300";
/// Lines of its output that a page which fails is shown with.
const LAST_LINES: usize = 40;

/// What pages are run with.
pub(crate) struct Tools<'a> {
    pub(crate) root: &'a Path,
    /// Where the folders of the pages are made.
    pub(crate) folder: PathBuf,
    /// The program `kaipiao`.
    pub(crate) binary: PathBuf,
    /// A folder with Python's programs, which have wechatpy.
    pub(crate) python: PathBuf,
    /// The address of an empty database.
    pub(crate) database: Option<String>,
}

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
    let not_run = blocks.iter().filter_map(|block| match &block.kind {
        Kind::NotRun { why } => Some(format!("{shown}:{}: {why}", block.line)),
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
    std::os::unix::fs::symlink(&tools.binary, programs.join("kaipiao"))
        .map_err(|error| format!("{}: {error}", tools.binary.display()))?;
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{}:{path}", programs.display(), tools.python.display());
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
            Kind::Output | Kind::NotRun { .. } | Kind::Shown => Ok(()),
        };
    }
    script.push_str("book_at - -\n");
    script
}

/// `kaipiao` by itself means the server of the page, and each block's beginning is noted.
const PRELUDE: &str = r#"set -euo pipefail
book_at() { echo "$1 $2 $EPOCHREALTIME" >>'@folder@/times'; }
book_started=()
book_end() { for book_job in "${book_started[@]}"; do kill -- "-$book_job" || true; wait "$book_job" || true; done; } 2>/dev/null
trap book_end EXIT
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
    for path in pages_in(&folder(english))? {
        for other in others {
            let other = folder(other).join(path.file_name().unwrap_or_default());
            let both = [&path, &other].map(|path| code_of(path));
            let [own, same] = both;
            if own? != same? {
                let (own, same) = (shown(root, &path), shown(root, &other));
                return Err(format!("{own} and {same} have other commands"));
            }
        }
    }
    Ok(())
}

/// What a page has its reader do, without comments.
fn code_of(path: &Path) -> Result<Vec<String>, String> {
    let blocks = page::blocks(&read(path)?)?;
    let is_code = |block: &Block| !matches!(block.kind, Kind::Shown | Kind::NotRun { .. });
    let blocks = blocks.into_iter().filter(is_code);
    Ok(blocks.map(|block| page::without_comments(&block.text)).collect())
}
