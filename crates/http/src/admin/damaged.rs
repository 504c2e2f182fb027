//! Records of a listing's page that cannot be read: each listing names them beside its entries.

use kaipiao_app::listing::Damaged;
use serde::Serialize;
use utoipa::ToSchema;

/// A damaged record as an operator finds it in the store.
#[derive(Serialize, ToSchema)]
pub(crate) struct DamagedJson {
    /// The table.
    table: &'static str,
    /// The account's appid or the user's id that it belongs to.
    owner: String,
    /// Its name among the owner's; empty where there is one only.
    id: String,
    why: String,
}

impl DamagedJson {
    /// All of them, for `damaged` of a listing.
    pub(crate) fn all(damaged: Vec<Damaged>) -> Vec<Self> {
        let to_json = |Damaged { key, why }: Damaged| Self {
            table: key.kind.table(),
            owner: key.owner,
            id: key.id,
            why,
        };
        damaged.into_iter().map(to_json).collect()
    }
}
