/** The appid that getauthurl answers for source wxa: WeChat's own invoicing mini program. */
export const INVOICING_APP_ID: "wx9db2c16d0633c2e7";

/** What the check reads of a call of `wx.navigateToMiniProgram`. */
export interface NavigateCall {
  /** `appid` of getauthurl's answer: the mini program to open, never one's own. */
  appId?: string;
  /** `auth_url` of getauthurl's answer for source wxa, whole: `pages/auth/auth?…`. */
  path?: string;
}

/** What app.json says of the mini programs that may be opened. */
export interface AppJson {
  navigateToMiniProgramAppIdList?: string[];
}

/** What a check may know besides the call. */
export interface Known {
  /** One's own appid, as `wx.getAccountInfoSync().miniProgram.appId` has it. */
  ownAppId?: string;
  /** One's own app.json, where its list is to be looked at too. */
  appJson?: AppJson;
}

/** What is wrong with a call; the message says what to do. */
export interface CallError extends Error {
  name: "CallError";
  member: "appId" | "path";
}

/** What is likely wrong with a call. */
export interface Warning {
  member: "path" | "app.json";
  /** Begins with the member, and says what to do. */
  message: string;
}

/**
 * What is likely wrong with a call, and not for sure: parameters or a signature that no link has looked like so far, a
 * list that only old base libraries mind. Empty: nothing.
 */
export function warningsOf(call: NavigateCall, known?: Known): Warning[];

/**
 * Checks a call before it is made. What {@link warningsOf} finds is told to the console.
 *
 * @returns the same call
 * @throws {@link CallError} for the first thing that is wrong for sure
 */
export function checkCall<Call extends NavigateCall>(call: Call, known?: Known): Call;

/** What app.json must have, so that the invoicing mini program may be opened. */
export function requiredAppJson(appId?: string): { navigateToMiniProgramAppIdList: string[] };

/** What the check of a return reads of `onShow`'s options. */
export interface ShowOptions {
  referrerInfo?: { appId?: string; extraData?: Record<string, any> };
}

/** What the invoicing mini program said on the way back. */
export interface Return {
  /** 0 authorized, -4 declined, -2 left, -1 anything else. null: it said nothing. */
  errCode: number | null;
  /** The order. null: it said none. */
  wxOrderId: string | null;
  /** The same in a word. A hint for the page, not a fact: ask your backend. */
  outcome: "authorized" | "declined" | "left" | "failed" | "unknown";
}

/**
 * Reads what `App({ onShow(options) })` was told. Never rely on it alone: users end WeChat on the way, and phones have
 * lost extraData. The push and getauthdata say whether there is an authorization.
 *
 * @param appId the mini program that was opened, where the server names another one
 * @returns null where the user comes from elsewhere
 */
export function readReturn(options: ShowOptions, appId?: string): Return | null;
