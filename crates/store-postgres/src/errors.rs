//! What PostgreSQL's errors mean for who asked.

use deadpool_postgres::{PoolError, TimeoutType};
use kaipiao_ports::errors::StoreError;
use tokio_postgres::error::SqlState;

/// Why statements were not carried out.
#[derive(Clone, Debug)]
pub(crate) enum DbError {
    /// Nothing changed, and the same may succeed at once: a serialization failure, a deadlock, a unique key that
    /// somebody else took at the same time.
    Again,
    /// For whoever asked.
    Store(StoreError),
}

impl From<DbError> for StoreError {
    /// Tried as often as makes sense.
    fn from(error: DbError) -> Self {
        match error {
            DbError::Again => Self::Overloaded,
            DbError::Store(error) => error,
        }
    }
}

impl From<PoolError> for DbError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Timeout(TimeoutType::Wait) => Self::Store(StoreError::Overloaded),
            PoolError::Timeout(_) => away("no connection in time"),
            PoolError::Backend(error) => error.into(),
            other => away(&other.to_string()),
        }
    }
}

impl From<tokio_postgres::Error> for DbError {
    fn from(error: tokio_postgres::Error) -> Self {
        let text = described(&error);
        let Some(code) = error.code() else { return away(&text) };
        match *code {
            SqlState::T_R_SERIALIZATION_FAILURE
            | SqlState::T_R_DEADLOCK_DETECTED
            | SqlState::UNIQUE_VIOLATION
            // Behind a statement of the same transaction that has failed, which says why.
            | SqlState::IN_FAILED_SQL_TRANSACTION => Self::Again,
            _ if is_of_the_value(code) => Self::Store(StoreError::Refused(text)),
            // Its words may name files, users and databases, and /healthz tells anybody why.
            _ => {
                tracing::warn!(error = text, "PostgreSQL refuses");
                away(&format!("it answered {}", code.code()))
            }
        }
    }
}

/// Classes of errors that this value gets again whenever it is tried: data exceptions, limits of the program.
fn is_of_the_value(code: &SqlState) -> bool {
    ["22", "54"].iter().any(|class| code.code().starts_with(class))
}

pub(crate) fn away(why: &str) -> DbError {
    DbError::Store(StoreError::Away(format!("PostgreSQL: {why}")))
}

/// The server's own words; tokio-postgres says only "db error".
pub(crate) fn described(error: &tokio_postgres::Error) -> String {
    if let Some(db) = error.as_db_error() {
        return format!("{} ({})", db.message(), db.code().code());
    }
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// A text for people as PostgreSQL can have it: a zero byte is shown as the character that stands for what cannot be.
pub(crate) fn writable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
