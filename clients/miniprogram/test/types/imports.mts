// Compiled, never run: what is imported has names, and no default.
import { checkCall, warningsOf } from "kaipiao-miniprogram";
import { install } from "kaipiao-miniprogram/browser";
import { install as sameInstall } from "kaipiao-miniprogram/browser.js";
// @ts-expect-error there is no default export
import nothing from "kaipiao-miniprogram";
// @ts-expect-error there is no default export
import nothingEither from "kaipiao-miniprogram/browser.js";

const messages: string[] = warningsOf({ appId: "", path: "" }).map((warning) => warning.message);

export { checkCall, install, messages, nothing, nothingEither, sameInstall };
