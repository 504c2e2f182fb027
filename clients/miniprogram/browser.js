// The stand-in of wx.navigateToMiniProgram for browsers: what the invoicing mini program would show is a window of
// Kaipiao's. A classic script (it makes kaipiaoMiniProgram), or a module for require.
(function () {
  "use strict";

  // WeChat's own invoicing mini program; the server's setting is authorization.wxa_appid.
  var INVOICING_APP_ID = "wx9db2c16d0633c2e7";
  var PAGE = "pages/auth/auth?";
  // errCode of a user who has left without an answer.
  var LEFT = -2;
  // The platform's numbers of how an app came to be shown: from the list of apps, back from another mini program.
  var FROM_THE_LIST = 1001;
  var FROM_ANOTHER = 1038;
  var LOOK_EACH_MS = 300;

  function originOf(baseUrl) {
    var url;
    try { url = new URL(baseUrl); } catch (_) { url = null; }
    if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== "/") {
      throw new Error("baseUrl must be Kaipiao's address, as http://127.0.0.1:8080, not " + JSON.stringify(baseUrl));
    }
    return url.origin;
  }

  function parameter(path, name) {
    return new URLSearchParams(path.slice(path.indexOf("?") + 1)).get(name) || "";
  }

  function typeOf(value) {
    var type = value === null ? "null" : typeof value;
    return type.charAt(0).toUpperCase() + type.slice(1);
  }

  // What of an app's life the platform tells it: App({ onLaunch, onShow, onHide }), wx.onAppShow, wx.onAppHide.
  function lifeOf(host, appJson) {
    var app;
    var listeners = { show: [], hide: [] };

    function optionsOf(scene, referrerInfo) {
      return { path: (appJson.pages || [""])[0], query: {}, scene: scene, referrerInfo: referrerInfo };
    }

    function show(scene, referrerInfo) {
      var options = optionsOf(scene, referrerInfo);
      if (app && app.onShow) app.onShow(options);
      listeners.show.slice().forEach(function (listener) { listener(options); });
    }

    function hide() {
      if (app && app.onHide) app.onHide();
      listeners.hide.slice().forEach(function (listener) { listener(); });
    }

    function launch(definition) {
      app = definition;
      host.setTimeout(function () {
        if (app.onLaunch) app.onLaunch(optionsOf(FROM_THE_LIST, {}));
        show(FROM_THE_LIST, {});
      }, 0);
    }

    function on(event) {
      return function (listener) { listeners[event].push(listener); };
    }

    // Without a listener: all of them.
    function off(event) {
      return function (listener) {
        listeners[event] = listeners[event].filter(function (other) { return listener && other !== listener; });
      };
    }

    return { App: launch, getApp: function () { return app; }, show: show, hide: hide, on: on, off: off };
  }

  // Listens to an order's page in a window, and calls back once that is closed: with the last answer that the page has
  // told. Gives back what ends it before, since the window is another order's now.
  function watch(host, base, opened, orderId, returned) {
    var result = { errCode: LEFT, wxOrderId: orderId };
    var isOver = false;
    function hear(event) {
      var said = event.data;
      if (event.source !== opened || event.origin !== base || !said || typeof said.errCode !== "number") return;
      // The window may have been another order's before.
      if (said.wxOrderId !== orderId) return;
      result = { errCode: said.errCode, wxOrderId: said.wxOrderId };
      opened.postMessage("heard", base);
    }
    // What a window said before it was closed may be heard after that.
    var wasClosed = false;
    var looking = host.setInterval(function () {
      if (wasClosed) end();
      wasClosed = opened.closed;
    }, LOOK_EACH_MS);
    function end() {
      if (isOver) return;
      isOver = true;
      host.clearInterval(looking);
      host.removeEventListener("message", hear);
      returned(result);
    }
    host.addEventListener("message", hear);
    return end;
  }

  // Makes wx, App and getApp of the window. `options`: baseUrl; appId, where the server names another mini program to
  // open; appJson, whose list is then kept as the platform keeps it; window, where it is not the global one.
  function install(options) {
    var host = options.window || window;
    var base = originOf(options.baseUrl);
    var invoicingAppId = options.appId || INVOICING_APP_ID;
    var appJson = options.appJson || {};
    var life = lifeOf(host, appJson);
    var endLast = function () {};

    // Why a call fails, in the platform's words where they are known; "": it does not.
    function problemOf(call) {
      var appId = call.appId;
      var path = call.path;
      var listed = appJson.navigateToMiniProgramAppIdList;
      if (typeof appId !== "string") {
        return "parameter error: parameter.appId should be String instead of " + typeOf(appId) + ";";
      }
      if (typeof path !== "string" || path.indexOf(PAGE) !== 0) {
        return "invalid path: it must be the auth_url that getauthurl answered for source wxa, " + PAGE + "…";
      }
      if (appId === parameter(path, "appid")) return "invalid appid";
      if (listed && listed.indexOf(appId) < 0) {
        return 'appId "' + appId + '" is not in navigateToMiniProgramAppIdList';
      }
      if (appId !== invoicingAppId) return "invalid appid";
      if (!/^https?:/.test(host.location.origin)) return "the page that calls must be served by http or https";
      return "";
    }

    function returned(result) {
      life.show(FROM_ANOTHER, { appId: invoicingAppId, extraData: result });
    }

    // Opens the page at once, since a browser lets only a tap open windows. Why it fails; "": it does not.
    function open(call) {
      var problem = problemOf(call);
      if (problem) return problem;
      var address = base + "/" + call.path + "&origin=" + encodeURIComponent(host.location.origin);
      var opened = host.open(address, "kaipiao-invoicing", "width=420,height=780");
      // The platform says so of a call outside a tap, whose window a browser blocks.
      if (!opened) return "can only be invoked by user TAP gesture.";
      // Whoever taps is back in the app, which is told so before it is hidden once more.
      host.setTimeout(endLast, 0);
      endLast = watch(host, base, opened, parameter(call.path, "o1"), returned);
      return "";
    }

    function navigateToMiniProgram(call) {
      call = call || {};
      var problem = open(call);
      var answer = { errMsg: "navigateToMiniProgram:" + (problem ? "fail " + problem : "ok") };
      // Each in its own turn: one that throws keeps nothing from the next.
      [problem ? call.fail : call.success, call.complete].forEach(function (callback) {
        if (callback) host.setTimeout(function () { callback(answer); }, 0);
      });
      if (!problem) host.setTimeout(life.hide, 0);
      if (call.success || call.fail || call.complete) return undefined;
      return problem ? Promise.reject(answer) : Promise.resolve(answer);
    }

    host.App = life.App;
    host.getApp = life.getApp;
    host.wx = Object.assign(host.wx || {}, {
      navigateToMiniProgram: navigateToMiniProgram,
      onAppShow: life.on("show"),
      offAppShow: life.off("show"),
      onAppHide: life.on("hide"),
      offAppHide: life.off("hide"),
    });
  }

  var kaipiaoMiniProgram = { INVOICING_APP_ID: INVOICING_APP_ID, install: install };
  if (typeof module === "object" && module.exports) module.exports = kaipiaoMiniProgram;
  else window.kaipiaoMiniProgram = kaipiaoMiniProgram;
})();
