//! What the files port promises, of a folder.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use bytes::Bytes;
use kaipiao_blobs_directory::DirectoryBlobs;
use kaipiao_domain::platform::blob_name::BlobName;
use kaipiao_ports::platform::blobs::{BlobError, Blobs};
use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

fn name(text: &str) -> BlobName {
    BlobName::parse(text).unwrap()
}

fn place() -> (TempDir, DirectoryBlobs) {
    let place = tempfile::tempdir().unwrap();
    let blobs = DirectoryBlobs::new(place.path().join("a/b"));
    (place, blobs)
}

/// Every file below a folder.
fn files(folder: PathBuf) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(path)) } else { found.push(path) }
    }
    found
}

#[tokio::test]
async fn a_file_is_written_once_and_reads_back_within_the_limit() {
    let (_place, blobs) = place();
    assert_eq!(blobs.get(&name("a"), 9).await, Ok(None));
    assert_eq!(blobs.length(&name("a")).await, Ok(None));
    blobs.put(&name("a"), Bytes::from_static(b"12345")).await.unwrap();
    let again = blobs.put(&name("a"), Bytes::from_static(b"6")).await;
    assert_eq!(again, Err(BlobError::Exists(name("a"))));
    assert_eq!(blobs.get(&name("a"), 5).await, Ok(Some(Bytes::from_static(b"12345"))));
    assert_eq!(blobs.length(&name("a")).await, Ok(Some(5)));
    let too_long = BlobError::TooLong { name: name("a"), bytes: 5, limit: 4 };
    assert_eq!(blobs.get(&name("a"), 4).await, Err(too_long));
    blobs.remove(&name("a")).await.unwrap();
    blobs.remove(&name("a")).await.unwrap();
    assert_eq!(blobs.get(&name("a"), 9).await, Ok(None));
    assert!(files(blobs.root().to_owned()).is_empty());
}

#[tokio::test]
async fn a_walk_in_pages_sees_each_file_once() {
    let (_place, blobs) = place();
    assert_eq!(blobs.walk().next(3).await, Ok(Vec::new()));
    let names: BTreeSet<BlobName> = (0..1000).map(|n| name(&format!("wx-{n}"))).collect();
    for name in &names {
        blobs.put(name, Bytes::from_static(b"12")).await.unwrap();
    }
    let mut seen = BTreeSet::new();
    let mut walk = blobs.walk();
    loop {
        let page = walk.next(3).await.unwrap();
        assert!(page.len() <= 3);
        if page.is_empty() {
            break;
        }
        for listed in page {
            assert!(listed.bytes == 2 && listed.age < Duration::from_secs(600), "{listed:?}");
            assert!(seen.insert(listed.name));
        }
    }
    assert_eq!(seen, names);
    assert_eq!(walk.next(3).await, Ok(Vec::new()), "the end stays the end");
}

/// So a walk costs one look at each file: whatever its pages, it opens each folder once.
#[tokio::test]
async fn a_folder_that_the_walk_has_begun_is_not_opened_again() {
    let (_place, blobs) = place();
    blobs.put(&name("wx-0"), Bytes::from_static(b"1")).await.unwrap();
    let file = files(blobs.root().to_owned()).remove(0);
    let folder = file.parent().unwrap();
    for n in 1..100 {
        std::fs::copy(&file, folder.join(format!("wx-{n}"))).unwrap();
    }
    let mut walk = blobs.walk();
    let mut seen: BTreeSet<_> =
        walk.next(3).await.unwrap().into_iter().map(|one| one.name).collect();
    // Whoever would look for it by its name finds an empty one.
    std::fs::rename(folder, blobs.root().join("begun")).unwrap();
    std::fs::create_dir(folder).unwrap();
    loop {
        let page = walk.next(3).await.unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.into_iter().all(|one| seen.insert(one.name)), "each once");
    }
    assert_eq!(seen, (0..100).map(|n| name(&format!("wx-{n}"))).collect());
}

#[tokio::test]
async fn a_folder_that_cannot_be_read_is_passed_over_and_told_of_at_the_end() {
    let (_place, blobs) = place();
    blobs.put(&name("a"), Bytes::from_static(b"1")).await.unwrap();
    let there = files(blobs.root().to_owned())[0].parent().unwrap().to_owned();
    let other = if there.ends_with("00") { "01" } else { "00" };
    std::fs::write(blobs.root().join(other), "no folder").unwrap();
    let mut walk = blobs.walk();
    assert_eq!(walk.next(9).await.unwrap().len(), 1);
    assert!(matches!(walk.next(9).await, Err(BlobError::Away(_))));
}

#[tokio::test]
async fn what_a_crash_left_of_a_file_is_no_file_and_goes_after_a_day() {
    let (_place, blobs) = place();
    blobs.put(&name("a"), Bytes::from_static(b"1")).await.unwrap();
    let folder = files(blobs.root().to_owned())[0].parent().unwrap().to_owned();
    let (young, old) = (folder.join(".part-young"), folder.join(".part-old"));
    for part in [&young, &old] {
        std::fs::write(part, "x").unwrap();
    }
    let file = File::options().write(true).open(&old).unwrap();
    let written = file.metadata().unwrap().modified().unwrap();
    file.set_modified(written - Duration::from_secs(25 * 3600)).unwrap();
    let listed = blobs.walk().next(10).await.unwrap();
    assert_eq!(listed.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["a"]);
    assert!(young.exists() && !old.exists());
}

#[tokio::test]
async fn a_folder_that_is_away_is_told_of() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("file");
    std::fs::write(&file, "").unwrap();
    let blobs = DirectoryBlobs::new(file.join("below"));
    let away = blobs.put(&name("a"), Bytes::from_static(b"1")).await;
    assert!(matches!(away, Err(BlobError::Away(why)) if why.contains("file")));
    assert!(blobs.check_writable().is_ok(), "its parent is there");
    let blobs = DirectoryBlobs::new("/proc");
    assert!(blobs.check_writable().is_err());
}

#[tokio::test]
async fn a_file_system_keeps_so_much_free() {
    let (_place, blobs) = place();
    let free = blobs.free_bytes().unwrap();
    assert!(free > 0);
    let blobs = blobs.leaving_free(u64::MAX);
    let full = blobs.put(&name("a"), Bytes::from_static(b"1")).await;
    assert!(
        matches!(&full, Err(BlobError::Away(why)) if why.contains("bytes are free, and")),
        "{full:?}"
    );
    assert_eq!(blobs.get(&name("a"), 9).await, Ok(None));
    assert!(!blobs.root().exists(), "nothing was begun");
    let blobs = blobs.leaving_free(0);
    blobs.put(&name("a"), Bytes::from_static(b"1")).await.unwrap();
}

#[tokio::test]
async fn the_files_are_whose_who_asked_first() {
    let (_place, blobs) = place();
    assert_eq!(blobs.claimed_by("a").await, Ok("a".to_owned()));
    assert_eq!(blobs.claimed_by("b").await, Ok("a".to_owned()));
    let again = DirectoryBlobs::new(blobs.root());
    assert_eq!(again.claimed_by("b").await, Ok("a".to_owned()));
    assert_eq!(again.walk().next(10).await, Ok(Vec::new()), "it is no file");
}
