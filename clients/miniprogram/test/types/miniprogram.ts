// Compiled, never run: the types say what the code is, and fit those that WeChat publishes for mini programs.
import { INVOICING_APP_ID, checkCall, readReturn, requiredAppJson } from "kaipiao-miniprogram";
import type { CallError, Return } from "kaipiao-miniprogram";
import { install } from "kaipiao-miniprogram/browser";
import type { BrowserWx, LaunchShowOption } from "kaipiao-miniprogram/browser";

declare const answer: { appid: string; auth_url: string };

// What is checked goes into WeChat's own call, with its callbacks.
const call: WechatMiniprogram.NavigateToMiniProgramOption = checkCall({
  appId: answer.appid,
  path: answer.auth_url,
  success(res: WechatMiniprogram.GeneralCallbackResult) {
    console.log("navigateToMiniProgram success:", res);
  },
});
wx.navigateToMiniProgram(call);
checkCall(call, { ownAppId: wx.getAccountInfoSync().miniProgram.appId, appJson: requiredAppJson(answer.appid) });

// WeChat's onShow options are read as they are.
App({
  onShow(options) {
    const returned: Return | null = readReturn(options);
    if (returned === null) return;
    const code: number | null = returned.errCode;
    const order: string | null = returned.wxOrderId;
    switch (returned.outcome) {
      case "authorized":
      case "declined":
      case "left":
      case "failed":
      case "unknown":
        break;
      default:
        returned.outcome satisfies never;
    }
    console.log(code, order);
  },
});

function advice(error: CallError): "appId" | "path" {
  return error.member;
}
const invoicing: "wx9db2c16d0633c2e7" = INVOICING_APP_ID;

// The stand-in takes what WeChat's call takes, and shows what WeChat's onShow shows.
install({ baseUrl: "http://127.0.0.1:8080", appJson: requiredAppJson() });
declare const standIn: BrowserWx;
wx.navigateToMiniProgram({ appId: answer.appid, path: answer.auth_url }).then((res) => res.errMsg);
standIn.navigateToMiniProgram({ appId: answer.appid, path: answer.auth_url }).then((res) => res.errMsg);
standIn.navigateToMiniProgram({ ...call });
standIn.onAppShow((options: LaunchShowOption) => readReturn(options));
const shownAsWeChatDoes: (options: LaunchShowOption) => Pick<WechatMiniprogram.App.LaunchShowOption, "path" | "query"> =
  (options) => options;

// @ts-expect-error a call is an object
checkCall("pages/auth/auth");
// @ts-expect-error baseUrl is required
install({});
// @ts-expect-error what came back may be nothing
readReturn({}).errCode;
// @ts-expect-error an outcome is one of five words
const wrong: Return["outcome"] = "ok";

export { advice, invoicing, shownAsWeChatDoes, wrong };
