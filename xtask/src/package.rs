//! `cargo xtask package`: the Debian package, the container's root folder and the book, each tried after it was built. Apart
//! from the test command, since the tools take minutes to build. What this machine cannot do is named at the end.

mod lint;

use crate::book::{self, read};
use crate::command::{Outcome, apt_get, is_there, run};
use lint::Lint;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Programs of Cargo's, their versions, and the features that are left out: serving, watching.
const TOOLS: &[(&str, &str, &[&str])] = &[
    ("cargo-deb", "3.8.0", &[]),
    ("mdbook", "0.5.4", &["--no-default-features", "--features", "search"]),
];
/// Shells, and the files that complete their words.
const COMPLETIONS: &[(&str, &str)] =
    &[("bash", "kaipiao.bash"), ("zsh", "_kaipiao"), ("fish", "kaipiao.fish")];
/// What the root folders hold besides the smallest Debian.
const INCLUDE: &str = "--include=adduser,ca-certificates,curl,dbus,iproute2,systemd,systemd-sysv";
const DEBIAN: &str = "bookworm";
/// So long a trial may take, in seconds.
const TIME_LIMIT: &str = "300";

struct Packaging<'a> {
    root: &'a Path,
    /// Where cargo builds.
    target: &'a Path,
    not_done: Vec<String>,
}

/// Builds the book alone.
pub(crate) fn build_book(root: &Path, target: &Path) -> Outcome {
    let packaging = Packaging { root, target, not_done: Vec::new() };
    packaging.install_tools()?;
    book::build(root, &packaging.tool("mdbook"), &target.join("book"))
}

/// Builds and tries all; `python` is the folder of Python's programs.
pub(crate) fn package(root: &Path, target: &Path, python: &Path) -> Outcome {
    build_book(root, target)?;
    let mut packaging = Packaging { root, target, not_done: Vec::new() };
    let lint = Lint { root, folder: packaging.folder().join("lint"), target, python };
    lint.lint()?;
    let sent = Sent::new()?;
    packaging.build_stage(&sent.0)?;
    packaging.install_program(&sent.0)?;
    packaging.write_completions()?;
    let package = packaging.debian_package()?;
    lint.debian_package(&package)?;
    packaging.try_in_root_folders(&sent.0)?;
    println!("{}\n{}", package.display(), target.join("book/index.html").display());
    packaging.not_done.push(
        "docker build, docker compose up: they need a container engine; the Dockerfile's steps were run by hand".to_owned(),
    );
    packaging.not_done.iter().for_each(|what| println!("not done: {what}"));
    Ok(())
}

/// The folder of what Docker is sent, gone with this. It is not below the target folder: Cargo would take sources there
/// for written by a build, and what was built of them for that of the repository, whatever has changed in it.
struct Sent(PathBuf);

impl Sent {
    fn new() -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("kaipiao-sent-{}", std::process::id()));
        let made = fs::create_dir(&folder);
        made.map(|()| Self(folder.clone()))
            .map_err(|error| format!("{}: {error}", folder.display()))
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("{} was left behind: {error}", self.0.display());
        }
    }
}

impl Packaging<'_> {
    fn tool(&self, name: &str) -> PathBuf {
        self.target.join("tools/bin").join(name)
    }

    fn folder(&self) -> PathBuf {
        self.target.join("package")
    }

    fn install_tools(&self) -> Outcome {
        for (name, version, features) in TOOLS {
            if self.tool(name).exists() {
                continue;
            }
            // Unoptimised: they are built for longer than they run.
            let mut install = Command::new(env!("CARGO"));
            install.args(["install", "--locked", "--debug", "--version", version, name]);
            install.args(*features).arg("--root").arg(self.target.join("tools"));
            run(install.arg("--target-dir").arg(self.target.join("tools/build")))?;
        }
        Ok(())
    }

    /// The Dockerfile's first stage, by hand: its command, in a folder of nothing but what Docker is sent. The package and the
    /// container have what it builds.
    fn build_stage(&self, sent: &Path) -> Outcome {
        let ignore = read(&self.root.join("deploy/Dockerfile.dockerignore"))?;
        let not_ignored = ignore.lines().filter_map(|line| line.strip_prefix('!'));
        let mut copy = Command::new("cp");
        copy.args(["--archive", "--parents"]).args(not_ignored).arg(sent);
        run(copy.current_dir(self.root))?;
        let dockerfile = read(&self.root.join("deploy/Dockerfile"))?;
        let words = dockerfile.lines().find_map(|line| line.strip_prefix("RUN cargo "));
        let words = words.ok_or("deploy/Dockerfile does not run cargo")?;
        let mut build = Command::new(env!("CARGO"));
        build.args(words.split(' ')).env("CARGO_TARGET_DIR", self.target);
        run(build.current_dir(sent))
    }

    /// As docs/en/packages.md has people install it, where it was just built.
    fn install_program(&self, sent: &Path) -> Outcome {
        let mut install = Command::new(env!("CARGO"));
        install.args([
            "install",
            "--locked",
            "--force",
            "--profile",
            "dist",
            "--path",
            "crates/cli",
            "--bin",
            "kaipiao",
        ]);
        install.arg("--root").arg(self.folder().join("installed")).current_dir(sent);
        run(install.arg("--target-dir").arg(self.target))?;
        run(Command::new(self.folder().join("installed/bin/kaipiao")).arg("--version"))
    }

    /// What shells complete the program's words with, under the names that they look for.
    fn write_completions(&self) -> Outcome {
        let folder = self.target.join("dist/completions");
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for (shell, name) in COMPLETIONS {
            let file = folder.join(name);
            let written = fs::File::create(&file);
            let written = written.map_err(|error| format!("{}: {error}", file.display()))?;
            let program = self.target.join("dist/kaipiao");
            run(Command::new(program).args(["completions", shell]).stdout(written))?;
        }
        Ok(())
    }

    /// The package, and beside it one of the next version, which the trial upgrades to.
    fn debian_package(&self) -> Result<PathBuf, String> {
        let folder = self.folder();
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let package = folder.join("kaipiao.deb");
        let next = folder.join("next.deb");
        // Only the first is given to anybody.
        for (file, revision, more) in [(&package, "1", &[][..]), (&next, "2", &["--fast"][..])] {
            let mut deb = Command::new(self.tool("cargo-deb"));
            deb.args([
                "--package",
                "kaipiao-cli",
                "--no-build",
                "--locked",
                "--deb-revision",
                revision,
            ]);
            run(deb.args(more).arg("--output").arg(file).current_dir(self.root))?;
        }
        Ok(package)
    }

    /// The container's is made of what Docker is sent.
    fn try_in_root_folders(&mut self, sent: &Path) -> Outcome {
        let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
        if !is_root {
            let what = "the trial of the package and of the container's root folder: it needs root";
            self.not_done.push(what.to_owned());
            return Ok(());
        }
        for (program, package) in
            [("debootstrap", "debootstrap"), ("systemd-nspawn", "systemd-container")]
        {
            if !is_there(program) {
                apt_get(&[package])?;
            }
        }
        self.try_package()?;
        let root = self.fresh_root("container")?;
        let program = self.root.join("deploy/trial/container.sh");
        run(Command::new("timeout")
            .arg(TIME_LIMIT)
            .arg(program)
            .arg(root)
            .arg(self.target.join("dist/kaipiao"))
            .arg(sent))
    }

    /// Installs, starts, upgrades, removes and purges the package, under systemd.
    fn try_package(&self) -> Outcome {
        let root = self.fresh_root("debian")?;
        let trial = root.join("trial");
        fs::create_dir_all(&trial).map_err(|error| error.to_string())?;
        let deploy = self.root.join("deploy/trial");
        let units = root.join("etc/systemd/system");
        let set_up = book::trial(self.root, "packages.md")?;
        fs::write(trial.join("set_up.sh"), set_up).map_err(|error| error.to_string())?;
        // Where the page has built it.
        let built = trial.join("target/package");
        fs::create_dir_all(&built).map_err(|error| error.to_string())?;
        for (from, to) in [
            (self.folder().join("kaipiao.deb"), built.join("kaipiao.deb")),
            (self.folder().join("next.deb"), trial.join("new.deb")),
            (deploy.join("deb.sh"), trial.join("deb.sh")),
            (deploy.join("trial.service"), units.join("trial.service")),
        ] {
            fs::copy(&from, to).map_err(|error| format!("{}: {error}", from.display()))?;
        }
        let wanted = units.join("multi-user.target.wants");
        fs::create_dir_all(&wanted).map_err(|error| error.to_string())?;
        symlink("/etc/systemd/system/trial.service", wanted.join("trial.service"))
            .map_err(|error| error.to_string())?;
        let mut boot = Command::new("timeout");
        boot.args([
            TIME_LIMIT,
            "systemd-nspawn",
            "--quiet",
            "--register=no",
            "--keep-unit",
            "--private-network",
        ]);
        boot.args(["--console=pipe", "--boot", "--directory"]).arg(&root);
        let booted =
            run(boot.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null()));
        let log = fs::read_to_string(trial.join("log")).unwrap_or_default();
        println!("{log}");
        let status = fs::read_to_string(trial.join("status")).unwrap_or_default();
        match status.trim() {
            "0" => booted,
            _ => booted.and(Err("the package's trial failed".to_owned())),
        }
    }

    /// A root folder that nothing was done in yet.
    fn fresh_root(&self, name: &str) -> Result<PathBuf, String> {
        let base = self.folder().join("base");
        if !base.join("etc/debian_version").exists() {
            let made = self.folder().join("base.part");
            let _ = fs::remove_dir_all(&made);
            run(Command::new("debootstrap")
                .args(["--variant=minbase", INCLUDE, DEBIAN])
                .arg(&made))?;
            fs::rename(&made, &base).map_err(|error| error.to_string())?;
        }
        let root = self.folder().join(name);
        run(Command::new("rm").arg("-rf").arg("--one-file-system").arg(&root))?;
        run(Command::new("cp").arg("--archive").arg(&base).arg(&root))?;
        Ok(root)
    }
}
