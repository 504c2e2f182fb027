//! `kaipiao console-user`: who works with the console. It changes the store itself, or, while a server has the store to
//! itself, asks that server.

use crate::admin_client::{AdminClient, parse};
use crate::compose::{self, ComposeError};
use crate::settings::{Settings, SettingsError};
use crate::store::{OpenError, OpenStore};
use clap::{Args, Subcommand, ValueEnum};
use kaipiao_app::access::console_users::{self, ConsoleUserSpec};
use kaipiao_app::{App, Failure};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::access::console_user::ConsoleUser;
use kaipiao_ports::clock::SystemClock;
use kaipiao_ports::entropy::{OsEntropy, random};
use serde_json::{Value, json};
use std::fmt::Write;
use std::io::{BufRead, IsTerminal};
use std::sync::Arc;

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum ConsoleUserAsk {
    /// Add one, and print their password, unless it is given. A name that is known is refused.
    Add {
        /// The name to log in with: 1 to 64 characters of A-Za-z0-9_-.@
        name: String,
        /// What they may see.
        #[arg(long, value_enum, default_value_t = RoleName::Operator)]
        role: RoleName,
        /// An account of a developer; once for each.
        #[arg(long = "account", value_name = "APPID")]
        accounts: Vec<String>,
        #[command(flatten)]
        password: PasswordAsk,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Change the role, the accounts or the state of one; what is not named stays. Their sessions end.
    Change {
        /// Their name.
        name: String,
        #[command(flatten)]
        change: ChangeAsk,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print all of them.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Remove one: whoever is logged in as them is so no longer.
    Remove {
        /// Their name.
        name: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Give one a new password, and print it, unless it is given; their sessions end.
    Password {
        /// Their name.
        name: String,
        #[command(flatten)]
        password: PasswordAsk,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// What is changed of a user.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = true)]
pub struct ChangeAsk {
    /// What they may see. A developer's accounts are named with it.
    #[arg(long, value_enum)]
    role: Option<RoleName>,
    /// An account of a developer; once for each. These take the place of those before.
    #[arg(long = "account", value_name = "APPID")]
    accounts: Vec<String>,
    /// They may not log in for now.
    #[arg(long, conflicts_with = "enable")]
    disable: bool,
    /// They may log in again.
    #[arg(long)]
    enable: bool,
}

impl ChangeAsk {
    fn spec(self, name: String) -> ConsoleUserSpec {
        let Self { role, accounts, disable, enable } = self;
        // Whoever names accounts speaks of a developer.
        let role = role.or_else(|| (!accounts.is_empty()).then_some(RoleName::Developer));
        ConsoleUserSpec {
            name,
            role: role.map(|role| role.name().to_owned()),
            accounts: Some(accounts).filter(|accounts| !accounts.is_empty()),
            password: None,
            is_disabled: (disable || enable).then_some(disable),
        }
    }
}

/// Where a password comes from.
#[derive(Clone, Copy, Debug, Args)]
pub struct PasswordAsk {
    /// Read the password from the first line of standard input, in place of making one.
    #[arg(long)]
    password_stdin: bool,
}

/// What a console user may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoleName {
    /// Everything.
    Operator,
    /// Accounts that are named.
    Developer,
}

impl RoleName {
    const fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Developer => "developer",
        }
    }
}

/// Where users are kept: the store, or a server that has it.
enum Users {
    Store(OpenStore, Box<App>),
    Server(AdminClient),
}

/// Does it, and returns the text to print. A server that is named is asked, whatever store the settings have.
pub async fn run(
    settings: &Settings,
    server: Option<&str>,
    ask: ConsoleUserAsk,
) -> Result<String, ComposeError> {
    let users = match server {
        Some(_) => Users::Server(AdminClient::new(settings, server)?),
        None => Users::open(settings).await?,
    };
    let done = users.run(ask).await;
    if let Users::Store(store, _) = users {
        store.close().await;
    }
    done
}

impl Users {
    async fn open(settings: &Settings) -> Result<Self, ComposeError> {
        let store = match OpenStore::open(settings, None).await {
            Ok(store) => store,
            Err(OpenError::Sqlite(kaipiao_store_sqlite::OpenError::InUse(_))) => {
                return Ok(Self::Server(AdminClient::new(settings, None)?));
            }
            Err(error) => return Err(error.into()),
        };
        let keys = compose::keys_of(settings, &*store.store).await?;
        let clock = Arc::new(SystemClock::default());
        let (app, _) = compose::app(settings, settings.listen, &store, clock, keys)?;
        Ok(Self::Store(store, Box::new(app)))
    }

    async fn run(&self, ask: ConsoleUserAsk) -> Result<String, ComposeError> {
        match ask {
            ConsoleUserAsk::Add { name, role, accounts, password, json } => {
                if self.knows(&name).await? {
                    let words = format!(
                        "{name} is a console user already: console-user change gives another role, accounts or state, and console-user password another password"
                    );
                    return Err(SettingsError::Value(words).into());
                }
                let (password, is_made) = password.take()?;
                let accounts = Some(accounts).filter(|accounts| !accounts.is_empty());
                let role = Some(role.name().to_owned());
                let is_disabled = Some(false);
                let spec = ConsoleUserSpec { name, role, accounts, password, is_disabled };
                self.save(&spec).await?;
                let said = format!("{} is added", spec.name);
                self.done(spec, said, is_made, json).await
            }
            ConsoleUserAsk::Change { name, change, json } => {
                if !self.knows(&name).await? {
                    return Err(nobody(&name));
                }
                let spec = change.spec(name);
                self.save(&spec).await?;
                let said = format!("{} is changed", spec.name);
                self.done(spec, said, false, json).await
            }
            ConsoleUserAsk::Password { name, password, json } => {
                let (password, is_made) = password.take()?;
                if !self.knows(&name).await? {
                    return Err(nobody(&name));
                }
                let spec = ConsoleUserSpec { name, password, ..ConsoleUserSpec::default() };
                self.save(&spec).await?;
                let said = format!("{} has a new password", spec.name);
                self.done(spec, said, is_made, json).await
            }
            ConsoleUserAsk::Remove { name, json } => {
                self.remove(&name).await?;
                Ok(match json {
                    true => json!({"name": name, "removed": true}).to_string(),
                    false => format!("{name} is removed"),
                })
            }
            ConsoleUserAsk::List { json } => {
                let users = self.list().await?;
                Ok(if json { Value::Array(users).to_string() } else { for_people(&users) })
            }
        }
    }

    /// What is printed of a user who was saved: what was done, and a password that was made; or, for programs, the user.
    async fn done(
        &self,
        spec: ConsoleUserSpec,
        said: String,
        is_made: bool,
        json: bool,
    ) -> Result<String, ComposeError> {
        let password = spec.password.filter(|_| is_made);
        if json {
            let saved = self.list().await?.into_iter().find(|user| user["name"] == *spec.name);
            let mut user = saved.ok_or_else(|| nobody(&spec.name))?;
            if let Some(password) = password {
                user["password"] = json!(password);
            }
            return Ok(user.to_string());
        }
        let hint = if std::io::stdout().is_terminal() { " (it is shown this once)" } else { "" };
        Ok(match password {
            Some(password) => format!("{said}; password{hint}: {password}"),
            None => said,
        })
    }

    async fn knows(&self, name: &str) -> Result<bool, ComposeError> {
        Ok(self.list().await?.iter().any(|user| user["name"] == *name))
    }

    async fn save(&self, spec: &ConsoleUserSpec) -> Result<(), ComposeError> {
        match self {
            Self::Store(_, app) => {
                console_users::save(app, spec).await.map(|_| ()).map_err(refused)
            }
            Self::Server(server) => {
                let mut body = json!({});
                let said = [("role", &spec.role), ("password", &spec.password)];
                for (name, value) in said {
                    if let Some(value) = value {
                        body[name] = json!(value);
                    }
                }
                if let Some(accounts) = &spec.accounts {
                    body["accounts"] = json!(accounts);
                }
                if let Some(is_disabled) = spec.is_disabled {
                    body["disabled"] = json!(is_disabled);
                }
                server.send("PUT", &format!("console-users/{}", spec.name), &body).map(|_| ())
            }
        }
    }

    async fn remove(&self, name: &str) -> Result<(), ComposeError> {
        match self {
            Self::Store(_, app) => match console_users::remove(app, name).await {
                Ok(true) => Ok(()),
                Ok(false) => Err(nobody(name)),
                Err(failure) => Err(refused(failure)),
            },
            Self::Server(server) => server.delete(&format!("console-users/{name}")).map(|_| ()),
        }
    }

    async fn list(&self) -> Result<Vec<Value>, ComposeError> {
        const PAGE: usize = 1000;
        let (mut all, mut after) = (Vec::new(), None::<String>);
        loop {
            match self {
                Self::Store(_, app) => {
                    let page = console_users::list(app, after.as_deref(), PAGE).await;
                    let page = page.map_err(refused)?;
                    all.extend(page.items.iter().map(told));
                    after = page.next;
                }
                Self::Server(server) => {
                    let limit = PAGE.to_string();
                    let asked = [("limit", Some(&*limit)), ("after", after.as_deref())];
                    let page = parse(&server.get("console-users", &asked)?)?;
                    all.extend(page["console_users"].as_array().into_iter().flatten().cloned());
                    after = page["next"].as_str().map(str::to_owned);
                }
            }
            if after.is_none() {
                return Ok(all);
            }
        }
    }
}

impl PasswordAsk {
    /// The password, and whether it was made here, and must be printed.
    fn take(self) -> Result<(Option<String>, bool), ComposeError> {
        if self.password_stdin {
            let mut line = String::new();
            let stdin = std::io::stdin();
            let read = stdin.lock().read_line(&mut line);
            read.map_err(|error| ComposeError::Asking(format!("no password: {error}")))?;
            return Ok((Some(line.trim_end_matches(['\r', '\n']).to_owned()), false));
        }
        Ok((Some(console_users::new_password(random(&OsEntropy))), true))
    }
}

/// A user as the admin API tells of one.
fn told(user: &ConsoleUser) -> Value {
    let accounts: Vec<_> = user.role.bound_to().into_iter().flatten().map(AppId::as_str).collect();
    json!({
        "name": user.name.as_str(), "role": user.role.name(), "accounts": accounts,
        "disabled": user.is_disabled,
    })
}

fn for_people(users: &[Value]) -> String {
    let mut text = String::new();
    for user in users {
        let of = |name: &str| user[name].as_str().unwrap_or("");
        let accounts = user["accounts"].as_array().into_iter().flatten();
        let accounts: Vec<_> = accounts.filter_map(Value::as_str).collect();
        let state = if user["disabled"] == true { "  disabled" } else { "" };
        let line = format!("{}  {}  {}{state}", of("name"), of("role"), accounts.join(" "));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    if text.is_empty() { "there are none; console-user add makes one".to_owned() } else { text }
}

fn nobody(name: &str) -> ComposeError {
    SettingsError::Value(format!("no console user is called {name}")).into()
}

fn refused(failure: Failure) -> ComposeError {
    match failure {
        Failure::Refused(refusal) => SettingsError::Value(refusal.to_string()).into(),
        failure => failure.into(),
    }
}
