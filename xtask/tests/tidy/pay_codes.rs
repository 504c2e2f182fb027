//! Each code with which WeChat Pay's calls refuse is explained in the reference, and a test is answered it over HTTP.

use crate::workspace::{files, root, text};

#[test]
fn every_pay_code_is_in_the_reference_and_in_a_test_over_http() {
    let declared = text(&root().join("crates/domain/src/payment/pay_refusal.rs"));
    let arms = declared.lines().filter_map(|line| line.trim().strip_prefix("Self::"));
    let codes: Vec<_> =
        arms.filter_map(|arm| arm.split_once(" => \"")?.1.split('"').next()).collect();
    assert!(codes.len() >= 20, "{codes:?}");
    let reference = text(&root().join("docs/reference.md"));
    let tests: String = files(&root().join("tests"), ".rs").iter().map(|path| text(path)).collect();
    for code in codes {
        assert!(reference.contains(&format!("| `{code}` |")), "docs/reference.md lacks {code}");
        assert!(tests.contains(&format!("\"{code}")), "no test is answered {code}");
    }
}
