//! What becomes of files that nothing names.

use super::pdf::{showing, upload, uploaded};
use kaipiao_blobs_directory::DirectoryBlobs;
use kaipiao_domain::platform::blob_name::BlobName;
use kaipiao_ports::platform::blobs::{Blobs, ListedBlob};
use kaipiao_tests::{PLATFORM, TestServer, assert_refused, let_pass};
use serde_json::json;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::runtime::Runtime;

pub fn blobs(server: &TestServer) -> DirectoryBlobs {
    DirectoryBlobs::new(server.data().join("data/files"))
}

pub fn names(blobs: &DirectoryBlobs) -> Vec<String> {
    let (runtime, mut all, mut walk) = (Runtime::new().unwrap(), Vec::new(), blobs.walk());
    loop {
        let page: Vec<ListedBlob> = runtime.block_on(walk.next(100)).unwrap();
        if page.is_empty() {
            break;
        }
        all.extend(page.into_iter().map(|listed| listed.name.to_string()));
    }
    all.sort();
    all
}

/// Every file below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// Makes the file of that name older by so much.
pub fn make_old(folder: &Path, name: &str, age: Duration) {
    let path = files(folder).into_iter().find(|path| path.ends_with(name)).expect(name);
    let file = File::options().write(true).open(path).unwrap();
    let written = file.metadata().unwrap().modified().unwrap();
    file.set_modified(written - age).unwrap();
}

#[test]
fn a_pdf_that_is_attached_to_nothing_for_three_days_goes_with_its_file() {
    let server = TestServer::start();
    let (client, blobs) = (server.client(PLATFORM), blobs(&server));
    let old = uploaded(&client, &showing("old"));
    server.advance_s(3 * 86_400 - 1);
    let young = uploaded(&server.client(PLATFORM), &showing("young"));
    let name = |media_id: &str| format!("{PLATFORM}-{media_id}");
    let get = |media_id: &str| {
        let body = json!({"action": "get_url", "s_media_id": media_id});
        server.client(PLATFORM).post("/card/invoice/platform/getpdf", &body)
    };
    assert_eq!(get(&old)["errcode"], json!(0));
    make_old(blobs.root(), &name(&old), Duration::from_secs(3601));
    server.advance_s(1);
    assert_refused(&get(&old), 40007, "in time");
    server.wait_until("its file has gone", || names(&blobs) == [name(&young)]);
    assert_eq!(get(&young)["errcode"], json!(0));
}

/// A server that died between a file and its commit leaves a file that nobody names.
#[test]
fn a_file_without_a_record_is_removed_once_no_commit_can_be_under_way() {
    let server = TestServer::start();
    let blobs = blobs(&server);
    let kept = uploaded(&server.client(PLATFORM), &showing("kept"));
    let left = format!("{PLATFORM}-1000000000000001");
    let under_way = format!("{PLATFORM}-1000000000000002");
    let runtime = Runtime::new().unwrap();
    for name in [&left, &under_way, "of-somebody-else"] {
        let name = BlobName::parse(name).unwrap();
        runtime.block_on(blobs.put(&name, "%PDF".into())).unwrap();
    }
    let kept = format!("{PLATFORM}-{kept}");
    for name in [&left, &kept, "of-somebody-else"] {
        make_old(blobs.root(), name, Duration::from_secs(3601));
    }
    // Maintenance looks at once.
    server.advance_s(1);
    server.wait_until("it has gone", || !names(&blobs).contains(&left));
    assert_eq!(names(&blobs), ["of-somebody-else".to_owned(), under_way, kept]);
}

#[test]
fn the_settings_say_where_files_lie_and_how_long_they_stay() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("elsewhere");
    let settings = format!(
        "[files]\ndirectory = \"{}\"\ncollect_after_s = 7200\n[retention]\nunattached_pdfs_d = 1",
        folder.display()
    );
    let server = TestServer::start_with(&settings);
    let first = uploaded(&server.client(PLATFORM), &showing("first"));
    let second = uploaded(&server.client(PLATFORM), &showing("second"));
    assert_eq!(files(&folder).len(), 3, "both, and the mark of the store whose they are");
    let (first, second) = (format!("{PLATFORM}-{first}"), format!("{PLATFORM}-{second}"));
    make_old(&folder, &first, Duration::from_secs(7201));
    make_old(&folder, &second, Duration::from_secs(7000));
    server.advance_s(86_400);
    let blobs = DirectoryBlobs::new(&folder);
    server.wait_until("the older one has gone", || names(&blobs) == [&*second]);
}

/// A store that is given another one's folder by mistake takes no file there and removes none.
#[test]
fn a_folder_of_files_is_one_stores() {
    let server = TestServer::start();
    let media_id = uploaded(&server.client(PLATFORM), &showing("mine"));
    let (blobs, name) = (blobs(&server), format!("{PLATFORM}-{media_id}"));
    let settings = format!("[files]\ndirectory = {:?}", blobs.root());
    let other = TestServer::start_with(&settings);
    make_old(blobs.root(), &name, Duration::from_secs(3601));
    assert_eq!(upload(&other.client(PLATFORM), &showing("theirs"))["errcode"], json!(-1));
    other.advance_s(1);
    let_pass(Duration::from_millis(500));
    assert_eq!(names(&blobs), [name.as_str()]);
    // Without the mark it is the other's folder, and what it has no record of goes.
    std::fs::remove_file(blobs.root().join(".owner")).unwrap();
    other.advance_s(1);
    other.wait_until("the other takes it for its own", || names(&blobs).is_empty());
}
