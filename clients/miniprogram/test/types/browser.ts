// Compiled, never run: a page in a browser installs the stand-in, and calls it as the section's sample does.
import { INVOICING_APP_ID, install } from "kaipiao-miniprogram/browser";
import type { AppDefinition, BrowserWx } from "kaipiao-miniprogram/browser";

declare global {
  var wx: BrowserWx;
  function App(definition: AppDefinition): void;
}

install({ baseUrl: location.origin, appId: INVOICING_APP_ID, appJson: { pages: ["pages/order/order"] }, window });

App({
  onShow(options) {
    const { appId, extraData } = options.referrerInfo;
    console.log(options.scene === 1038, appId, extraData?.errCode, extraData?.wxOrderId);
  },
});

wx.navigateToMiniProgram({
  appId: INVOICING_APP_ID,
  path: "pages/auth/auth?…",
  success(res) {
    console.log("navigateToMiniProgram success:", res.errMsg);
  },
  fail(error) {
    console.log("navigateToMiniProgram fail:", error.errMsg);
  },
  complete(res) {
    console.log("navigateToMiniProgram complete:", res.errMsg);
  },
});
wx.navigateToMiniProgram({ appId: INVOICING_APP_ID, path: "" }).then((res) => res.errMsg, (error) => error);
install({ baseUrl: location.origin, window: document.querySelector("iframe")!.contentWindow! });
install({ baseUrl: location.origin, window: globalThis });
// @ts-expect-error no window
install({ baseUrl: location.origin, window: document });
// @ts-expect-error a call with a callback gives nothing back
wx.navigateToMiniProgram({ appId: INVOICING_APP_ID, path: "", success() {} }).then;
wx.offAppShow();

// @ts-expect-error wxOrderId is a text
const order: number | undefined = ({} as Parameters<NonNullable<AppDefinition["onShow"]>>[0]).referrerInfo.extraData?.wxOrderId;

export { order };
