//! Section 11: who issues for the payments of a pay merchant.

use crate::app::App;
use crate::authorization::s02_auth_url::require_platform;
use crate::failure::Failure;
use crate::signed::platform_id;
use crate::store_access::{Decision, FirstTry, decide_reading};
use kaipiao_domain::access::account::{Account, AppId, PlatformId};
use kaipiao_domain::authorization::requests::unknown_platform;
use kaipiao_domain::payment::pay_merchant::{
    LinkedPayMerchant, MchId, PayMerchant, PayMerchantInfo, unknown_mchid,
};
use kaipiao_ports::record::Save;
use kaipiao_records::payment::pay_merchant::{linked_pay_merchant_key, pay_merchant_key};
use kaipiao_records::record::{self, Versioned};

/// Links a pay merchant and a platform, in place of what the merchant had linked before: all in one commit.
/// 72030 where there is no such pay merchant or it is another account's, 72031 for an unknown platform.
pub async fn set_pay_merchant(
    app: &App,
    caller: &Account,
    asked: &PayMerchantInfo,
) -> Result<(), Failure> {
    let unknown = || unknown_mchid(&asked.mchid);
    let mchid = MchId::parse(&asked.mchid).ok_or_else(unknown)?;
    let merchant = caller.merchant();
    let key = linked_pay_merchant_key(merchant);
    decide_reading(app, key, FirstTry::Reads, async |before: Option<LinkedPayMerchant>, _| {
        let found =
            record::get_fresh::<PayMerchant>(&*app.store, &pay_merchant_key(&mchid)).await?;
        let found = found.ok_or_else(unknown)?;
        found.value.check_link(caller)?;
        let linked = found.value.linked(merchant, platform_of(app, &asked.s_pappid).await?);
        let mut also = Vec::new();
        if linked != found.value {
            also.push(record::save(
                pay_merchant_key(&mchid),
                Versioned::expect(Some(&found)),
                &linked,
            ));
        }
        let now = LinkedPayMerchant(mchid.clone());
        if let Some(LinkedPayMerchant(former)) = before.as_ref().filter(|before| **before != now) {
            also.extend(let_go(app, former, merchant).await?);
        }
        let next = (before.as_ref() != Some(&now)).then_some(now);
        Ok::<_, Failure>(Decision { also, ..Decision::alone(next, ()) })
    })
    .await
}

async fn platform_of(app: &App, s_pappid: &str) -> Result<PlatformId, Failure> {
    let (platform, appid) =
        platform_id::read(s_pappid).ok_or_else(|| unknown_platform(s_pappid))?;
    require_platform(app, &platform, &appid).await?;
    Ok(platform)
}

/// What ends the link to the pay merchant that was linked before.
async fn let_go(app: &App, former: &MchId, merchant: &AppId) -> Result<Option<Save>, Failure> {
    let key = pay_merchant_key(former);
    let Some(found) = record::get_fresh::<PayMerchant>(&*app.store, &key).await? else {
        return Ok(None);
    };
    let without = found.value.without_link_of(merchant);
    let changes = without != found.value;
    Ok(changes.then(|| record::save(key, Versioned::expect(Some(&found)), &without)))
}
