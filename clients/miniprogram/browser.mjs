// The same for programs that import.
import kaipiaoMiniProgram from "./browser.js";

export const { INVOICING_APP_ID, install } = kaipiaoMiniProgram;
