//! Reimbursement: companies read, lock and write off what their staff have chosen.

mod picker;
mod read_invoice;
mod update_status;

pub use kaipiao_tests::company_client::{
    OTHER_COMPANY, chosen, chosen_for, other_company, status_of, update,
};
use kaipiao_tests::company_client::{named, path, status, wecom};
use kaipiao_tests::{REIMBURSER, TestServer};
use serde_json::Value;

/// The user's newest invoice, for the demo company, as calls name it.
fn newest(server: &TestServer) -> Value {
    chosen(server, REIMBURSER)
}
