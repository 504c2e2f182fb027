//! What a page shows of other programs' files: each is read in its form, and a workflow's steps are played in order, with a
//! program in Docker's place that starts processes.

use super::files::{read, write};
use super::page::{Block, Kind};
use super::stand_ins::{DEFAULT_PORT, StandIns};
use super::tools::{TIME_LIMIT, Tools};
use crate::command::{Outcome, run};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Reads data of a form, named first, and says what is wrong with it.
const READER: &str = "import configparser, sys, tomllib, yaml
readers = {'yaml': lambda text: list(yaml.safe_load_all(text)), 'toml': tomllib.loads, 'ini': configparser.ConfigParser().read_string}
readers[sys.argv[1]](sys.argv[2])
";
/// Plays the steps of a workflow as GitHub does.
const PLAYER: &str = include_str!("workflow.py");
/// What is called in Docker's place.
const DOCKER: &str = include_str!("docker.sh");

/// Whether all data of a page is what it says to be.
pub(super) fn read_data(tools: &Tools<'_>, blocks: &[Block]) -> Outcome {
    for block in blocks {
        let Some(form) = block.form() else { continue };
        let mut reader = Command::new(tools.python.join("python"));
        run(reader.args(["-c", READER, form, &block.text]))
            .map_err(|_| format!("line {}: this is no {form}", block.line))?;
    }
    Ok(())
}

/// Plays a workflow beside the page's files. Where its server does not come up, it must fail.
pub(super) fn play(
    tools: &Tools<'_>,
    folder: &Path,
    page: &str,
    blocks: &[Block],
    workflow: &Block,
) -> Outcome {
    let folder = folder.join("workflow");
    let _ = fs::remove_dir_all(&folder);
    let work = folder.join("work");
    let programs = folder.join("bin");
    for made in [&work, &programs] {
        fs::create_dir_all(made).map_err(|error| format!("{}: {error}", made.display()))?;
    }
    let stand_ins = StandIns::of(page, &work)?;
    for block in blocks {
        if let Kind::File { name } = &block.kind {
            write(&work.join(name), &stand_ins.put(&block.text))?;
        }
    }
    let file = folder.join("workflow.yaml");
    write(&file, &workflow.text)?;
    program(&programs.join("docker"), DOCKER)?;
    let player = |server: &str| {
        let mut player = Command::new("timeout");
        player.arg(TIME_LIMIT).arg(tools.python.join("python")).args(["-c", PLAYER]);
        player.arg(&file).current_dir(&work).env("BOOK_SERVER", server);
        player.env("BOOK_PORT", stand_ins.port(DEFAULT_PORT).to_string());
        player.env("PATH", tools.path(&programs)?);
        let log = fs::File::create(folder.join(format!("{server}.log")));
        player.stderr(log.map_err(|error| error.to_string())?);
        run(&mut player)
    };
    let said = |server: &str| read(&folder.join(format!("{server}.log"))).unwrap_or_default();
    player("starts").map_err(|why| format!("{why}\n{}", said("starts")))?;
    // Nobody waits for what does not come.
    program(&programs.join("sleep"), "#!/bin/sh\n")?;
    match player("dies") {
        Ok(()) => Err("it goes on though its server never comes up".to_owned()),
        Err(_) => Ok(()),
    }
}

fn program(path: &PathBuf, text: &str) -> Outcome {
    write(path, text)?;
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(path, mode).map_err(|error| format!("{}: {error}", path.display()))
}
