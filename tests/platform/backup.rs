//! Uploaded files go into a backup, and come back with it.

use super::collector::files;
use super::pdf::{showing, uploaded};
use kaipiao_cli::backup::{self, BackupAsk};
use kaipiao_tests::{PLATFORM, TestServer};
use serde_json::json;

#[test]
fn a_backup_holds_the_files_and_a_server_over_it_serves_them() {
    let server = TestServer::start_embedded();
    let data = server.data().join("data");
    let copied = tempfile::tempdir().unwrap();
    let ask = |name: &str| BackupAsk { file: copied.path().join(name), with_key: true };
    let back_up = |ask: &BackupAsk| {
        backup::run(&data, &data.join("server.key"), &data.join("files"), ask, |_| {})
    };
    let said = back_up(&ask("none")).unwrap();
    assert!(!said.contains("uploaded") && !copied.path().join("none.files").exists(), "{said}");
    let pdfs = [showing("one"), showing("two"), showing("three")];
    let client = server.client(PLATFORM);
    let media_ids: Vec<String> = pdfs.iter().map(|pdf| uploaded(&client, pdf)).collect();
    let said = back_up(&ask("all")).unwrap();
    let told = format!("{} holds 3 uploaded files", copied.path().join("all.files").display());
    assert!(said.contains(&told), "{said}");
    assert_eq!(files(&copied.path().join("all.files")).len(), 3);
    std::fs::create_dir(copied.path().join("once.files")).unwrap();
    let refused = back_up(&ask("once")).unwrap_err().to_string();
    assert!(refused.contains("once.files is there already"), "{refused}");
    // Where the files cannot be copied there is no store that looks whole, and the next try finds nothing in its way.
    let no_file = data.join("files/zz/folder");
    std::fs::create_dir_all(&no_file).unwrap();
    assert!(back_up(&ask("broken")).unwrap_err().to_string().contains("zz"));
    assert!(
        std::fs::read_dir(copied.path())
            .unwrap()
            .all(|entry| { !entry.unwrap().file_name().to_string_lossy().contains("broken") })
    );
    std::fs::remove_dir(&no_file).unwrap();
    assert!(back_up(&ask("broken")).is_ok());
    drop(server);

    let restored = tempfile::tempdir().unwrap();
    let data = restored.path().join("data");
    std::fs::create_dir(&data).unwrap();
    for (from, to) in [
        ("all", kaipiao_store_sqlite::FILE_NAME),
        ("all.key", "server.key"),
        ("all.files", "files"),
    ] {
        std::fs::rename(copied.path().join(from), data.join(to)).unwrap();
    }
    let server = TestServer::start_on(restored, "");
    let client = server.client(PLATFORM);
    for (media_id, pdf) in media_ids.iter().zip(pdfs) {
        let body = json!({"action": "get_url", "s_media_id": media_id});
        let answer = client.post("/card/invoice/platform/getpdf", &body);
        assert_eq!(server.get_raw_bytes(answer["pdf_url"].as_str().unwrap()), pdf);
    }
}
