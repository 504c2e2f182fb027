//! Who works with the console: added, changed and removed by an operator at the command line or by the admin API.

use crate::access::accounts;
use crate::app::App;
use crate::failure::Failure;
use crate::listing::{self, Ask, Listing};
use crate::store_access::{Decision, FirstTry, commit_unless_changed, decide, get_fresh};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::access::console_user::{ConsoleName, ConsoleRole, ConsoleUser};
use kaipiao_domain::{Refusal, text};
use kaipiao_ports::record::{Expect, Kind};
use kaipiao_ports::store::{Commit, PageOrder};
use kaipiao_records::access::console_user::console_user_key;
use kaipiao_records::record;
use std::collections::BTreeSet;

/// A console user as an operator writes one. What is left out keeps its value.
#[derive(Clone, Default)]
pub struct ConsoleUserSpec {
    /// Their name.
    pub name: String,
    /// One of [`ConsoleRole::NAMES`]; required for a new one.
    pub role: Option<String>,
    /// A developer's accounts; None with a role: none.
    pub accounts: Option<Vec<String>>,
    /// Their password; required for a new one.
    pub password: Option<String>,
    /// Whether they may not log in for now.
    pub is_disabled: Option<bool>,
}

/// What saving a user did.
pub struct SavedUser {
    /// The user as they are now.
    pub user: ConsoleUser,
    /// Were they new?
    pub is_new: bool,
}

/// Characters of a password: no fewer, and no more than are worth hashing.
const PASSWORD_CHARS: core::ops::RangeInclusive<usize> = 12..=128;

/// The user of that name, as the store has them at this moment.
pub async fn find(app: &App, name: &ConsoleName) -> Result<Option<ConsoleUser>, Failure> {
    get_fresh(app, &console_user_key(name)).await
}

/// Users by name.
pub async fn list(
    app: &App,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<ConsoleUser>, Failure> {
    let ask = Ask { owner: None, after, order: PageOrder::Ascending, limit };
    listing::list(app, Kind::ConsoleUser, ask).await
}

/// Adds a user; 72031 names what is wrong, such as a name that somebody has already.
pub async fn add(app: &App, spec: &ConsoleUserSpec) -> Result<SavedUser, Failure> {
    write(app, spec, Names::New).await
}

/// Adds a user, or changes the one of that name; 72031 names what is wrong. A change of the password, the role, the
/// accounts or the state ends every session that they have.
pub async fn save(app: &App, spec: &ConsoleUserSpec) -> Result<SavedUser, Failure> {
    write(app, spec, Names::Any).await
}

/// Whose name may be written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    /// Nobody's.
    New,
    /// Also that of somebody who is changed.
    Any,
}

async fn write(app: &App, spec: &ConsoleUserSpec, names: Names) -> Result<SavedUser, Failure> {
    let name = read_name(&spec.name)?;
    let password = match &spec.password {
        None => None,
        Some(password) => {
            check_password(password)?;
            Some(app.passwords.hash(password.clone(), app.random()).await?)
        }
    };
    let said = role_of(app, spec).await?;
    // At random, so that no session of somebody who had the name before is one of theirs. The half of the numbers leaves
    // room to count on.
    let first_session = u64::from_be_bytes(app.random()) >> 1;
    decide(app, console_user_key(&name), FirstTry::Reads, |before: Option<ConsoleUser>| {
        let is_new = before.is_none();
        let empty = |field: &str| Refusal::invalid(field, "is empty");
        let user = match &before {
            None => ConsoleUser {
                name: name.clone(),
                role: said.clone().ok_or_else(|| empty("role"))?,
                password: password.clone().ok_or_else(|| empty("password"))?,
                is_disabled: spec.is_disabled.unwrap_or(false),
                sessions: first_session,
            },
            Some(_) if names == Names::New => {
                return Err(Refusal::invalid("name", "is another user's already").into());
            }
            Some(before) => {
                let before = before.clone();
                let user = ConsoleUser {
                    role: said.clone().unwrap_or_else(|| before.role.clone()),
                    password: password.clone().unwrap_or_else(|| before.password.clone()),
                    is_disabled: spec.is_disabled.unwrap_or(before.is_disabled),
                    ..before.clone()
                };
                if user == before { user } else { user.with_sessions_ended() }
            }
        };
        let next = (before.as_ref() != Some(&user)).then(|| user.clone());
        Ok::<_, Failure>(Decision::alone(next, SavedUser { user, is_new }))
    })
    .await
}

/// Removes a user; their sessions end with them. False: there was none of that name.
pub async fn remove(app: &App, name: &str) -> Result<bool, Failure> {
    let name = read_name(name)?;
    let key = console_user_key(&name);
    if find(app, &name).await?.is_none() {
        return Ok(false);
    }
    let removal = record::removal(key, Expect::Any);
    commit_unless_changed(app, Commit::of(vec![removal])).await
}

/// A password that nobody could guess: 24 letters and digits, 120 bits.
pub fn new_password(random: [u8; 24]) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()
}

fn read_name(name: &str) -> Result<ConsoleName, Refusal> {
    ConsoleName::parse(name).ok_or_else(|| {
        Refusal::invalid("name", format!("{}, not {}", ConsoleName::SHAPE, text::quoted(name)))
    })
}

fn check_password(password: &str) -> Result<(), Refusal> {
    let chars = password.chars().count();
    if PASSWORD_CHARS.contains(&chars) {
        return Ok(());
    }
    let (least, most) = (PASSWORD_CHARS.start(), PASSWORD_CHARS.end());
    Err(Refusal::invalid(
        "password",
        format!("has {chars} characters, {least} to {most} are taken"),
    ))
}

/// The role that the spec says; None: it says none.
async fn role_of(app: &App, spec: &ConsoleUserSpec) -> Result<Option<ConsoleRole>, Failure> {
    let Some(role) = &spec.role else {
        if spec.accounts.is_some() {
            return Err(Refusal::invalid("accounts", "go with a role: name it too").into());
        }
        return Ok(None);
    };
    let named = spec.accounts.as_ref().map_or(0, Vec::len);
    let most = ConsoleRole::MOST_ACCOUNTS;
    if named > most {
        let problem = format!("names {named} accounts, at most {most} are taken");
        return Err(Refusal::invalid("accounts", problem).into());
    }
    let mut accounts = BTreeSet::new();
    for text in spec.accounts.iter().flatten() {
        let known = match AppId::parse(text) {
            Some(appid) => accounts::find(app, &appid).await?.map(|account| account.appid),
            None => None,
        };
        accounts.insert(known.ok_or_else(|| {
            Refusal::invalid(
                "accounts",
                format!("names {}, which is no account of this server", text::quoted(text)),
            )
        })?);
    }
    let role = ConsoleRole::of(role, accounts).map_err(|why| Refusal::invalid("role", why))?;
    Ok(Some(role))
}
