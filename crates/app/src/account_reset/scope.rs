//! What is an account's, among what several accounts share.

use super::walk::Walk;
use crate::app::App;
use crate::failure::Failure;
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::payment::pay_merchant::{MchId, PayMerchant};
use kaipiao_domain::payment::payments::{Payment, SubMerchant};
use kaipiao_ports::record::Kind;
use kaipiao_records::record;
use std::collections::{BTreeMap, BTreeSet};

/// An account that is reset.
pub(super) struct Scope<'a> {
    pub(super) app: &'a App,
    pub(super) appid: AppId,
    /// The accounts that share the orders and payments: itself and the apps that are bound to it. Empty: it is such an app,
    /// and they are its merchant's.
    pub(super) sharing: BTreeSet<AppId>,
    /// The pay merchants that have accounts, and whether these are among them.
    payees: BTreeMap<MchId, bool>,
}

impl<'a> Scope<'a> {
    pub(super) async fn of(app: &'a App, appid: AppId) -> Result<Self, Failure> {
        let mut sharing = BTreeSet::new();
        let mut walk = Walk::of_all(app, Kind::Account);
        while let Some(found) = walk.next().await? {
            let accounts = found.iter().filter_map(|one| record::value::<Account>(one).ok());
            let its = accounts.filter(|account| *account.merchant() == appid);
            sharing.extend(its.map(|account| account.appid));
        }
        let mut payees = BTreeMap::new();
        let mut walk = Walk::of_all(app, Kind::PayMerchant);
        while let Some(found) = walk.next().await? {
            let known = found.iter().filter_map(|one| record::value::<PayMerchant>(one).ok());
            for PayMerchant { mchid, accounts, .. } in known.filter(|one| !one.accounts.is_empty())
            {
                payees.insert(mchid, accounts.iter().any(|one| sharing.contains(one)));
            }
        }
        Ok(Self { app, appid, sharing, payees })
    }

    /// Whether a payment is the account's: its order is, or, while it has opened none, whoever is paid; of a sub-merchant that
    /// has no account, whoever has taken it.
    pub(super) fn has(&self, payment: &Payment) -> bool {
        let Payment { order_merchant, request, .. } = payment;
        if let Some(merchant) = order_merchant {
            return *merchant == self.appid;
        }
        let is_payees = match &request.sub_merchant {
            None => None,
            Some(SubMerchant { appid: Some(appid), .. }) => Some(self.sharing.contains(appid)),
            Some(SubMerchant { mchid, .. }) => self.payees.get(mchid).copied(),
        };
        is_payees.unwrap_or_else(|| self.sharing.contains(&request.appid))
    }
}
