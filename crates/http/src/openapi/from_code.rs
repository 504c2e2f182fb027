//! The part of the document that stands in the code: the admin API's, the sandbox's, and the pages' that answer programs.

use crate::admin::error::ErrorJson;
use crate::admin::{
    accounts, callbacks, console_users, inserted_invoices, invoices, jobs, log, numbers, orders,
    pay_merchants, payments, pushes, requests, users,
};
use crate::openapi::page_routes::JsonPages;
use crate::routes::Api;
use crate::sandbox::{accounts as demo, clock, controls, faults, name_spaces, snapshots, wait};
use serde_json::Value;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    paths(
        accounts::list_accounts,
        accounts::put_account,
        callbacks::put_callback,
        callbacks::put_callback_back,
        console_users::list_users,
        console_users::put_user,
        console_users::remove_user,
        inserted_invoices::list,
        invoices::list_invoices,
        jobs::list_jobs,
        jobs::run_job,
        log::get_log,
        log::put_log,
        numbers::list_numbers,
        orders::list_orders,
        pay_merchants::list_pay_merchants,
        pay_merchants::put_pay_merchant,
        payments::list_payments,
        payments::get_payment,
        payments::put_payment,
        pushes::list_pushes,
        pushes::replay_push,
        pushes::replay_failed_pushes,
        requests::get_request,
        requests::list_requests,
        users::list_messages,
        users::list_titles,
    ),
    components(schemas(ErrorJson<'static>))
)]
struct Admin;

#[derive(OpenApi)]
#[openapi(paths(
    demo::accounts,
    controls::authorize,
    controls::choose_invoice,
    controls::pay,
    controls::messages,
    clock::clock,
    clock::change_clock,
    controls::users,
    faults::plan_fault,
    faults::faults,
    faults::forget_faults,
    wait::wait,
    name_spaces::name_spaces,
    name_spaces::create,
    name_spaces::remove,
    snapshots::snapshots,
    snapshots::save,
    snapshots::restore,
    snapshots::snapshots_of,
    snapshots::restore_of,
    snapshots::reset_of,
    snapshots::forget,
    snapshots::reset,
))]
struct Sandbox;

/// What the code says of the sandbox's controls.
pub(crate) fn sandbox_document() -> Value {
    serde_json::to_value(Sandbox::openapi()).expect("a document is an object")
}

/// What the code says of these parts of the API; what it lacks `spec/` says.
pub(super) fn of(served: &[Api]) -> Value {
    let mut said = JsonPages::openapi();
    if served.contains(&Api::Admin) {
        said.merge(Admin::openapi());
    }
    if served.contains(&Api::Sandbox) {
        said.merge(Sandbox::openapi());
    }
    let Ok(Value::Object(mut said)) = serde_json::to_value(said) else {
        unreachable!("a document is an object")
    };
    // The rest of it is in `spec/`.
    said.retain(|name, value| matches!(&**name, "paths" | "components") && value.is_object());
    Value::Object(said)
}
