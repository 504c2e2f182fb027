//! The commands and their options.

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use kaipiao_cli::call::CallAsk;
use kaipiao_cli::compose::ComposeError;
use kaipiao_cli::console_users::ConsoleUserAsk;
use kaipiao_cli::decrypt::DecryptAsk;
use kaipiao_cli::demo;
use kaipiao_cli::doctor::{self, Flag};
use kaipiao_cli::health::HealthAsk;
use kaipiao_cli::jobs::JobsAsk;
use kaipiao_cli::listener::ListenAsk;
use kaipiao_cli::logs::LogsAsk;
use kaipiao_cli::pushes::PushesAsk;
use kaipiao_cli::settings::Settings;
use kaipiao_cli::trigger::TriggerAsk;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The WeChat E-Invoice system as open, self-hosted software.
#[derive(Parser)]
#[command(name = "kaipiao", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
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
        /// The sandbox's data directory, whose authority curl trusts if the server speaks HTTPS [default: ./kaipiao-data]
        #[arg(long, requires = "curl")]
        data: Option<PathBuf>,
    },
    /// Print the pushes of a running server and what became of each.
    Pushes {
        #[command(flatten)]
        args: SettingsArgs,
        #[command(flatten)]
        ask: PushesAsk,
    },
    /// Print what a running server was asked and has answered, oldest first.
    Logs {
        #[command(flatten)]
        args: SettingsArgs,
        #[command(flatten)]
        ask: LogsAsk,
    },
    /// Print what a running server still has to do, and what it could not do.
    Jobs {
        #[command(flatten)]
        args: SettingsArgs,
        #[command(flatten)]
        ask: JobsAsk,
    },
    /// Ask a running server how it is: GET /healthz, for the probes of containers.
    ///
    /// Exits with 0 when it takes commits, with 1 when it does not or nobody answers.
    Health {
        #[command(flatten)]
        args: SettingsArgs,
        #[command(flatten)]
        ask: HealthAsk,
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
    /// Add, list and remove who works with the console, also beside a running server.
    ConsoleUser {
        #[command(flatten)]
        args: SettingsArgs,
        /// Ask the server at this address [default: the store itself, or, while a server has it, that one where the settings
        /// listen]
        #[arg(long, global = true, value_name = "URL")]
        server: Option<String>,
        #[command(subcommand)]
        ask: ConsoleUserAsk,
    },
    /// Call an endpoint of a server, with its token: kaipiao call getauthurl --json '{…}'
    ///
    /// Exits with 0 if errcode is 0 or absent, with 1 otherwise. Tokens are kept in the user's cache directory.
    Call {
        #[command(flatten)]
        args: SettingsArgs,
        #[command(flatten)]
        ask: CallAsk,
    },
    /// Print an account's pushes as they arrive, verified and decrypted, and send them on to a local address.
    ///
    /// The account's callback is replaced as long as this runs, by the admin API of the server, and put back at the end.
    Listen {
        #[command(flatten)]
        args: SettingsArgs,
        #[command(flatten)]
        ask: ListenAsk,
    },
    /// Play an event for real in a sandbox, or send a signed test push of it to an address (--to).
    Trigger {
        #[command(flatten)]
        args: SettingsArgs,
        #[command(flatten)]
        ask: TriggerAsk,
    },
    /// Verify and decrypt a push, or say exactly what is wrong with it.
    Decrypt(DecryptAsk),
    /// Print a shell's completions: kaipiao completions bash >> ~/.bash_completion
    Completions {
        /// The shell.
        shell: Shell,
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
pub(crate) struct SettingsArgs {
    /// Settings file; kaipiao.toml documents every setting.
    #[arg(long, global = true)]
    pub(crate) config: Option<PathBuf>,
    /// Data directory [default: ./kaipiao-data]
    #[arg(long, global = true)]
    data: Option<PathBuf>,
    /// Address of a PostgreSQL database in place of the store in the data directory: postgres://…; it holds a password, so
    /// better in the environment or in a file that the settings name
    #[arg(long, global = true, env = DATABASE_URL, hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
}

/// Violations that a check lists, unless it is told.
pub(crate) const VIOLATIONS: usize = 1000;

/// The variable that `--database-url` stands for.
const DATABASE_URL: &str = "KAIPIAO_DATABASE_URL";

/// What `serve` changes of the settings.
#[derive(Args)]
pub(crate) struct ServeArgs {
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
    pub(crate) fn change(&self, settings: &mut Settings) {
        settings.listen = self.listen.unwrap_or(settings.listen);
        settings.expose_sandbox |= self.expose_sandbox;
        settings.tls.local_authority |= self.tls;
        if let Some(node) = &self.node {
            settings.database.node.clone_from(node);
        }
    }

    pub(crate) fn flags(&self) -> impl Iterator<Item = Flag> {
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
    pub(crate) fn flags(&self) -> impl Iterator<Item = Flag> {
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

    pub(crate) fn settings(&self) -> Result<Settings, ComposeError> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_can_be_read() {
        Cli::command().debug_assert();
    }
}
