"""What schemathesis needs to know of the sandbox: who calls, and what is there to be found."""

import hashlib
import json
import os

import schemathesis

LIVE = json.loads(os.environ["KAIPIAO_LIVE"])


def role(path):
    """The account that may make a call."""
    if "/reimburse/" in path:
        return "reimburser"
    if "/platform/" in path or path in (
        "/card/invoice/insert",
        "/card/invoice/seturl",
        "/card/code/decrypt",
        "/nontax/createbillcard",
        "/nontax/insertbill",
    ):
        return "platform"
    return "merchant"


# Each call is somebody else's: nothing is kept from the one before.
@schemathesis.auth(refresh_interval=None)
class Credentials:
    def get(self, case, ctx):
        path = ctx.operation.path
        return LIVE["admin_token"] if path.startswith("/admin/") else LIVE["tokens"][role(path)]

    def set(self, case, data, ctx):
        if ctx.operation.path.startswith("/admin/"):
            case.headers["Authorization"] = "Bearer " + data
        else:
            case.query["access_token"] = data


def is_chosen(value):
    """About half of all values, the same ones in every run."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).digest()[0] % 2 == 0


def with_what_is_there(value):
    """The value with names that the sandbox knows in the places of made-up ones: so calls get past their first check."""
    if isinstance(value, dict):
        known = LIVE["known"]
        return {
            name: known[name] if name in known and isinstance(member, str) else with_what_is_there(member)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [with_what_is_there(item) for item in value]
    return value


# The clock goes on, but no further than tokens live.
FARTHEST_S = 5


@schemathesis.hook
def map_body(ctx, body):
    if ctx.operation.path == "/sandbox/v1/clock" and isinstance(body, dict):
        advance_s = body.get("advance_s")
        if isinstance(advance_s, int) and advance_s > FARTHEST_S:
            body = {**body, "advance_s": advance_s % FARTHEST_S}
        # Nor to another moment, nor faster. tests/sandbox/clock.rs sets it.
        return {name: member for name, member in body.items() if name not in ("set", "rate")}
    body = with_what_is_there(body) if is_chosen(body) else body
    if ctx.operation.path == "/sandbox/v1/faults" and isinstance(body, dict):
        # What is planned strikes none of the calls of this run: a pay merchant's are not in the document.
        return {**body, "appid": LIVE["known"]["mchid"]}
    return body


@schemathesis.hook
def map_path_parameters(ctx, path_parameters):
    # Nobody changes the accounts that call.
    if not path_parameters or ctx.operation.method != "get" or not is_chosen(path_parameters):
        return path_parameters
    return {name: LIVE["in_paths"].get(name, value) for name, value in path_parameters.items()}


@schemathesis.hook
def map_query(ctx, query):
    query = with_what_is_there(query) if query and is_chosen(query) else query
    if ctx.operation.path == "/sandbox/v1/wait" and query and not str(query.get("timeout_s", "")).startswith("-"):
        # Nobody waits for what does not happen.
        return {**query, "timeout_s": 0}
    return query


@schemathesis.check
def noted(ctx, response, case):
    """Notes what each operation has answered: the test looks whether calls get anywhere."""
    try:
        errcode = json.loads(response.content).get("errcode", response.status_code)
    except (ValueError, AttributeError):
        errcode = response.status_code
    with open(os.environ["KAIPIAO_SEEN"], "a") as seen:
        seen.write(f"{case.operation.label}\t{errcode}\n")


@schemathesis.check
def bad_input_is_no_fault_of_the_server(ctx, response, case):
    """-1 is for overload and a store that is away."""
    if response.headers.get("content-type", [""])[0].startswith("application/json"):
        try:
            answer = json.loads(response.content)
        except ValueError:
            return
        if isinstance(answer, dict):
            assert answer.get("errcode") != -1, f"errcode -1: {answer}"
