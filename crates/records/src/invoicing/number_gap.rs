//! Numbers that no invoice has.

use crate::codec::{decode, encode};
use crate::record::{self, Record};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::invoice_number::BlockGaps;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use kaipiao_ports::store::{After, Page, Store};
use serde::{Deserialize, Serialize};

/// The key of the gaps of the block that ends with a number. Within a code it sorts by that number.
pub fn block_gaps_key(merchant: &AppId, code: &str, block_last: u64) -> Key {
    let id = format!("{code}/{block_last:015}");
    Key { kind: Kind::NumberGap, owner: merchant.to_string(), id }
}

/// Gaps of a merchant's closed blocks that end behind a number, within a code and up to `last`;
/// `limit` blocks at most.
pub async fn gaps_behind(
    store: &dyn Store,
    merchant: &AppId,
    code: &str,
    behind: u64,
    last: u64,
    limit: usize,
) -> Result<Vec<BlockGaps>, StoreError> {
    let after = block_gaps_key(merchant, code, behind);
    let mut page = Page::by_key(Kind::NumberGap, Some(after.owner.clone()), limit);
    page.after = Some(After::key(after.owner, after.id));
    let mut found: Vec<BlockGaps> = record::list(store, &page).await?;
    let of_range = found.iter().take_while(|gaps| gaps.code == code && gaps.block_last <= last);
    let count = of_range.count();
    found.truncate(count);
    Ok(found)
}

#[derive(Serialize, Deserialize)]
struct GapsShape {
    code: String,
    block_last: u64,
    gaps: Vec<(u64, u64)>,
}

impl Record for BlockGaps {
    const KIND: Kind = Kind::NumberGap;

    fn encode(&self) -> String {
        let (code, gaps) = (self.code.clone(), self.gaps.clone());
        encode(&GapsShape { code, block_last: self.block_last, gaps })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let GapsShape { code, block_last, gaps } = decode(stored)?;
        Ok(Self { code, block_last, gaps })
    }
}
