//! Whether the store is there.

use crate::app::App;
use crate::failure::Failure;
use crate::store_access::commit;
use kaipiao_ports::store::Commit;

/// Lets a commit without content through the whole way of one: it waits behind what waits, and changes
/// nothing.
pub async fn check(app: &App) -> Result<(), Failure> {
    Ok(commit(app, Commit::of(Vec::new())).await?)
}
