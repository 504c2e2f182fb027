"""What schemathesis needs to know of the sandbox: who calls, and what is there to be found."""

import collections
import copy
import hashlib
import json
import os
import re

import jsonschema
import schemathesis
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

LIVE = json.load(open(os.environ["KAIPIAO_LIVE"]))


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


def is_operators(case):
    """Operators' and test suites' calls are refused with statuses; the merchant API's with errcodes, which the schemas of its answers have."""
    return case.operation.path.startswith(("/admin/", "/sandbox/"))


def is_chosen(value):
    """About half of all values, the same ones in every run."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).digest()[0] % 2 == 0


def with_what_is_there(value, path):
    """The value with names that the sandbox knows in the places of made-up ones: so calls get past their first check."""
    if isinstance(value, dict):
        known = LIVE["known"] | LIVE["known_at"].get("/reimburse/" if "/reimburse/" in path else path, {})
        return {
            name: known[name] if name in known and isinstance(member, str) else with_what_is_there(member, path)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [with_what_is_there(item, path) for item in value]
    return value


# So many right calls of each operation all have what is there, and later ones by half.
EARLY = 4
RIGHT_CALLS = collections.Counter()
# The clock goes on, but no further than tokens live.
FARTHEST_S = 5


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """Puts what is there into about half of the calls; into none that is to be refused for what it puts there."""
    path, is_get = case.operation.path, case.operation.method == "get"
    is_right = case.meta is None or case.meta.generation.mode.is_positive
    # Chance alone would leave some operation without what is there.
    is_early = is_right and RIGHT_CALLS[case.operation.label] < EARLY
    RIGHT_CALLS[case.operation.label] += is_right
    if is_right or not is_operators(case):
        # The tokens of those who call go on working: new ones are somebody else's.
        always = is_early or path in ("/cgi-bin/token", "/cgi-bin/stable_token")
        if always or is_chosen(case.body):
            case.body = with_what_is_there(case.body, path)
        if case.query and (always or is_chosen(case.query)):
            case.query = with_what_is_there(case.query, path)
    # Nobody changes the accounts that call.
    is_harmless = is_get or path.startswith("/admin/v1/payments/")
    if is_right and is_harmless and (is_early or is_chosen(case.path_parameters)):
        known = LIVE["in_paths"] | LIVE["known_at"].get(path, {})
        case.path_parameters = {name: known.get(name, value) for name, value in case.path_parameters.items()}
    if path == "/sandbox/v1/clock" and isinstance(case.body, dict):
        advance_s = case.body.get("advance_s")
        if isinstance(advance_s, int) and advance_s > FARTHEST_S:
            case.body["advance_s"] = advance_s % FARTHEST_S
        # Nor to another moment, nor faster. tests/sandbox/clock.rs sets it.
        case.body = {name: member for name, member in case.body.items() if name not in ("set", "rate")}
    if path == "/sandbox/v1/faults" and isinstance(case.body, dict):
        # What is planned strikes none of the calls of this run: a pay merchant's are not in the document.
        case.body["appid"] = LIVE["known"]["mchid"]
    if path == "/sandbox/v1/wait" and case.query and str(case.query.get("timeout_s", "0")).isdigit():
        # Nobody waits for what does not happen.
        case.query["timeout_s"] = "0"


@schemathesis.check
def noted(ctx, response, case):
    """Notes what each operation has answered: the test looks whether calls get anywhere."""
    try:
        answer = {} if is_operators(case) else json.loads(response.content)
        errcode = answer.get("errcode", response.status_code)
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


# What a schema allows and is refused all the same, by the reason and what the refusal says: more than a schema can say.
MORE_THAN_A_SCHEMA = {
    "members that go together, or do not": "cannot be combined with|: give |since_ms is empty|, one of them|must be absent beside"
    "|go with a role|role is empty|bound_to is empty|does not fit a|token must be 3 to 32",
    "names of what is not there": "is no account |was not issued by this server|no user has the id|no payment has this prepay_id"
    "|is not a merchant's account|does not hold wx|no account is bound|is no sub-merchant of|is not bound to|or the path of a call",
    "items, whose patterns utoipa has no place for": r"codes \\?\".*is no card's code|\[\d+\]",
    "languages of their own": "filter |now must be a moment|time_end must be|after must be the next of the page before",
    "66.0, which is an integer in JSON Schema": r"must be a whole number, not (-?\d|true or false)",
    "true or one of two words, and true alone for an issuer": "drop must be true",
    "what has not happened yet": "has not happened to",
}
FORGIVEN = re.compile("|".join(MORE_THAN_A_SCHEMA.values()))


@schemathesis.check
def what_is_right_is_taken(ctx, response, case):
    if is_operators(case) and not (response.status_code in (400, 408) and FORGIVEN.search(response.text)):
        positive_data_acceptance(ctx, response, case)


@schemathesis.check
def what_is_wrong_is_refused(ctx, response, case):
    if is_operators(case) and not is_right_as_it_is_read(case) and case.operation.path not in IGNORES:
        negative_data_rejection(ctx, response, case)


# A fault has the members of its own kind; those of other kinds are not read.
IGNORES = {"/sandbox/v1/faults"}
REGISTRY = Registry().with_resource(
    "urn:document", Resource.from_contents(LIVE["document"], default_specification=DRAFT202012)
)


def is_right_as_it_is_read(case):
    """Bodies are read leniently: a number is a text where one is wanted, digits are a number, 0 is false, null is nothing."""
    if case.operation.method == "get" or isinstance(case.body, schemathesis.core.NotSet):
        return False
    steps = ("paths", case.operation.path, case.operation.method, "requestBody", "content", "application/json", "schema")
    pointer = "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)
    schema = {"$ref": "urn:document#/" + pointer}
    validator = jsonschema.Draft202012Validator(schema, registry=REGISTRY)
    body = copy.deepcopy(case.body) or {}
    for error in list(validator.iter_errors(body)):
        *way, name = error.absolute_path or [None]
        place = body
        for step in way:
            place = place[step]
        if error.validator != "type" or not isinstance(place, dict):
            return False
        if error.instance in (None, ""):
            del place[name]
        elif "string" in error.validator_value and type(error.instance) in (int, float):
            place[name] = json.dumps(error.instance)
        elif "boolean" in error.validator_value and error.instance in (0, 1, "0", "1", "true", "false"):
            place[name] = error.instance in (1, "1", "true")
        elif "integer" in error.validator_value and isinstance(error.instance, str) and error.instance.isdigit():
            place[name] = int(error.instance)
    return validator.is_valid(body)
