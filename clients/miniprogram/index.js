// For real mini programs: checks what goes into wx.navigateToMiniProgram before WeChat complains in its few words, and
// reads what comes back. CommonJS, and no more of JavaScript than every version of the base library runs.
"use strict";

// WeChat's own invoicing mini program: what getauthurl answers as appid for source wxa.
var INVOICING_APP_ID = "wx9db2c16d0633c2e7";
var APP_ID = /^wx[0-9a-f]{16}$/;
var PAGE = "pages/auth/auth?";
// What no auth_url works without.
var REQUIRED = ["s_pappid", "o1", "signature"];
// What every auth_url of source wxa has had besides, so far.
var USUAL = ["appid", "num", "m1", "t1", "source", "type"];
var AS_ANSWERED = ": pass getauthurl's auth_url whole, as it was answered";
var OUTCOMES = { "0": "authorized", "-4": "declined", "-2": "left" };

function CallError(member, message) {
  var error = new Error(member + " " + message);
  error.name = "CallError";
  error.member = member;
  return error;
}

function shown(value) {
  return typeof value === "string" ? '"' + value.slice(0, 60) + '"' : String(value);
}

// The parameters of a path; what cannot be decoded stays as it is.
function parametersOf(path) {
  var parameters = {};
  path.slice(path.indexOf("?") + 1).split("&").forEach(function (pair) {
    var at = pair.indexOf("=");
    var name = at < 0 ? pair : pair.slice(0, at);
    var value = at < 0 ? "" : pair.slice(at + 1);
    try { value = decodeURIComponent(value); } catch (_) { /* The server will say what it thinks of it. */ }
    parameters[name] = value;
  });
  return parameters;
}

function checkPath(path) {
  function wrong(message) { throw CallError("path", message); }
  if (typeof path !== "string" || path === "") {
    wrong("is missing: pass the auth_url that getauthurl answered for source wxa");
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) {
    wrong("is an address (" + shown(path) + "): ask getauthurl with source wxa, which answers " + PAGE + "…");
  }
  if (path.indexOf("&amp;") >= 0) {
    wrong("is escaped as HTML (it has &amp;)" + AS_ANSWERED);
  }
  if (/^pages%2f/i.test(path)) {
    wrong("is percent-encoded as a whole" + AS_ANSWERED);
  }
  if (path.indexOf(PAGE) !== 0) {
    wrong("must begin with " + PAGE + ", not " + shown(path) + AS_ANSWERED);
  }
  var parameters = parametersOf(path);
  REQUIRED.forEach(function (name) {
    if (!parameters[name]) wrong("has no " + name + AS_ANSWERED);
  });
}

function checkAppId(call, ownAppIds) {
  function wrong(message) { throw CallError("appId", message); }
  var appId = call.appId;
  if (appId === undefined && call.appid !== undefined) {
    wrong("is missing: WeChat's member is appId, with a capital I; appid is what getauthurl answers");
  }
  if (typeof appId !== "string" || appId === "") {
    wrong("is missing: pass the appid that getauthurl answered; it answers one for source wxa only");
  }
  if (!APP_ID.test(appId)) {
    wrong("must be wx and 16 hexadecimal digits, not " + shown(appId));
  }
  if (ownAppIds.indexOf(appId) >= 0) {
    wrong("is your own (" + appId + "), which WeChat refuses as invalid: pass the appid that getauthurl " +
      "answered beside auth_url, the invoicing mini program's");
  }
}

// What app.json must have, so that the invoicing mini program may be opened.
function requiredAppJson(appId) {
  return { navigateToMiniProgramAppIdList: [appId || INVOICING_APP_ID] };
}

function pathWarnings(path) {
  var parameters = parametersOf(path);
  var messages = USUAL.filter(function (name) { return !parameters[name]; }).map(function (name) {
    return "has no " + name + AS_ANSWERED;
  });
  if (parameters.source && parameters.source !== "wxa") {
    messages.push("was made for source " + shown(parameters.source) + ": ask getauthurl with source wxa");
  }
  if (parameters.signature && !/^[0-9a-f]{40}$/i.test(parameters.signature)) {
    messages.push("may be cut off or changed (a signature has been 40 hexadecimal digits)" + AS_ANSWERED);
  }
  return messages;
}

function appJsonWarnings(appId, appJson) {
  if ((appJson.navigateToMiniProgramAppIdList || []).indexOf(appId) >= 0) return [];
  return ["does not let this mini program open " + appId + " in base libraries of before April 2020: add it to " +
    "navigateToMiniProgramAppIdList, as in " + JSON.stringify(requiredAppJson(appId))];
}

// What is likely wrong with a call, and not for sure: links have had the same shape so far, and may get another one.
function warningsOf(call, known) {
  function of(member, messages) {
    return messages.map(function (message) { return { member: member, message: member + " " + message }; });
  }
  var path = call && typeof call.path === "string" ? call.path : "";
  var warnings = path.indexOf(PAGE) === 0 ? of("path", pathWarnings(path)) : [];
  if (!known || !known.appJson) return warnings;
  return warnings.concat(of("app.json", appJsonWarnings(call && call.appId, known.appJson)));
}

// Gives the call back as it is, or throws a CallError that says which member is wrong for sure, and what to do. What is
// only likely wrong is told to the console.
function checkCall(call, known) {
  call = call || {};
  known = known || {};
  var asksAs = typeof call.path === "string" ? parametersOf(call.path).appid : undefined;
  checkAppId(call, [known.ownAppId, asksAs]);
  checkPath(call.path);
  warningsOf(call, known).forEach(function (warning) { console.warn(warning.message); });
  return call;
}

// What App's onShow was told by the invoicing mini program. null: the user comes from elsewhere. Whatever it says, ask
// your backend (getauthdata, or the push): users end WeChat on the way, and phones have lost extraData.
function readReturn(options, appId) {
  var referrer = (options && options.referrerInfo) || {};
  if (referrer.appId !== (appId || INVOICING_APP_ID)) return null;
  var data = referrer.extraData || {};
  var isCode = /^-?[0-9]+$/.test(String(data.errCode));
  var orderId = data.wxOrderId;
  return {
    errCode: isCode ? Number(data.errCode) : null,
    wxOrderId: typeof orderId === "string" && orderId !== "" ? orderId : null,
    outcome: isCode ? OUTCOMES[Number(data.errCode)] || "failed" : "unknown",
  };
}

module.exports = {
  INVOICING_APP_ID: INVOICING_APP_ID,
  checkCall: checkCall,
  warningsOf: warningsOf,
  requiredAppJson: requiredAppJson,
  readReturn: readReturn,
};
