// What a compiler refuses to let a program send: without this the types could say nothing at all.
import type { paths } from "./api";

type Sent = paths["/card/invoice/getauthurl"]["post"]["requestBody"]["content"]["application/json"];

export const withoutMoney: Sent = { s_pappid: "d3g", order_id: "1", timestamp: 1, source: "web", ticket: "t", type: 1 };
