//! Commands in the middle of a sentence: nothing runs them, so they are compared with what there is. Those of fences are run by
//! `cargo xtask book`, or say why not.

use crate::workspace::{files, root, shown, text};
use pulldown_cmark::{Event, Options, Parser};
use std::path::Path;

/// Programs whose commands people copy out of a sentence.
const PROGRAMS: &[&str] =
    &["apt-get", "cargo", "docker", "kaipiao", "make", "mvn", "node", "npm", "pip", "setcap"];

/// Commands that are neither this repository's nor the server's own, and who runs them, or why nobody does.
const OTHERS: &[(&str, &str)] = &[
    ("cargo install --locked --profile dist --path crates/cli", "cargo xtask package"),
    (
        "cargo install cargo-deny && cargo deny check",
        "minutes to build, and advisories from the network",
    ),
    ("cargo run --release -- demo", "crates/cli/tests/process plays the demo"),
    (
        "docker compose exec kaipiao kaipiao trust --data /data > kaipiao-ca.pem",
        "a container engine; crates/cli/tests/process/tls.rs has the program's part",
    ),
    ("mvn package -DskipTests", "cargo xtask kits"),
    ("npm test", "cargo xtask kits"),
    ("setcap cap_net_bind_service=+ep kaipiao", "it changes the program's file; root"),
];

#[test]
fn commands_within_sentences_are_there() {
    let folders = ["docs", "clients"].map(|folder| files(&root().join(folder), ".md"));
    let own = ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "SECURITY.md", "ARCHITECTURE.md"];
    let documents = folders.concat().into_iter().chain(own.map(|name| root().join(name)));
    let mut unknown = Vec::new();
    let mut others: Vec<_> = OTHERS.iter().map(|(command, _)| *command).collect();
    for path in documents {
        for command in commands(&text(&path)) {
            if OTHERS.iter().any(|(other, _)| *other == command) {
                others.retain(|other| *other != command);
            } else if !is_own(&command) {
                unknown.push(format!("{}: {command}", shown(&path)));
            }
        }
    }
    assert!(unknown.is_empty(), "nobody knows these commands:\n{}", unknown.join("\n"));
    assert!(others.is_empty(), "no document has {others:?} any more");
}

/// Whoever is on the machine may read a command's arguments.
#[test]
fn no_document_writes_a_file_of_secrets_into_the_arguments_of_a_command() {
    let quoting: Vec<_> = files(&root().join("docs"), ".md")
        .into_iter()
        .filter(|path| text(path).contains("-H \"Authorization: Bearer $(cat "))
        .map(|path| shown(&path))
        .collect();
    assert!(quoting.is_empty(), "curl -H @- or kaipiao call, in {quoting:?}");
}

/// Commands in code that stands within a sentence.
fn commands(document: &str) -> Vec<String> {
    let code = Parser::new_ext(document, Options::ENABLE_TABLES).filter_map(|event| match event {
        Event::Code(code) => Some(code.into_string()),
        _ => None,
    });
    let begins = |code: &String| {
        code.split_once(' ').is_some_and(|(program, _)| PROGRAMS.contains(&program))
    };
    code.filter(begins).collect()
}

/// Whether the project's own commands, or the server's, have it.
fn is_own(command: &str) -> bool {
    let words: Vec<_> = command.split(' ').collect();
    match words[..] {
        ["cargo", "xtask", word, ..] => {
            let usage = text(&root().join("xtask/src/main.rs"));
            let usage = usage.lines().find(|line| line.contains("\"usage: ")).unwrap();
            usage.contains(&format!("cargo xtask {word}"))
        }
        // An option first, or what stands for a command.
        ["kaipiao", word, ..] => {
            !word.starts_with(|c: char| c.is_ascii_lowercase())
                || subcommands().iter().any(|known| known == word)
        }
        _ => false,
    }
}

/// The words of the command line's enum, as clap writes them.
fn subcommands() -> Vec<String> {
    let path = root().join("crates/cli/src/command_line.rs");
    let items = syn::parse_file(&text(Path::new(&path))).unwrap().items;
    let commands = items.iter().find_map(|item| match item {
        syn::Item::Enum(item) if item.ident == "Command" => Some(&item.variants),
        _ => None,
    });
    commands.unwrap().iter().map(|variant| kebab(&variant.ident.to_string())).collect()
}

fn kebab(name: &str) -> String {
    let mut word = String::new();
    for (at, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && at > 0 {
            word.push('-');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}

#[test]
fn a_command_that_there_is_not_is_noticed() {
    let document = "`cargo xtask bok` and `kaipiao serv --data x`, `kaipiao health`, a `tool`";
    let unknown: Vec<_> = commands(document).into_iter().filter(|one| !is_own(one)).collect();
    assert_eq!(unknown, ["cargo xtask bok", "kaipiao serv --data x"]);
    assert!(is_own("kaipiao console-user add x") && is_own("cargo xtask bench pdf"));
}
