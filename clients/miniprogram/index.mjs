// The same for programs that import.
import kaipiao from "./index.js";

export const { INVOICING_APP_ID, checkCall, warningsOf, requiredAppJson, readReturn } = kaipiao;
