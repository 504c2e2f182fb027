//! Hashing of passwords: it takes memory and time on purpose, so few are hashed at once, beside the threads that
//! answer requests.

use crate::failure::Failure;
use crate::signed::password;
use kaipiao_domain::access::console_user::PasswordHash;
use tokio::sync::Semaphore;

/// Passwords that are hashed at once: 19 MiB each.
const AT_ONCE: usize = 2;
/// Those that wait for it besides; whoever comes then is told so.
const MOST_WAITING: usize = 30;

/// Who has a password hashed, and who waits for that.
pub(crate) struct Passwords {
    places: Semaphore,
    turns: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { places: Semaphore::new(AT_ONCE + MOST_WAITING), turns: Semaphore::new(AT_ONCE) }
    }
}

impl Passwords {
    /// The hash of a new password.
    pub(crate) async fn hash(
        &self,
        password: String,
        salt: [u8; 16],
    ) -> Result<PasswordHash, Failure> {
        self.run(move || password::hash(&password, salt)).await
    }

    /// Whether a password is the one of that hash. Without a hash it takes as long, and is not: so that nobody
    /// measures which names there are.
    pub(crate) async fn is_password(
        &self,
        hash: Option<PasswordHash>,
        password: String,
    ) -> Result<bool, Failure> {
        let compare = move || match hash {
            Some(hash) => password::is_password(&hash, &password),
            None => {
                password::hash(&password, [0; 16]);
                false
            }
        };
        self.run(compare).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let crowded = || Failure::Overloaded("too many logins at once".to_owned());
        let _place = self.places.try_acquire().map_err(|_| crowded())?;
        let _turn = self.turns.acquire().await.map_err(|_| crowded())?;
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|error| Failure::Damaged(format!("a password was not hashed: {error}")))
    }
}
