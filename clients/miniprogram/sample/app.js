// A shop's mini program, as far as invoices go: it runs in WeChat, and in a browser over kaipiao-miniprogram/browser.js.
// `page` is what shows things: index.html's in a browser.
const kaipiao = require("kaipiao-miniprogram");

// The orders that were offered and are not settled yet.
const openOrders = new Set();

App({
  onShow(options) {
    const returned = kaipiao.readReturn(options);
    if (returned) page.show("returned", returned);
    // What came back is a hint, and may be lost. Whether there is an authorization is known where the push and getauthdata
    // arrive: however the app comes to be shown, that is asked, for each order that is open.
    openOrders.forEach(askBackend);
  },
});

function askBackend(order_id) {
  return backend("GET", `/orders/${encodeURIComponent(order_id)}`).then((status) => {
    // Whoever has not answered, or has said no, still may say yes.
    const isSettled = ["auth success", "reject insert"].includes(status.invoice_status);
    if (isSettled) openOrders.delete(order_id);
    page.showStatus(order_id, status);
  });
}

// Before the tap: WeChat lets a mini program open another one only while it handles one.
function placeOrder() {
  backend("POST", "/orders").then((order) => {
    if (order.auth_url) openOrders.add(order.order_id);
    page.offer(order);
  });
}

function openInvoicePage(appid, auth_url) {
  try {
    kaipiao.checkCall({ appId: appid, path: auth_url });
  } catch (advice) {
    page.print(advice.message);
  }
  wx.navigateToMiniProgram({
    appId: appid,
    path: auth_url,
    success(res) {
      page.print("navigateToMiniProgram success:", res);
    },
    fail(error) {
      page.print("navigateToMiniProgram fail:", error);
    },
    complete(res) {
      page.print("navigateToMiniProgram complete:", res);
    },
  });
}
