// A shop's mini program, as far as invoices go: it runs in WeChat, and in a browser over kaipiao-miniprogram/browser.js.
// `page` is what shows things: index.html's in a browser.
const kaipiao = require("kaipiao-miniprogram");

App({
  onShow(options) {
    const returned = kaipiao.readReturn(options);
    if (!returned) return;
    page.show("returned", returned);
    // What came back is a hint. Whether there is an authorization is known where the push and getauthdata arrive.
    backend("GET", `/orders/${encodeURIComponent(returned.wxOrderId || page.orderId())}`)
      .then((status) => page.show("status", status));
  },
});

// Before the tap: WeChat lets a mini program open another one only while it handles one.
function placeOrder() {
  backend("POST", "/orders").then((order) => page.offer(order));
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
