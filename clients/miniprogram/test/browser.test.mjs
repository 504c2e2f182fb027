// What the stand-in says and keeps without a page to open; the page itself is in tests/kits of the repository.
import assert from "node:assert/strict";
import { test } from "node:test";
import { INVOICING_APP_ID, install } from "../browser.mjs";

const BASE = "http://127.0.0.1:8080";
const OWN = "wx6b61697069616f34";
const PATH = `pages/auth/auth?appid=${OWN}&o1=SD%201%2F%2B&source=wxa`;

/** A window in which time passes when it is told to. */
function pageAt(origin, opens = () => null) {
  const timers = new Map();
  const timer = (repeats) => (callback) => {
    const id = {};
    timers.set(id, { callback, repeats });
    return id;
  };
  return Object.assign(new EventTarget(), {
    location: { origin },
    open: opens,
    setTimeout: timer(false),
    setInterval: timer(true),
    clearInterval: (id) => timers.delete(id),
    timers,
    /** Runs what is due now. */
    pass() {
      for (const [id, { callback, repeats }] of [...timers]) {
        if (!repeats) timers.delete(id);
        callback();
      }
    },
  });
}

function said(page, source, data, origin = BASE) {
  page.dispatchEvent(Object.assign(new Event("message"), { source, origin, data }));
}

test("each failure has the platform's words, and complete hears of it too", () => {
  const page = pageAt("http://shop.example");
  install({ baseUrl: BASE, window: page, appJson: { navigateToMiniProgramAppIdList: [INVOICING_APP_ID, "wx2222222222222222"] } });
  for (const [call, problem] of [
    [{ path: PATH }, "parameter error: parameter.appId should be String instead of Undefined;"],
    [{ appId: null, path: PATH }, "parameter error: parameter.appId should be String instead of Null;"],
    [{ appId: INVOICING_APP_ID, path: "https://mp.weixin.qq.com/bizmall/authinvoice" },
      "invalid path: it must be the auth_url that getauthurl answered for source wxa, pages/auth/auth?…"],
    [{ appId: OWN, path: PATH }, "invalid appid"],
    [{ appId: "wx1111111111111111", path: PATH },
      'appId "wx1111111111111111" is not in navigateToMiniProgramAppIdList'],
    [{ appId: "wx2222222222222222", path: PATH }, "invalid appid"],
    [{ appId: INVOICING_APP_ID, path: PATH }, "can only be invoked by user TAP gesture."],
  ]) {
    const heard = [];
    const tell = (name) => (result) => heard.push([name, result.errMsg]);
    page.wx.navigateToMiniProgram({ ...call, success: tell("success"), fail: tell("fail"), complete: tell("complete") });
    assert.deepEqual(heard, [], "nothing is called back at once");
    page.pass();
    const errMsg = `navigateToMiniProgram:fail ${problem}`;
    assert.deepEqual(heard, [["fail", errMsg], ["complete", errMsg]]);
  }
});

test("a page without an origin cannot be told, and says so", async () => {
  const page = pageAt("null", () => ({ closed: false }));
  install({ baseUrl: BASE, window: page });
  await assert.rejects(page.wx.navigateToMiniProgram({ appId: INVOICING_APP_ID, path: PATH }), {
    errMsg: "navigateToMiniProgram:fail the page that calls must be served by http or https",
  });
});

test("the page is opened at once, with the origin that may be told", async () => {
  const opened = [];
  const page = pageAt("http://shop.example:8090", (...what) => { opened.push(what); return { closed: false }; });
  install({ baseUrl: `${BASE}/`, window: page });
  const promise = page.wx.navigateToMiniProgram({ appId: INVOICING_APP_ID, path: PATH });
  assert.equal(opened[0][0], `${BASE}/${PATH}&origin=http%3A%2F%2Fshop.example%3A8090`);
  assert.deepEqual(await promise, { errMsg: "navigateToMiniProgram:ok" });
});

test("only the window that was opened is listened to, at Kaipiao's origin, and its last word counts", () => {
  const answers = [];
  const window = { closed: false, postMessage: (...what) => answers.push(what) };
  const page = pageAt("http://shop.example", () => window);
  install({ baseUrl: BASE, window: page, appJson: { pages: ["pages/order/order"] } });
  const shown = [];
  page.App({
    onLaunch: (options) => shown.push(["launch", options.scene]),
    onShow(options) { shown.push([options.scene, options.path, options.referrerInfo, this === page.getApp()]); },
    onHide: () => shown.push(["hide"]),
  });
  const listener = (options) => shown.push(["listener", options.scene]);
  page.pass();
  page.wx.onAppShow(listener);
  page.wx.navigateToMiniProgram({ appId: INVOICING_APP_ID, path: PATH, complete() {} });
  page.pass();
  said(page, {}, { errCode: 0, wxOrderId: "another window" });
  said(page, window, { errCode: 0, wxOrderId: "another origin" }, "http://evil.example");
  said(page, window, "hello");
  said(page, window, { errCode: -4, wxOrderId: "SD 1/+" });
  said(page, window, { errCode: 0, wxOrderId: "SD 1/+" });
  assert.deepEqual(answers, [["heard", BASE], ["heard", BASE]]);
  page.pass();
  assert.equal(shown.length, 3, "the app is hidden while the window is open");
  window.closed = true;
  page.pass();
  page.pass();
  const first = "pages/order/order";
  const back = { appId: INVOICING_APP_ID, extraData: { errCode: 0, wxOrderId: "SD 1/+" } };
  assert.deepEqual(shown, [
    ["launch", 1001], [1001, first, {}, true], ["hide"], [1038, first, back, true], ["listener", 1038],
  ]);
  assert.equal(page.timers.size, 0, "nothing is left behind");
});

test("an order whose window another one takes comes back first, and the app is hidden and shown in turn", () => {
  const window = { closed: false, postMessage() {} };
  const page = pageAt("http://shop.example", () => window);
  install({ baseUrl: BASE, window: page });
  const told = [];
  const known = ({ referrerInfo: { extraData } }) => told.push(extraData ? [extraData.wxOrderId, extraData.errCode] : "start");
  page.App({ onShow: known, onHide: () => told.push("hide") });
  page.pass();
  const opens = (order) => {
    page.wx.navigateToMiniProgram({ appId: INVOICING_APP_ID, path: PATH.replace(/o1=[^&]*/, `o1=${order}`), complete() {} });
  };
  opens("left");
  page.pass();
  opens("answered");
  // What the page of before has said on its way out is not the next one's.
  said(page, window, { errCode: 0, wxOrderId: "left" });
  page.pass();
  said(page, window, { errCode: -4, wxOrderId: "answered" });
  opens("third");
  opens("fourth");
  page.pass();
  window.closed = true;
  for (let i = 0; i < 3; i++) page.pass();
  assert.deepEqual(told, [
    "start", "hide", ["left", 0], "hide", ["answered", -4], "hide", ["third", -2], "hide", ["fourth", -2],
  ]);
  assert.equal(page.timers.size, 0, "nothing is left behind");
});

test("a call that opens no window leaves the open one as it is", () => {
  const window = { closed: false };
  const windows = [window, null];
  const page = pageAt("http://shop.example", () => windows.shift());
  install({ baseUrl: BASE, window: page });
  const told = [];
  page.wx.onAppShow((options) => told.push(options.referrerInfo.extraData.errCode));
  page.wx.onAppHide(() => told.push("hide"));
  for (let i = 0; i < 2; i++) page.wx.navigateToMiniProgram({ appId: INVOICING_APP_ID, path: PATH, complete() {} });
  page.pass();
  assert.deepEqual(told, ["hide"]);
  window.closed = true;
  page.pass();
  page.pass();
  assert.deepEqual(told, ["hide", -2]);
});

test("a window that is closed without an answer is -2, with the order of the path", () => {
  const window = { closed: true };
  const page = pageAt("http://shop.example", () => window);
  install({ baseUrl: BASE, window: page, appId: "wx3333333333333333" });
  const shown = [];
  page.wx.onAppShow((options) => shown.push(options.referrerInfo));
  page.wx.navigateToMiniProgram({ appId: "wx3333333333333333", path: PATH, complete() {} });
  for (let i = 0; i < 3; i++) page.pass();
  assert.deepEqual(shown, [{ appId: "wx3333333333333333", extraData: { errCode: -2, wxOrderId: "SD 1/+" } }]);
});

test("what wx has already stays, and listeners go as they came", () => {
  const page = pageAt("http://shop.example");
  page.wx = { config: 1 };
  install({ baseUrl: BASE, window: page });
  assert.equal(page.wx.config, 1);
  let shown = 0;
  const one = () => { shown += 1; };
  const other = () => { shown += 10; };
  page.wx.onAppShow(one);
  page.wx.onAppShow(other);
  page.wx.offAppShow(one);
  page.App({});
  page.pass();
  assert.equal(shown, 10);
  page.wx.offAppShow();
  page.App({});
  page.pass();
  assert.equal(shown, 10);
});

test("baseUrl must be an address", () => {
  for (const baseUrl of [undefined, "", "127.0.0.1:8080", "ftp://127.0.0.1", `${BASE}/pages`]) {
    assert.throws(() => install({ baseUrl, window: pageAt("http://shop.example") }), /baseUrl must be/, String(baseUrl));
  }
});
