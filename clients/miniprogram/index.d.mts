// The same for programs that import: there is no default export.
export * from "./index.js";
