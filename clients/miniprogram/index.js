// For real mini programs: checks what goes into wx.navigateToMiniProgram before WeChat complains in its few words, and
// reads what comes back. CommonJS, and no more of JavaScript than every version of the base library runs.
"use strict";

// WeChat's own invoicing mini program: what getauthurl answers as appid for source wxa.
var INVOICING_APP_ID = "wx9db2c16d0633c2e7";
var APP_ID = /^wx[0-9a-f]{16}$/;
var PAGE = "pages/auth/auth?";
// What every auth_url of source wxa has, in its order.
var PARAMETERS = ["s_pappid", "appid", "num", "o1", "m1", "t1", "source", "type", "signature"];
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
  PARAMETERS.forEach(function (name) {
    if (!parameters[name]) wrong("has no " + name + AS_ANSWERED);
  });
  if (parameters.source !== "wxa") {
    wrong("was made for source " + shown(parameters.source) + ": ask getauthurl with source wxa");
  }
  if (!/^[0-9a-f]{40}$/i.test(parameters.signature)) {
    wrong("is cut off or changed (its signature must be 40 hexadecimal digits)" + AS_ANSWERED);
  }
  return parameters;
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

function checkAppJson(appId, appJson) {
  var listed = appJson.navigateToMiniProgramAppIdList || [];
  if (listed.indexOf(appId) < 0) {
    throw CallError("app.json", "does not let this mini program open " + appId + ": add it to " +
      "navigateToMiniProgramAppIdList, as in " + JSON.stringify(requiredAppJson(appId)));
  }
}

// Gives the call back as it is, or throws a CallError that says which member is wrong and what to do.
function checkCall(call, known) {
  call = call || {};
  known = known || {};
  var asksAs = typeof call.path === "string" ? parametersOf(call.path).appid : undefined;
  checkAppId(call, [known.ownAppId, asksAs]);
  checkPath(call.path);
  if (known.appJson) checkAppJson(call.appId, known.appJson);
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
  requiredAppJson: requiredAppJson,
  readReturn: readReturn,
};
