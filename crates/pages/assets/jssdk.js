// What a company's page calls: wx.config, and wx.invoke of chooseInvoice and chooseInvoiceTitle.
// Outside WeChat there is no bridge to its app, so the picker is a window of this server.
(function () {
  "use strict";
  var source = document.currentScript.src;
  var origin = new URL(source).origin;
  // A name space of the sandbox lies beneath a path of its own.
  var base = source.split("/open/js/")[0];
  var APIS = ["chooseInvoice", "chooseInvoiceTitle"];
  var state = "new"; // new, asked, ready, failed
  var problem = null;
  var waiting = [];
  var onError = null;
  var given = {};

  function settle() {
    if (state === "ready") waiting.splice(0).forEach(function (callback) { callback(); });
    if (state === "failed" && onError) onError({ errMsg: problem });
  }

  function answered(message) {
    state = message === "config:ok" ? "ready" : "failed";
    problem = message;
    if (given.debug) window.alert(message);
    settle();
  }

  function config(options) {
    given = options || {};
    state = "asked";
    var query = new URLSearchParams({
      appId: given.appId || "",
      timestamp: given.timestamp || "",
      nonceStr: given.nonceStr || "",
      signature: given.signature || "",
      url: location.href.split("#")[0],
    });
    fetch(base + "/open/js/config?" + query)
      .then(function (response) { return response.json(); })
      .then(function (answer) { answered(answer.errMsg); })
      .catch(function (error) { answered("config:fail, " + error.message); });
  }

  function ready(callback) {
    waiting.push(callback);
    settle();
  }

  function error(callback) {
    onError = callback;
    settle();
  }

  // Opens the picker, and calls back once: with what it says, or with cancel when it is closed.
  function pick(path, query, name, callback) {
    query.origin = location.origin;
    var picker = window.open(
      base + path + "?" + new URLSearchParams(query), "kaipiao-picker", "width=420,height=760");
    if (!picker) {
      callback({ err_msg: name + ":fail", err_desc: "the browser has blocked the picker's window" });
      return;
    }
    var isOver = false;
    function end(answer) {
      if (isOver) return;
      isOver = true;
      window.removeEventListener("message", hear);
      clearInterval(watching);
      callback(answer);
    }
    function hear(event) {
      if (event.origin === origin && event.source === picker && event.data && event.data.err_msg) {
        picker.postMessage("heard", origin);
        end(event.data);
      }
    }
    window.addEventListener("message", hear);
    // What a window said before it was closed may be heard after that.
    var wasClosed = false;
    var watching = setInterval(function () {
      if (wasClosed) end({ err_msg: name + ":cancel" });
      wasClosed = picker.closed;
    }, 300);
  }

  function invoke(name, options, callback) {
    options = options || {};
    callback = callback || function () {};
    if (APIS.indexOf(name) < 0) {
      callback({ err_msg: name + ":fail", err_desc: "this server has no such call" });
    } else if (state !== "ready") {
      var prefix = name === "chooseInvoice" ? "choose_invoice" : "choose_invoice_title";
      callback({ err_msg: prefix + ":fail", err_desc: problem || "call wx.config first, and wait for wx.ready" });
    } else if (name === "chooseInvoice") {
      pick("/open/choose-invoice", {
        appid: given.appId || "",
        timestamp: options.timestamp || "",
        nonceStr: options.nonceStr || "",
        signType: options.signType || "",
        cardSign: options.cardSign || "",
      }, "choose_invoice", callback);
    } else {
      pick("/open/choose-title", { scene: options.scene || "" }, "choose_invoice_title", callback);
    }
  }

  function checkJsApi(options) {
    var checked = {};
    (options.jsApiList || []).forEach(function (name) { checked[name] = APIS.indexOf(name) >= 0; });
    if (options.success) options.success({ checkResult: checked, errMsg: "checkJsApi:ok" });
  }

  window.wx = { config: config, ready: ready, error: error, invoke: invoke, checkJsApi: checkJsApi };
})();
