import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { INVOICING_APP_ID, checkCall, readReturn, requiredAppJson, warningsOf } from "../index.mjs";
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
    [{ path: PATH.slice(0, PATH.indexOf("&signature")) }, "path", "has no signature"],
    [{ path: PATH.replace("o1=", "o2=") }, "path", "has no o1"],
    [{ path: PATH.replace(PLATFORM, "") }, "path", "has no s_pappid"],
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

test("what is only likely wrong is told to the console, and the call goes on", () => {
  const messages = [];
  const { warn } = console;
  console.warn = (message) => messages.push(message);
  for (const [path, words] of [
    [PATH.replace("&source=wxa", ""), ["has no source"]],
    [PATH.replace("&num=1", "").replace("&type=1", ""), ["has no num", "has no type"]],
    [PATH.slice(0, -1), ["may be cut off or changed"]],
    [PATH.replace("source=wxa", "source=app"), ['was made for source "app"']],
    [`${PATH}&newer=1`, []],
    [PATH, []],
  ]) {
    const call = { appId: INVOICING_APP_ID, path };
    messages.length = 0;
    assert.equal(checkCall(call), call);
    assert.deepEqual(warningsOf(call), messages.map((message) => ({ member: "path", message })));
    assert.equal(messages.length, words.length, messages.join());
    words.forEach((word, i) => assert.ok(messages[i].startsWith(`path ${word}`), messages[i]));
  }
  console.warn = warn;
  assert.deepEqual(warningsOf(), []);
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
    const [warning, ...others] = warningsOf(call, { appJson });
    assert.equal(warning.member, "app.json");
    assert.ok(warning.message.includes('{"navigateToMiniProgramAppIdList":["wx9db2c16d0633c2e7"]}'), warning.message);
    assert.deepEqual(others, []);
  }
  const sample = JSON.parse(readFileSync(new URL("../sample/app.json", import.meta.url)));
  assert.deepEqual(warningsOf(call, { appJson: sample }), []);
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
