//! Section 14: makeoutinvoice. Accepts a request; the issuing follows by itself ([`crate::invoicing::issue`]).

use crate::authorization::s02_auth_url::order_key_of;
use crate::invoicing::issue::issue_job;
use crate::{App, Decision, Failure, FirstTry};
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::authorization::order::Order;
use kaipiao_domain::invoicing::invoice_request::{
    Accepted, Facts, InvoiceRequest, MakeOut, NotAccepted, Serial,
};
use kaipiao_domain::invoicing::taxpayer::Taxpayer;
use kaipiao_domain::people::user::UserId;
use kaipiao_errcode::ErrorCode;
use kaipiao_ports::store::Expect;
use kaipiao_records::invoicing::invoice_request::request_key;
use kaipiao_records::record::{self, Versioned};
use kaipiao_wire::invoicing::s14_make_out::{MakeOutRequest, refuse_content};
use kaipiao_wire::people::openid;

/// What a caller is told once a decision is on disk.
type Told = Result<(), Refusal>;

impl App {
    /// Accepts a request for a blue invoice, or finds that it was issued before. The order, the
    /// request and its job are one commit.
    pub async fn make_out(&self, caller: &Account, asked: &MakeOutRequest) -> Result<(), Failure> {
        let taxpayer = self.taxpayer_of(caller).await?;
        let MakeOutRequest { openid, asked } = asked;
        let key = order_key_of(caller.merchant(), &asked.order_id);
        let taxpayer = &taxpayer;
        let told = self
            .decide_reading(key, FirstTry::Reads, |order: Option<Order>, attempt| async move {
                let order = order.as_ref();
                let accept = |known| self.accept(caller, openid, asked, order, taxpayer, known);
                let likely = match attempt {
                    0 => self.likely_request(caller.merchant(), order, &asked.serial).await?,
                    _ => self.versioned_request(caller.merchant(), &asked.serial).await?,
                };
                let is_known = likely.is_some();
                let refused = match accept(likely) {
                    Ok(accepted) => return Ok(accepted),
                    Err(refused) if is_known => return Err(refused.into()),
                    Err(refused) => refused,
                };
                // What is not accepted may be known all the same: then its caller is told how far
                // it is, whatever else is wrong with it.
                match self.versioned_request(caller.merchant(), &asked.serial).await? {
                    None => Err(Failure::from(refused)),
                    known => accept(known).map_err(Failure::from),
                }
            })
            .await?;
        told.map_err(Failure::from)
    }

    fn accept(
        &self,
        caller: &Account,
        openid: &str,
        asked: &MakeOut,
        order: Option<&Order>,
        taxpayer: &Taxpayer,
        known: Option<Versioned<InvoiceRequest>>,
    ) -> Result<Decision<Order, Told>, Refusal> {
        let asked_by = order.map(|order| &order.request.asked_by);
        let under = [Some(caller.merchant()), Some(&caller.appid), asked_by];
        let names_user = |user: &UserId| self.is_openid_of(openid, user, under);
        let known_request = known.as_ref().map(|known| &known.value);
        let now = self.now();
        let facts = Facts { taxpayer, names_user: &names_user, known: known_request, now };
        let life = self.settings.issuing.authorization_life;
        let can_print = |c: char| self.renderer.can_print(c);
        let accepted = asked.decide(order, &facts, life, &can_print).map_err(|not| match not {
            NotAccepted::Refused(refusal) => refusal,
            NotAccepted::Content(problem) => refuse_content(&problem),
        })?;
        Ok(self.acceptance(accepted, Versioned::expect(known.as_ref())))
    }

    /// An accepted request as a decision: whatever else changes is the record decided on.
    pub(crate) fn acceptance<Other>(
        &self,
        accepted: Accepted<Other>,
        expect: Expect,
    ) -> Decision<Other, Told> {
        let begins = |request: InvoiceRequest| {
            let key = request_key(&request.merchant, &request.serial);
            let jobs = vec![issue_job(&request, self.now())];
            (vec![record::save(key, expect, &request)], jobs)
        };
        match accepted {
            Accepted::Before => Decision::alone(None, Ok(())),
            Accepted::Begins { other, request } => {
                let (also, jobs) = begins(request);
                Decision { also, jobs, ..Decision::alone(Some(other), Ok(())) }
            }
            Accepted::AsksAgain { request } => {
                let (also, jobs) = begins(request);
                let detail = "the issuer is asked again; query later";
                let told = Err(Refusal::new(ErrorCode::IssuerTimeout, detail));
                Decision { also, jobs, ..Decision::alone(None, told) }
            }
        }
    }

    /// The request with that serial, where the order says that there is one. Most serials are new:
    /// the commit finds out for those that are not.
    async fn likely_request(
        &self,
        merchant: &AppId,
        order: Option<&Order>,
        serial: &Serial,
    ) -> Result<Option<Versioned<InvoiceRequest>>, Failure> {
        let used_by = order.and_then(Order::authorization).and_then(|yes| yes.used_by.as_ref());
        if used_by == Some(serial) {
            return self.versioned_request(merchant, serial).await;
        }
        Ok(None)
    }

    pub(crate) async fn versioned_request(
        &self,
        merchant: &AppId,
        serial: &Serial,
    ) -> Result<Option<Versioned<InvoiceRequest>>, Failure> {
        Ok(record::get(&*self.store, &request_key(merchant, serial)).await?)
    }

    /// Does this openid name the user, under one of these accounts: the merchant, the caller, the
    /// one that asked for the order's link? Each of them knows the user by an openid of its own.
    pub(crate) fn is_openid_of(
        &self,
        openid: &str,
        user: &UserId,
        under: [Option<&AppId>; 3],
    ) -> bool {
        let mut known = under.into_iter().flatten();
        known.any(|appid| openid::make(&self.keys, appid, user).as_str() == openid)
    }
}
