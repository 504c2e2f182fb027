//! The binary `kaipiao`.

use clap::{Args, Parser, Subcommand};
use kaipiao_cli::backup::{self, BackupAsk};
use kaipiao_cli::check::{self, CheckAsk};
use kaipiao_cli::compose::{self, ComposeError, Listening};
use kaipiao_cli::doctor::{self, Flag};
use kaipiao_cli::fault::Fault;
use kaipiao_cli::jobs::{self, JobsAsk};
use kaipiao_cli::pushes::{self, PushesAsk};
use kaipiao_cli::settings::{ModeName, Settings, SettingsError};
use kaipiao_cli::tls::ServedCertificate;
use kaipiao_cli::{accounts, demo, health, log, moving, tls};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Many small allocations on many threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The WeChat E-Invoice system as open, self-hosted software.
#[derive(Parser)]
#[command(name = "kaipiao", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start the server.
    Serve {
        #[command(flatten)]
        args: SettingsArgs,
        #[command(flatten)]
        changes: ServeArgs,
        /// For crash tests of a sandbox: die right before the COMMIT of this group of commits.
        #[arg(long, hide = true)]
        die_before_commit: Option<u64>,
    },
    /// Play the whole flow over real HTTP against a temporary store, and check every step.
    Demo {
        /// Print the README's order in curl instead, to run against a sandbox.
        #[arg(long)]
        curl: bool,
        /// The sandbox's address.
        #[arg(long, requires = "curl", default_value = demo::curl::README_SERVER)]
        server: String,
    },
    /// Print the pushes of a running server and what became of each.
    Pushes {
        #[command(flatten)]
        args: SettingsArgs,
        /// The server's address [default: where the settings listen]
        #[arg(long)]
        server: Option<String>,
        /// Only this receiving account's.
        #[arg(long)]
        appid: Option<String>,
        /// Only this order's.
        #[arg(long)]
        order_id: Option<String>,
        /// Only these: open, delivered, gave_up or unroutable.
        #[arg(long)]
        state: Option<String>,
        /// Only those behind this push.
        #[arg(long, value_name = "ID")]
        after: Option<String>,
        /// Pushes at most.
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// Send this push again first.
        #[arg(long, value_name = "ID")]
        replay: Option<String>,
        /// Print JSON, the same as GET /admin/v1/pushes.
        #[arg(long)]
        json: bool,
    },
    /// Print what a running server still has to do, and what it could not do.
    Jobs {
        #[command(flatten)]
        args: SettingsArgs,
        /// The server's address [default: where the settings listen]
        #[arg(long)]
        server: Option<String>,
        /// Only this queue's: issue.
        #[arg(long)]
        queue: Option<String>,
        /// Only this account's.
        #[arg(long)]
        appid: Option<String>,
        /// Only these: due or failed.
        #[arg(long)]
        state: Option<String>,
        /// Only those behind this job.
        #[arg(long, value_name = "ID")]
        after: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// Run this failed job again first.
        #[arg(long, value_name = "ID")]
        run: Option<i64>,
        /// As JSON, the same as GET /admin/v1/jobs.
        #[arg(long)]
        json: bool,
    },
    /// Ask a running server how it is: GET /healthz, for the probes of containers.
    ///
    /// Exits with 0 when it takes commits, with 1 when it does not or nobody answers.
    Health {
        #[command(flatten)]
        args: SettingsArgs,
        /// The server's address [default: where the settings listen]
        #[arg(long)]
        server: Option<String>,
    },
    /// Walk the store, also beside a running server, and report every invariant that does not hold.
    ///
    /// Exits with 0 when all hold, with 1 when one does not, with 2 when that could not be found out.
    Check {
        #[command(flatten)]
        args: SettingsArgs,
        /// Violations that are listed at most; all are counted.
        #[arg(long, default_value_t = VIOLATIONS)]
        limit: usize,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Copy the SQLite store into a new file, also beside a running server.
    Backup {
        #[command(flatten)]
        args: SettingsArgs,
        /// The file to make; what is there already is never overwritten.
        file: PathBuf,
        /// Copy the server key too, to the file's name with .key at its end.
        #[arg(long)]
        with_key: bool,
    },
    /// Examine settings, store and machine, and say what to do. Changes nothing.
    ///
    /// Exits with 0 unless there is an error, with 1 if there is one.
    Doctor {
        #[command(flatten)]
        args: SettingsArgs,
        #[command(flatten)]
        changes: ServeArgs,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print the certificate that clients of `serve --tls` must trust, as PEM.
    Trust {
        #[command(flatten)]
        args: SettingsArgs,
    },
    /// Move a SQLite store's contents into an empty PostgreSQL database, and check it there.
    ///
    /// Exits with 0 if all was moved and every invariant holds there, as `check` does. No server starts on the SQLite
    /// store afterwards, unless kaipiao.sqlite3.moved beside it is removed.
    Move {
        #[command(flatten)]
        args: SettingsArgs,
    },
    /// Print the sandbox's accounts, users and openids.
    Accounts {
        #[command(flatten)]
        args: SettingsArgs,
        /// Print JSON for test suites, the same as GET /sandbox/v1/accounts.
        #[arg(long)]
        json: bool,
    },
}

/// The settings file and the data directory.
#[derive(Args)]
struct SettingsArgs {
    /// Settings file; kaipiao.toml documents every setting.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Data directory [default: ./kaipiao-data]
    #[arg(long)]
    data: Option<PathBuf>,
    /// Address of a PostgreSQL database in place of the store in the data directory: postgres://…; it holds a password, so
    /// better in the environment or in a file that the settings name
    #[arg(long, env = DATABASE_URL, hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
}

/// Violations that a check lists, unless it is told.
const VIOLATIONS: usize = 1000;

/// The variable that `--database-url` stands for.
const DATABASE_URL: &str = "KAIPIAO_DATABASE_URL";

/// What `serve` changes of the settings.
#[derive(Args)]
struct ServeArgs {
    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Let a sandbox listen beyond loopback and answer to any name.
    #[arg(long)]
    expose_sandbox: bool,
    /// Speak HTTPS with a certificate of the server's own making; `kaipiao trust` prints what
    /// clients must trust. A certificate of yours goes into [tls] of the settings.
    #[arg(long)]
    tls: bool,
    /// This node's name among those of the database [default: the first free of node-1, node-2, …]
    #[arg(long, value_name = "NAME")]
    node: Option<String>,
}

impl ServeArgs {
    fn change(&self, settings: &mut Settings) {
        settings.listen = self.listen.unwrap_or(settings.listen);
        settings.expose_sandbox |= self.expose_sandbox;
        settings.tls.local_authority |= self.tls;
        if let Some(node) = &self.node {
            settings.database.node.clone_from(node);
        }
    }

    fn flags(&self) -> impl Iterator<Item = Flag> {
        let listen = self.listen.map(|address| ("listen", "--listen", format!("\"{address}\"")));
        let is_set =
            |is_set: bool, setting, flag| is_set.then(|| (setting, flag, "true".to_owned()));
        let exposed = is_set(self.expose_sandbox, "expose_sandbox", "--expose-sandbox");
        let tls = is_set(self.tls, "tls.local_authority", "--tls");
        let node =
            self.node.as_ref().map(|name| ("database.node", "--node", format!("\"{name}\"")));
        let set = [listen, exposed, tls, node].into_iter().flatten();
        set.map(|(setting, flag, value)| Flag { setting, flag, value })
    }
}

impl SettingsArgs {
    fn flags(&self) -> impl Iterator<Item = Flag> {
        let data = self.data.as_ref().map(|data| format!("\"{}\"", data.display()));
        let data = data.map(|value| Flag { setting: "data", flag: "--data", value });
        let url = self.database_url.as_ref().filter(|url| !url.is_empty());
        let url = url.map(|url| Flag {
            setting: "database.url",
            flag: match std::env::var(DATABASE_URL) {
                Ok(variable) if variable == *url => "environment",
                _ => "--database-url",
            },
            value: doctor::shown_address(url),
        });
        data.into_iter().chain(url)
    }

    fn settings(&self) -> Result<Settings, ComposeError> {
        let mut settings = Settings::load(self.config.as_deref())?;
        if let Some(data) = &self.data {
            settings.data.clone_from(data);
        }
        if let Some(url) = self.database_url.as_ref().filter(|url| !url.is_empty()) {
            settings.database.choose(url.clone());
        }
        Ok(settings)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve { args, changes, die_before_commit } => {
            let fault = die_before_commit.map(|group| Fault { die_before_commit: group });
            serve(&args, &changes, fault).await
        }
        Command::Demo { curl: true, server } => {
            print_text(demo::curl::script(&server).trim_end());
            Ok(())
        }
        Command::Demo { curl: false, .. } => return demo::run().await,
        Command::Pushes { args, server, appid, order_id, state, after, limit, replay, json } => {
            let ask = PushesAsk { server, appid, order_id, state, after, limit, replay, json };
            print_pushes(&args, ask).await
        }
        Command::Jobs { args, server, queue, appid, state, after, limit, run, json } => {
            let ask = JobsAsk { server, queue, appid, state, after, limit, run, json };
            print_jobs(&args, ask).await
        }
        Command::Health { args, server } => print_health(&args, server).await,
        Command::Check { args, limit, json } => {
            return check_store(&args, CheckAsk { limit, json }).await;
        }
        Command::Backup { args, file, with_key } => {
            back_up(&args, BackupAsk { file, with_key }).await
        }
        Command::Doctor { args, changes, json } => return examine(&args, &changes, json).await,
        Command::Trust { args } => print_authority(&args),
        Command::Move { args } => match move_store(&args).await {
            Ok(()) => return check_store(&args, CheckAsk { limit: VIOLATIONS, json: false }).await,
            failed => failed,
        },
        Command::Accounts { args, json } => print_accounts(&args, json).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln_error(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the command's own complaint")]
fn eprintln_error(error: &ComposeError) {
    eprintln!("kaipiao: {error}");
}

/// Moves the store, and says on the terminal how far it has come.
#[expect(clippy::print_stderr, reason = "progress is for whoever waits")]
async fn move_store(args: &SettingsArgs) -> Result<(), ComposeError> {
    let settings = args.settings()?;
    let into =
        "move needs the database to move into: --database-url postgres://user:password@host/name";
    let into = settings.database.address()?.ok_or_else(|| SettingsError::Value(into.to_owned()))?;
    let mut shown = None;
    let progress = |moved: usize, all: usize| {
        let percent = (moved * 100).checked_div(all).unwrap_or(100);
        if shown.replace(percent) != Some(percent) {
            eprintln!("{percent:3} %  {moved} of {all}");
        }
    };
    let moved = moving::run(&settings.data, &into, progress).await?;
    print_text(&format!(
        "moved {moved} records, pushes and jobs, which are checked now. Next: copy {0} to where the nodes start, and start them with \
         --database-url; {1} stays as it was, and no server starts on it any more",
        compose::key_path(&settings).display(),
        settings.data.display()
    ));
    Ok(())
}

async fn serve(
    args: &SettingsArgs,
    changes: &ServeArgs,
    fault: Option<Fault>,
) -> Result<(), ComposeError> {
    let mut settings = args.settings()?;
    changes.change(&mut settings);
    let log = log::start(&settings.log)?;
    let served = serve_with_log(&settings, fault).await;
    log.end();
    served
}

async fn serve_with_log(settings: &Settings, fault: Option<Fault>) -> Result<(), ComposeError> {
    // Every connection is a file to the operating system; its default is often 1,024.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
    let fault = fault.filter(|_| settings.mode == ModeName::Sandbox);
    let signals = Signals::watch()?;
    let listening = compose::listen(settings, fault.as_ref()).await?;
    greet(&listening, settings);
    let stop = signals.stop(listening.certificate());
    listening.serve(stop).await?;
    tracing::info!("stopped");
    Ok(())
}

/// What the process is told from outside.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    fn watch() -> Result<Self, ComposeError> {
        let watch = |kind| signal(kind).map_err(ComposeError::Signals);
        Ok(Self {
            interrupt: watch(SignalKind::interrupt())?,
            terminate: watch(SignalKind::terminate())?,
            hangup: watch(SignalKind::hangup())?,
        })
    }

    /// Resolves at SIGINT or SIGTERM. SIGHUP has the certificate read again; a closed terminal sends it too, so
    /// it never ends the server.
    async fn stop(mut self, certificate: Option<Arc<ServedCertificate>>) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return,
                _ = self.terminate.recv() => return,
                Some(()) = self.hangup.recv() => match &certificate {
                    Some(certificate) => certificate.read_again(),
                    None => tracing::info!("SIGHUP changes nothing: settings are read at the start"),
                },
            }
        }
    }
}

/// What a newcomer reads first, in one write. Whoever reads it may have gone: a server does not
/// die of that.
fn greet(listening: &Listening, settings: &Settings) {
    use std::io::Write;
    let home = listening.home_url();
    let mut text = format!("Kaipiao listens on {home}\n");
    if settings.mode == ModeName::Sandbox {
        text += &format!("\nSandbox accounts (all of them: {home}sandbox/v1/accounts)\n");
        for account in kaipiao_app::sandbox::DEMO_ACCOUNTS {
            let (role, appid, secret) = (account.role, account.appid, account.secret);
            text += &format!("  {role:<13} appid {appid}  secret {secret}\n");
        }
        let merchant = &kaipiao_app::sandbox::DEMO_ACCOUNTS[0];
        let authority = tls::own_authority(settings);
        let curl = kaipiao_pages::token_curl(&home, merchant, authority.as_deref());
        text += &format!("\nTry it:\n  {curl}\n\n");
    }
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// The certificate alone goes to stdout, which may be a file.
fn print_authority(args: &SettingsArgs) -> Result<(), ComposeError> {
    let settings = args.settings()?;
    print_text(tls::authority_pem(&settings)?.trim_end());
    eprint_help(&tls::trust_help(&settings));
    Ok(())
}

#[expect(clippy::print_stderr, reason = "help beside the command's output")]
fn eprint_help(text: &str) {
    eprint!("{text}");
}

async fn print_accounts(args: &SettingsArgs, as_json: bool) -> Result<(), ComposeError> {
    let text = accounts::json(&args.settings()?).await?;
    print_text(&if as_json { text } else { accounts::for_people(&text) });
    Ok(())
}

async fn print_pushes(args: &SettingsArgs, ask: PushesAsk) -> Result<(), ComposeError> {
    let settings = args.settings()?;
    print_asked(move || pushes::run(&settings, &ask)).await
}

async fn print_jobs(args: &SettingsArgs, ask: JobsAsk) -> Result<(), ComposeError> {
    let settings = args.settings()?;
    print_asked(move || jobs::run(&settings, &ask)).await
}

async fn print_health(args: &SettingsArgs, server: Option<String>) -> Result<(), ComposeError> {
    let settings = args.settings()?;
    print_asked(move || health::run(&settings, server.as_deref())).await
}

/// Prints what a server was asked, which blocks its thread.
async fn print_asked(
    ask: impl FnOnce() -> Result<String, ComposeError> + Send + 'static,
) -> Result<(), ComposeError> {
    let asked = tokio::task::spawn_blocking(ask).await;
    print_text(asked.map_err(|error| ComposeError::Asking(error.to_string()))??.trim_end());
    Ok(())
}

async fn examine(args: &SettingsArgs, changes: &ServeArgs, as_json: bool) -> ExitCode {
    let settings = args.settings().map(|mut settings| {
        changes.change(&mut settings);
        settings
    });
    let flags: Vec<Flag> = args.flags().chain(changes.flags()).collect();
    let report = doctor::run(settings, args.config.as_deref(), &flags).await;
    print_text(&report.text(as_json));
    if report.is_well() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn back_up(args: &SettingsArgs, ask: BackupAsk) -> Result<(), ComposeError> {
    let settings = args.settings()?;
    if settings.database.is_given() {
        let problem = "the settings name a PostgreSQL database, and backup copies a SQLite store: use pg_basebackup or \
                       pg_dump (docs/scaling.md), and keep the server key with it";
        return Err(SettingsError::Value(problem.to_owned()).into());
    }
    let key = compose::key_path(&settings);
    print_asked(move || Ok(backup::run(&settings.data, &key, &ask, eprint_line)?)).await
}

/// A check that could not look, as scripts tell it from one that found something.
const COULD_NOT_LOOK: u8 = 2;

async fn check_store(args: &SettingsArgs, ask: CheckAsk) -> ExitCode {
    let checked = match args.settings() {
        Ok(settings) => check::run(&settings, ask, eprint_line).await,
        Err(error) => Err(error),
    };
    match checked {
        Ok(report) => {
            print_text(&report.text);
            if report.holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln_error(&error);
            ExitCode::from(COULD_NOT_LOOK)
        }
    }
}

#[expect(clippy::print_stderr, reason = "progress beside the command's output")]
fn eprint_line(line: &str) {
    eprintln!("{line}");
}

#[expect(clippy::print_stdout, reason = "the command's output")]
fn print_text(text: &str) {
    println!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_can_be_read() {
        Cli::command().debug_assert();
    }
}
