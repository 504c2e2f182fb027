//! The binary `kaipiao`.

mod command_line;
mod signals;

use clap::{CommandFactory, Parser};
use command_line::{Cli, Command, ServeArgs, SettingsArgs, VIOLATIONS};
use kaipiao_cli::backup::{self, BackupAsk};
use kaipiao_cli::check::{self, CheckAsk};
use kaipiao_cli::compose::{self, ComposeError, Listening};
use kaipiao_cli::console_users::{self, ConsoleUserAsk};
use kaipiao_cli::doctor::{self, Flag};
use kaipiao_cli::fault::Fault;
use kaipiao_cli::health::HealthAsk;
use kaipiao_cli::jobs::{self, JobsAsk};
use kaipiao_cli::listener::ListenAsk;
use kaipiao_cli::logs::{self, LogsAsk};
use kaipiao_cli::outcome::Outcome;
use kaipiao_cli::pushes::{self, PushesAsk};
use kaipiao_cli::settings::{ModeName, Settings, SettingsError};
use kaipiao_cli::telemetry::Telemetry;
use kaipiao_cli::{READ_PDF, read_pdf};
use kaipiao_cli::{accounts, call, decrypt, demo, health, listener, log, moving, tls, trigger};
use signals::{Signals, second_signal};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Many small allocations on many threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // A child of this program's own: it needs no runtime, and takes little memory.
    if std::env::args_os().nth(1).is_some_and(|command| command == READ_PDF) {
        return read_pdf();
    }
    run()
}

#[tokio::main]
async fn run() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve { args, changes, die_before_commit } => {
            let fault = die_before_commit.map(|group| Fault { die_before_commit: group });
            serve(&args, &changes, fault).await
        }
        Command::Demo { curl: true, server, data } => print_script(&server, data),
        Command::Demo { curl: false, .. } => return demo::run().await,
        Command::Pushes { args, ask } => print_pushes(&args, ask).await,
        Command::Logs { args, ask } => print_logs(&args, ask).await,
        Command::Jobs { args, ask } => print_jobs(&args, ask).await,
        Command::Health { args, ask } => print_health(&args, ask).await,
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
        Command::ConsoleUser { args, server, ask } => {
            print_console_users(&args, server.as_deref(), ask).await
        }
        Command::Call { args, ask } => {
            return finish(&args, move |settings| call::run(settings, &ask)).await;
        }
        Command::Trigger { args, ask } => {
            return finish(&args, move |settings| trigger::run(settings, &ask)).await;
        }
        Command::Decrypt(ask) => return said(decrypt::run(&ask)),
        Command::Listen { args, ask } => listen(&args, ask).await,
        Command::Completions { shell } => {
            let mut output = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "kaipiao", &mut output);
            return said(Ok(Outcome { output, is_well: true, ..Outcome::default() }));
        }
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
         --database-url; {1} stays as it was, and no server starts on it any more. {2}",
        compose::key_path(&settings).display(),
        settings.data.display(),
        moving::next_with_files(&settings)
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
    let second_signal = second_signal()?;
    let telemetry = Telemetry::start(&settings)?;
    let log = log::start(&settings.log, telemetry.as_ref())?;
    let mut serving = std::pin::pin!(serve_with_log(&settings, fault));
    let served = tokio::select! {
        served = &mut serving => served,
        () = second_signal => {
            tracing::warn!("a second signal: the process ends at once, and what was under way is taken up at the next start");
            log.end();
            // A return would wait for threads that are at work.
            std::process::exit(ENDED_AT_ONCE);
        }
    };
    if let Some(telemetry) = telemetry {
        telemetry.end(Duration::from_millis(settings.limits.shutdown_ms)).await;
    }
    log.end();
    served
}

async fn listen(args: &SettingsArgs, ask: ListenAsk) -> Result<(), ComposeError> {
    let settings = args.settings()?;
    let stop = Signals::watch()?.interrupted();
    listener::run(&settings, &ask, stop).await
}

/// Asks a server, which blocks its thread, and says what it answered.
async fn finish(
    args: &SettingsArgs,
    ask: impl FnOnce(&Settings) -> Result<Outcome, ComposeError> + Send + 'static,
) -> ExitCode {
    let settings = match args.settings() {
        Ok(settings) => settings,
        Err(error) => return said(Err(error)),
    };
    let asked = tokio::task::spawn_blocking(move || ask(&settings)).await;
    said(asked.unwrap_or_else(|error| Err(ComposeError::Asking(error.to_string()))))
}

/// Writes the output as it is: whoever reads it may have gone.
fn said(result: Result<Outcome, ComposeError>) -> ExitCode {
    use std::io::Write;
    match result {
        Ok(outcome) => {
            let _ = std::io::stdout().write_all(&outcome.output);
            outcome.notes.iter().for_each(|note| eprint_line(note));
            if outcome.is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln_error(&error);
            ExitCode::FAILURE
        }
    }
}

/// The exit code of a process that was told twice to stop.
const ENDED_AT_ONCE: i32 = 1;

async fn serve_with_log(settings: &Settings, fault: Option<Fault>) -> Result<(), ComposeError> {
    // Every connection is a file to the operating system; its default is often 1,024.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
    let fault = fault.filter(|_| settings.mode == ModeName::Sandbox);
    let signals = Signals::watch()?;
    let listening = compose::listen(settings, fault.as_ref()).await?;
    greet(&listening, settings);
    // For a unit of Type=notify, whose start ends here. Elsewhere nobody is told.
    if let Err(error) = sd_notify::notify(&[sd_notify::NotifyState::Ready]) {
        tracing::warn!(%error, "the service manager could not be told that this server listens");
    }
    let stop = signals.stop(listening.certificate());
    listening.serve(stop).await?;
    tracing::info!("stopped");
    Ok(())
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

fn print_script(server: &str, data: Option<PathBuf>) -> Result<(), ComposeError> {
    let data = data.map_or_else(|| Settings::load(None).map(|settings| settings.data), Ok)?;
    let authority = server.starts_with("https://").then(|| tls::authority_in(&data));
    if authority == Some(None) {
        let data = data.display();
        eprint_line(&format!(
            "{data} has no authority for curl to trust; --data names the server's data directory"
        ));
    }
    print_text(demo::curl::script(server, authority.flatten().as_deref()).trim_end());
    Ok(())
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

async fn print_console_users(
    args: &SettingsArgs,
    server: Option<&str>,
    ask: ConsoleUserAsk,
) -> Result<(), ComposeError> {
    let text = console_users::run(&args.settings()?, server, ask).await?;
    print_text(text.trim_end());
    Ok(())
}

async fn print_pushes(args: &SettingsArgs, ask: PushesAsk) -> Result<(), ComposeError> {
    let settings = args.settings()?;
    print_asked(move || pushes::run(&settings, &ask)).await
}

async fn print_logs(args: &SettingsArgs, ask: LogsAsk) -> Result<(), ComposeError> {
    let settings = args.settings()?;
    let asked = tokio::task::spawn_blocking(move || logs::run(&settings, &ask, write_line));
    asked.await.map_err(|error| ComposeError::Asking(error.to_string()))?
}

async fn print_jobs(args: &SettingsArgs, ask: JobsAsk) -> Result<(), ComposeError> {
    let settings = args.settings()?;
    print_asked(move || jobs::run(&settings, &ask)).await
}

async fn print_health(args: &SettingsArgs, ask: HealthAsk) -> Result<(), ComposeError> {
    let settings = args.settings()?;
    print_asked(move || health::run(&settings, &ask)).await
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
    let files = settings.files_directory();
    print_asked(move || Ok(backup::run(&settings.data, &key, &files, &ask, eprint_line)?)).await
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

/// Writes the command's output: whoever reads it may have gone, which is no fault of what was asked.
fn print_text(text: &str) {
    let _ = write_line(text);
}

fn write_line(text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut output = std::io::stdout().lock();
    writeln!(output, "{text}").and_then(|()| output.flush())
}
