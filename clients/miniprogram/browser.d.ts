import type { AppJson } from "./index.js";

/** The appid that getauthurl answers for source wxa unless the server's `authorization.wxa_appid` says otherwise. */
export const INVOICING_APP_ID: "wx9db2c16d0633c2e7";

export interface InstallOptions {
  /** Kaipiao's address: scheme, host and port. */
  baseUrl: string;
  /** The mini program to open, where the server names another one. */
  appId?: string;
  /** The app's own app.json: its first page, and the list of mini programs, which is then kept as the platform keeps it. */
  appJson?: AppJson & { pages?: string[] };
  /** The window to install into, as an iframe's `contentWindow`, where it is not the global one. */
  window?: HostWindow;
}

/** What is used of a window: each `Window` has it. Written out, since a mini program's types know no DOM. */
export interface HostWindow {
  readonly location: { readonly origin: string };
  open(address: string, name: string, features: string): unknown;
  setTimeout(callback: () => void, ms: number): unknown;
  setInterval(callback: () => void, ms: number): unknown;
  clearInterval(id: any): void;
  addEventListener(type: "message", listener: (event: any) => void): void;
  removeEventListener(type: "message", listener: (event: any) => void): void;
}

/** What all callbacks get. */
export interface CallbackResult {
  errMsg: string;
}

/** A call of `wx.navigateToMiniProgram`; what WeChat has besides is taken, and changes nothing. */
export interface NavigateToMiniProgramOption {
  appId?: string;
  path?: string;
  /** The page is open. What the user answers is told to onShow, later. */
  success?: (result: CallbackResult) => void;
  fail?: (result: CallbackResult) => void;
  complete?: (result: CallbackResult) => void;
  [other: string]: unknown;
}

/** What a call gives back: nothing where it has a callback. */
export type Answer<Option> = Option extends { success: any } | { fail: any } | { complete: any }
  ? void
  : Promise<CallbackResult>;

/** What `onLaunch` and `onShow` are told. */
export interface LaunchShowOption {
  path: string;
  query: Record<string, any>;
  /** 1001 when the app starts, 1038 when the user comes back from the page. */
  scene: number;
  /** Of a return: the mini program that was opened, and its result. */
  referrerInfo: { appId?: string; extraData?: { errCode: number; wxOrderId: string } };
}

export interface AppDefinition {
  onLaunch?(options: LaunchShowOption): void;
  onShow?(options: LaunchShowOption): void;
  onHide?(): void;
  [other: string]: any;
}

/** What the window's `wx` has afterwards. */
export interface BrowserWx {
  /** Without a callback the answer is a promise, as in WeChat. */
  navigateToMiniProgram<Option extends NavigateToMiniProgramOption>(option: Option): Answer<Option>;
  onAppShow(listener: (options: LaunchShowOption) => void): void;
  /** Without a listener: all of them. */
  offAppShow(listener?: (options: LaunchShowOption) => void): void;
  onAppHide(listener: () => void): void;
  offAppHide(listener?: () => void): void;
}

/**
 * Makes `wx`, `App` and `getApp` of the window, so that code of a mini program runs in it.
 *
 * @throws where baseUrl is no address
 */
export function install(options: InstallOptions): void;
