//! The project's own commands.
//!
//! `cargo xtask test`: the project's test command, in stages, with the time of each beside its budget. Set-up installs
//! once, up front, what the machine lacks, or names it and fails. No stage is ever skipped; the
//! first one that fails ends the run.
//!
//! `cargo xtask bench <name> [<arguments>]`: a benchmark of bench/, over what packages are built of
//! (the profile `dist`).
//!
//! `cargo xtask chaos [--rounds <n>] [--seed <n>] [--store sqlite|postgres] [--outage-s <n>]`: kills real servers under load, over a
//! release build.
//!
//! `cargo xtask kits`: builds the kits of clients/ and tries them beside a real server.
//!
//! `cargo xtask book [<page>]`: runs the pages of the book, of all or of those that have this in their name.
//!
//! `cargo xtask package book`: builds the book alone, in every language.
//!
//! `cargo xtask package`: builds the Debian package, the container's root folder and the book, and tries each.
//!
//! `cargo xtask errors`: writes docs/errors.md and its Chinese version, with requests that the tests really sent.
//!
//! `cargo xtask postgres <command>`: runs a command beside a PostgreSQL server of its own, which the tests find.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command's output")]

mod book;
mod command;
mod errors;
mod failures;
mod kits;
mod openapi;
mod package;
mod postgres;

use command::{Outcome, apt_get, is_there, run, run_checks};

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

struct Stage {
    name: &'static str,
    /// Seconds that it may take on two cores with nothing built.
    budget: u64,
    run: fn(&Path) -> Outcome,
}

/// All budgets together are 27 minutes.
const STAGES: &[Stage] = &[
    Stage { name: "set-up", budget: 70, run: set_up },
    Stage { name: "fmt", budget: 5, run: |root| cargo(root, "fmt --all --check") },
    Stage {
        name: "clippy",
        budget: 170,
        run: |root| {
            run_checks(&mut cargo_command(
                root,
                "clippy --workspace --all-targets --locked -- -D warnings",
            ))
        },
    },
    Stage { name: "build", budget: 285, run: |root| tests(root, "--no-run") },
    Stage { name: "tidy", budget: 15, run: |root| tests(root, "--test tidy") },
    Stage {
        name: "unit",
        budget: 20,
        run: |root| {
            tests(root, "--lib --bins --test reads_back --test log --test children --test pieces")
        },
    },
    Stage { name: "laws", budget: 95, run: laws },
    Stage {
        name: "HTTP",
        budget: 130,
        run: |root| {
            // Two at a time wait for answers for a third of it.
            let mut command = tests_command(root, "--test http --test process -- --test-threads=3");
            errors::test(root, &target(root), &mut command)
        },
    },
    Stage { name: "nodes", budget: 165, run: nodes },
    Stage { name: "chaos", budget: 185, run: chaos_of_every_store },
    Stage { name: "render", budget: 20, run: |root| tests(root, "--test face") },
    Stage { name: "sending", budget: 5, run: |root| tests(root, "--test sending") },
    Stage {
        name: "browser",
        budget: 285,
        run: |root| tests(root, "--test browser -- --test-threads=2"),
    },
    Stage { name: "kits", budget: 60, run: kits_of_clients },
    Stage { name: "SDK", budget: 15, run: sdk },
    Stage { name: "book", budget: 40, run: |root| book_pages(root, book::Pages::Quick) },
    Stage { name: "OpenAPI", budget: 55, run: openapi_document },
];

/// Stages without which no later one can run.
const NOTHING_WITHOUT: &[&str] = &["set-up", "build"];

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace");
    match arguments[..] {
        ["test"] => test(root),
        ["bench", name, ref arguments @ ..] => done(bench(root, name, arguments)),
        ["chaos", ref arguments @ ..] => done(chaos(root, arguments)),
        ["book"] => done(set_up(root).and_then(|()| book_pages(root, book::Pages::All))),
        ["book", page] => done(book_pages(root, book::Pages::Named(page))),
        ["package", "book"] => done(package::build_book(root, &target(root))),
        ["package"] => done(packaged(root)),
        ["kits"] => done(set_up(root).and_then(|()| kits_of_clients(root))),
        ["errors"] => done(errors::write(root, &target(root))),
        ["postgres", program, ref arguments @ ..] => done(beside_postgres(program, arguments)),
        _ => {
            eprintln!(
                "usage: cargo xtask test | cargo xtask bench <name> [<arguments>] | cargo xtask chaos [--help] | cargo xtask kits | cargo xtask book [<page>] | cargo xtask package [book] | cargo xtask errors | cargo xtask postgres <command>"
            );
            ExitCode::FAILURE
        }
    }
}

fn done(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// The laws of every store and of the files, what nodes of a database must keep, and the simulation.
fn laws(root: &Path) -> Outcome {
    let server = postgres::Server::start()?;
    // Those of a database wait for its disk most of the time.
    let laws = "--test laws --test backup --test buckets --test shared_database --test simulation -- --test-threads=8";
    run_checks(&mut tests_beside(&server, root, laws))
}

/// The move of a store, processes that share a database, and the subjects' HTTP tests over one.
fn nodes(root: &Path) -> Outcome {
    let server = postgres::Server::start()?;
    for tests in [
        "--test moving --test nodes -- --test-threads=4",
        "--test http -- authorization:: invoicing:: payment:: people:: --test-threads=8",
    ] {
        run_checks(tests_beside(&server, root, tests).env("KAIPIAO_TEST_STORE", "postgres"))?;
    }
    Ok(())
}

/// 25 rounds on each, on PostgreSQL shared out to several servers: the rounds there wait most of the time.
fn chaos_of_every_store(root: &Path) -> Outcome {
    let servers =
        [postgres::Server::start()?, postgres::Server::start()?, postgres::Server::start()?];
    let urls = servers.each_ref().map(postgres::Server::url).join(";");
    run_checks(tests_command(root, "--test chaos").env(postgres::VARIABLE, urls))
}

/// Tests of all packages. Of some alone, Cargo would build what they depend on once more, with fewer features.
fn tests_command(root: &Path, arguments: &str) -> Command {
    let mut command = cargo_command(root, "test --locked --workspace --no-fail-fast");
    command.args(arguments.split(' '));
    command
}

fn tests(root: &Path, arguments: &str) -> Outcome {
    run_checks(&mut tests_command(root, arguments))
}

/// Tests that find this server.
fn tests_beside(server: &postgres::Server, root: &Path, arguments: &str) -> Command {
    let mut command = tests_command(root, arguments);
    command.env(postgres::VARIABLE, server.url());
    command
}

fn beside_postgres(program: &str, arguments: &[&str]) -> Outcome {
    let server = postgres::Server::start()?;
    run(Command::new(program).args(arguments).env(postgres::VARIABLE, server.url()))
}

fn bench(root: &Path, name: &str, arguments: &[&str]) -> Outcome {
    cargo(root, "build --profile dist --locked -p kaipiao-cli -p kaipiao-bench")?;
    let built = target(root).join("dist");
    let python = venv(root).join("bin/python");
    if name == "pdf" {
        make_venv(root)?;
        let requirements = root.join("bench/requirements.txt");
        run(Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "-r"])
            .arg(requirements))?;
    }
    let mut bench = Command::new(built.join("kaipiao-bench"));
    let server = match name {
        "commits" | "store-orders" | "issuing" => Some(postgres::Server::start()?),
        _ => None,
    };
    bench.envs(server.as_ref().map(|server| (postgres::VARIABLE, server.url())));
    bench.arg(name).args(arguments);
    run(bench.env("KAIPIAO_PYTHON", python).env("KAIPIAO_BINARY", built.join("kaipiao")))
}

fn chaos(root: &Path, arguments: &[&str]) -> Outcome {
    cargo(root, "build --release --locked -p kaipiao-cli -p kaipiao-chaos")?;
    let built = target(root).join("release");
    let mut command = Command::new(built.join("kaipiao-chaos"));
    command.args(arguments).env("KAIPIAO_BINARY", built.join("kaipiao"));
    if !arguments.iter().any(|argument| argument.ends_with("postgres")) {
        return run(&mut command);
    }
    let server = postgres::Server::start()?;
    run(command.env(postgres::VARIABLE, server.url()))
}

/// Runs the stages. What does not build ends the run; a stage whose tests fail hides none of those behind it.
fn test(root: &Path) -> ExitCode {
    let mut times = Vec::new();
    let mut failed = Vec::new();
    for stage in STAGES {
        println!("== {}", stage.name);
        let started = Instant::now();
        let outcome = (stage.run)(root);
        times.push((stage, started.elapsed()));
        println!("{}", compared(stage.name, started.elapsed(), stage.budget));
        let Err(why) = outcome else { continue };
        eprintln!("{} failed: {why}", stage.name);
        failed.push((stage.name, why));
        if NOTHING_WITHOUT.contains(&stage.name) {
            break;
        }
    }
    println!("== times");
    for (stage, time) in &times {
        println!("{}", compared(stage.name, *time, stage.budget));
    }
    let total = times.iter().map(|(_, time)| *time).sum();
    println!("{}", compared("all", total, STAGES.iter().map(|stage| stage.budget).sum()));
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    // Once more, where it is looked for: at the end.
    for (name, why) in &failed {
        eprintln!("{name} failed: {why}");
    }
    ExitCode::FAILURE
}

/// A time beside its budget. Being over it fails nothing: a busy machine is no fault of the code.
fn compared(name: &str, time: Duration, budget: u64) -> String {
    let seconds = time.as_secs_f64();
    let over = if time > Duration::from_secs(budget) { "  OVER BUDGET" } else { "" };
    format!("{name:<8}{seconds:7.1} s / {budget:4} s{over}")
}

/// Programs that the tests use, and the Debian package that has each.
const PROGRAMS: &[(&str, &str)] = &[
    ("cc", "build-essential"),
    ("chromedriver", "chromium-driver"),
    ("chromium", "chromium"),
    ("curl", "curl"),
    ("javac", "openjdk-17-jdk-headless"),
    ("mvn", "maven"),
    ("node", "nodejs"),
    ("npm", "npm"),
    ("pdfdetach", "poppler-utils"),
    ("pdffonts", "poppler-utils"),
    ("pdfinfo", "poppler-utils"),
    ("pdftoppm", "poppler-utils"),
    ("pdftotext", "poppler-utils"),
    ("python3", "python3"),
    ("qpdf", "qpdf"),
];

/// Fonts by their place, and the Debian package that has each: without Noto's, pictures show boxes
/// for Chinese; with DejaVu's, a test prints what the embedded ones lack.
const FONTS: &[(&str, &str)] = &[
    ("/usr/share/fonts/opentype/noto", "fonts-noto-cjk"),
    ("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "fonts-dejavu-core"),
];

/// What axe is, and its version: it looks for what hinders people on the pages.
const AXE: &str = "axe-core@4.14.1";

fn set_up(root: &Path) -> Outcome {
    let programs = PROGRAMS.iter().filter(|(program, _)| !is_there(program));
    let files = FONTS.iter().chain(kits::FILES).filter(|(place, _)| !Path::new(place).exists());
    let mut missing: Vec<_> = programs.chain(files).map(|(_, package)| *package).collect();
    if !postgres::is_there() {
        missing.push("postgresql-15");
    }
    if !missing.is_empty() {
        apt_get(&missing)?;
    }
    // They wait for other machines most of the time.
    std::thread::scope(|scope| {
        let python = scope.spawn(|| python_packages(root));
        let node = scope.spawn(|| node_packages(root));
        let of_android = kits::prepare_android(root);
        let others = [python, node].map(|thread| thread.join().expect("it ends with an outcome"));
        others.into_iter().fold(of_android, |outcome, other| outcome.and(other))
    })
}

/// wechatpy, for the SDK's tests, and what tries the OpenAPI document.
fn python_packages(root: &Path) -> Outcome {
    make_venv(root)?;
    let requirements = ["tests/sdk/requirements.txt", openapi::REQUIREMENTS];
    let mut pip = Command::new(venv(root).join("bin/pip"));
    pip.args(["install", "--quiet"]);
    for requirements in requirements {
        pip.arg("-r").arg(root.join(requirements));
    }
    run(&mut pip)
}

/// axe, what the mini program's kit is compiled with, and what makes types of the OpenAPI document.
fn node_packages(root: &Path) -> Outcome {
    let quiet = ["install", "--silent", "--no-fund", "--no-audit", "--prefix"];
    run(Command::new("npm").args(quiet).arg(npm(root)).arg(AXE).args(kits::NODE_PACKAGES))?;
    let generator = openapi::npm(&target(root));
    run(Command::new("npm").args(quiet).arg(generator).args(openapi::NODE_PACKAGES))
}

/// A Python of the project's own.
fn make_venv(root: &Path) -> Outcome {
    let venv = venv(root);
    if venv.join("bin/pip").exists() {
        return Ok(());
    }
    let make = || run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    make().or_else(|_| apt_get(&["python3-venv"]).and_then(|()| make()))
}

/// Where cargo builds: its environment variable goes first, as for cargo itself.
fn target(root: &Path) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| root.join("target"), PathBuf::from);
    std::path::absolute(&target).unwrap_or(target)
}

/// Where the packages of Node are.
fn npm(root: &Path) -> PathBuf {
    target(root).join("npm")
}

fn venv(root: &Path) -> PathBuf {
    target(root).join("venv")
}

/// The kits of clients/: what their own tools check, then their way through a running server.
fn kits_of_clients(root: &Path) -> Outcome {
    kits::check_mini_program(root, &npm(root))?;
    tests(root, "--test kits -- --test-threads=2")
}

/// wechatpy against the real binary, which is built beside the tests of its package.
fn sdk(root: &Path) -> Outcome {
    tests(root, "--test process --no-run")?;
    run_checks(
        Command::new(venv(root).join("bin/python"))
            .args(["-m", "unittest", "discover", "-v", "-s", "tests/sdk"])
            .env("KAIPIAO_BINARY", target(root).join("debug/kaipiao"))
            .current_dir(root),
    )
}

fn packaged(root: &Path) -> Outcome {
    make_venv(root)?;
    package::package(root, &target(root), &venv(root).join("bin"))
}

/// The book's pages beside the real binary, which is built beside the tests of its package, or beside `KAIPIAO_BINARY`.
fn book_pages(root: &Path, pages: book::Pages<'_>) -> Outcome {
    let binary = match std::env::var_os("KAIPIAO_BINARY") {
        Some(given) => PathBuf::from(given),
        None => {
            tests(root, "--test process --no-run")?;
            target(root).join("debug/kaipiao")
        }
    };
    let server = postgres::Server::start()?;
    let tools = book::Tools {
        root,
        folder: target(root).join("book/pages"),
        binary,
        python: venv(root).join("bin"),
        database: Some(server.url()),
    };
    book::check(&tools, pages)
}

/// The document, tried from outside against the real binary.
fn openapi_document(root: &Path) -> Outcome {
    tests(root, "--test process --no-run")?;
    openapi::check(root, &target(root), &venv(root).join("bin/python"))
}

fn cargo(root: &Path, arguments: &str) -> Outcome {
    run(&mut cargo_command(root, arguments))
}

fn cargo_command(root: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments.split(' ')).current_dir(root);
    command
}

#[test]
fn a_stage_over_its_budget_is_marked() {
    assert_eq!(compared("unit", Duration::from_millis(61_250), 360), "unit       61.2 s /  360 s");
    let over = compared("all", Duration::from_secs(1_700), 1_620);
    assert_eq!(over, "all      1700.0 s / 1620 s  OVER BUDGET");
}

#[test]
fn all_budgets_together_are_27_minutes() {
    assert_eq!(STAGES.iter().map(|stage| stage.budget).sum::<u64>(), 27 * 60);
}
