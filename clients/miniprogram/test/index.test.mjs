import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { INVOICING_APP_ID, checkCall, readReturn, requiredAppJson } from "../index.mjs";
import { INVOICING_APP_ID as BROWSERS_APP_ID } from "../browser.mjs";

const OWN = "wx6b61697069616f34";
const PLATFORM = "d3g2YjYxNjk3MDY5NjE2ZjMyX7ikvv3ACZWSpg_jdu4QicFcqRx9TRQJTozXUTmpBhij";
const PATH = `pages/auth/auth?s_pappid=${PLATFORM}&appid=${OWN}&num=1&o1=SD%201%2F%2B&m1=15900&t1=1474875876` +
  `&source=wxa&type=1&signature=${"a1".repeat(20)}`;

test("a call as getauthurl answered it is given back as it is", () => {
  const call = { appId: INVOICING_APP_ID, path: PATH, success() {} };
  assert.equal(checkCall(call), call);
  assert.equal(checkCall(call, { ownAppId: OWN, appJson: requiredAppJson() }), call);
});

test("what is wrong is named, with what to do", () => {
  const right = { appId: INVOICING_APP_ID, path: PATH };
  for (const [change, member, words] of [
    [{ appId: undefined, appid: INVOICING_APP_ID }, "appId", "with a capital I"],
    [{ appId: undefined }, "appId", "for source wxa only"],
    [{ appId: "" }, "appId", "pass the appid that getauthurl answered"],
    [{ appId: OWN }, "appId", `is your own (${OWN})`],
    [{ appId: "WX9DB2C16D0633C2E7" }, "appId", "16 hexadecimal digits"],
    [{ path: undefined }, "path", "pass the auth_url"],
    [{ path: "" }, "path", "pass the auth_url"],
    [{ path: "https://mp.weixin.qq.com/bizmall/authinvoice?action=list" }, "path", "ask getauthurl with source wxa"],
    [{ path: PATH.replaceAll("&", "&amp;") }, "path", "escaped as HTML"],
    [{ path: encodeURIComponent(PATH) }, "path", "percent-encoded as a whole"],
    [{ path: `/${PATH}` }, "path", "must begin with pages/auth/auth?"],
    [{ path: "pages/index/index?o1=1" }, "path", "must begin with pages/auth/auth?"],
    [{ path: PATH.slice(0, PATH.indexOf("&source")) }, "path", "has no source"],
    [{ path: PATH.slice(0, -1) }, "path", "is cut off or changed"],
    [{ path: PATH.replace("source=wxa", "source=app") }, "path", 'was made for source "app"'],
  ]) {
    assert.throws(() => checkCall({ ...right, ...change }), (error) => {
      assert.equal(error.name, "CallError");
      assert.equal(error.member, member);
      assert.ok(error.message.startsWith(`${member} `) && error.message.includes(words), error.message);
      return true;
    });
  }
  assert.throws(() => checkCall(), { name: "CallError", member: "appId" });
});

test("one's own appid is known from the path, and from who asks", () => {
  const other = "wx1111111111111111";
  assert.equal(checkCall({ appId: other, path: PATH }).appId, other);
  assert.throws(() => checkCall({ appId: other, path: PATH }, { ownAppId: other }), /is your own/);
});

test("app.json must list the mini program that is opened", () => {
  assert.deepEqual(requiredAppJson(), { navigateToMiniProgramAppIdList: ["wx9db2c16d0633c2e7"] });
  const call = { appId: INVOICING_APP_ID, path: PATH };
  for (const appJson of [{}, { navigateToMiniProgramAppIdList: [OWN] }]) {
    assert.throws(() => checkCall(call, { appJson }), (error) => error.member === "app.json" &&
      error.message.includes('{"navigateToMiniProgramAppIdList":["wx9db2c16d0633c2e7"]}'));
  }
  const sample = JSON.parse(readFileSync(new URL("../sample/app.json", import.meta.url)));
  assert.equal(checkCall(call, { appJson: sample }), call);
});

test("onShow is read, whatever it holds", () => {
  const from = (extraData, appId = INVOICING_APP_ID) => readReturn({ scene: 1038, referrerInfo: { appId, extraData } });
  for (const [errCode, outcome] of [[0, "authorized"], [-4, "declined"], [-2, "left"], [-1, "failed"], [-3, "failed"]]) {
    const returned = { errCode, wxOrderId: "1234", outcome };
    assert.deepEqual(from({ errCode, wxOrderId: "1234" }), returned);
    assert.deepEqual(from({ errCode: String(errCode), wxOrderId: "1234" }), returned);
  }
  const unknown = { errCode: null, wxOrderId: null, outcome: "unknown" };
  for (const nothing of [undefined, null, {}, { errCode: "", wxOrderId: "" }, { errCode: "ok", wxOrderId: 7 }]) {
    assert.deepEqual(from(nothing), unknown);
  }
  for (const elsewhere of [undefined, null, {}, { referrerInfo: {} }]) assert.equal(readReturn(elsewhere), null);
  assert.equal(from({ errCode: 0 }, OWN), null);
  assert.equal(readReturn({ referrerInfo: { appId: OWN, extraData: { errCode: 0, wxOrderId: "1" } } }, OWN).errCode, 0);
});

test("both ways of loading it, and both files, agree", () => {
  const required = createRequire(import.meta.url)("../index.js");
  assert.equal(required.checkCall, checkCall);
  assert.equal(BROWSERS_APP_ID, INVOICING_APP_ID);
});

test("it asks nothing of a mini program that old base libraries lack", () => {
  const code = readFileSync(new URL("../index.js", import.meta.url), "utf8");
  for (const newer of [/=>/, /`/, /\?\./, /\b(const|let|class|URL|URLSearchParams|require|window)\b/]) {
    assert.ok(!newer.test(code.replace(/\/\/.*/g, "").replace(/"[^"]*"/g, '""')), String(newer));
  }
});
