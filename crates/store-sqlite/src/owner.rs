//! Whose a data directory is. Root may write to everybody's, and what root makes there its owner cannot open.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use uzers::{get_effective_uid, get_user_by_uid};

const ROOT: u32 = 0;

/// A data directory that is another user's, who alone should write to it.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} belongs to {owner}, and this is {user}: do it as {owner}, with `runuser -u {owner} -- kaipiao …` or `sudo -u {owner} kaipiao …`",
    path.display()
)]
pub struct NotOwner {
    path: PathBuf,
    owner: String,
    user: String,
}

/// Refuses root what is another user's: the file, or the directory in which it is to be made. Others need no check: the
/// operating system refuses them, unless the owner's group lets them in.
pub fn check_owner(file: &Path) -> Result<(), NotOwner> {
    let found = file.ancestors().take(2).find_map(|path| Some((path, path.metadata().ok()?.uid())));
    match found {
        Some((path, owner)) if is_kept_from(get_effective_uid(), owner) => {
            Err(NotOwner::of(path, owner))
        }
        _ => Ok(()),
    }
}

const fn is_kept_from(user: u32, owner: u32) -> bool {
    user == ROOT && owner != ROOT
}

impl NotOwner {
    fn of(path: &Path, owner: u32) -> Self {
        Self { path: path.to_owned(), owner: name(owner), user: name(get_effective_uid()) }
    }

    /// Of a file that this user may not open, or not make where it is to be; None: it is this user's.
    pub(crate) fn denied(file: &Path) -> Option<Self> {
        let found = file.ancestors().find_map(|path| Some((path, path.metadata().ok()?.uid())));
        let (path, owner) = found?;
        (owner != get_effective_uid()).then(|| Self::of(path, owner))
    }
}

/// A user's name; `#` and the number, as sudo takes it, of one who has none.
fn name(uid: u32) -> String {
    let user = get_user_by_uid(uid);
    user.map_or_else(|| format!("'#{uid}'"), |user| user.name().to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_alone_is_kept_from_what_is_anothers() {
        assert!(is_kept_from(ROOT, 10_001));
        for (user, owner) in [(ROOT, ROOT), (10_001, 10_001), (10_001, ROOT), (10_001, 10_002)] {
            assert!(!is_kept_from(user, owner), "{user} at {owner}'s");
        }
    }

    #[test]
    fn who_is_refused_reads_whose_it_is_and_what_to_type() {
        let text = NotOwner::of(Path::new("/data"), ROOT).to_string();
        assert!(text.starts_with("/data belongs to root"), "{text}");
        assert!(text.contains("runuser -u root -- kaipiao"), "{text}");
        let own = tempfile::NamedTempFile::new().unwrap();
        check_owner(own.path()).unwrap();
        assert!(NotOwner::denied(&own.path().join("inner")).is_none());
        assert_eq!(name(u32::MAX - 7), format!("'#{}'", u32::MAX - 7));
    }
}
