// A client whose types openapi-typescript has made of /openapi.json: it asks a sandbox for a link, and prints it.
import type { paths } from "./api";

type Json<Content> = Content extends { content: { "application/json": infer Value } } ? Value : never;
type Body<Path extends keyof paths> = paths[Path] extends { post: { requestBody?: infer Sent } } ? Json<NonNullable<Sent>> : never;
type Answer<Operation> = Operation extends { responses: { 200: infer Told } } ? Json<Told> : never;
/** What a call answers when it does what it should: without `errcode`, or with 0. */
type Success<Told> = Told extends { errcode: 0 } ? Told : Told extends { errcode: number } ? never : Told;

declare const process: { argv: string[]; exitCode: number };
const base = process.argv[2] ?? "http://127.0.0.1:8080";

function success<Told extends object>(told: Told): Success<Told> {
  if ("errcode" in told && told.errcode !== 0) throw new Error(JSON.stringify(told));
  return told as unknown as Success<Told>;
}

async function get<Path extends keyof paths>(path: Path, query: Record<string, string>): Promise<Success<Answer<paths[Path]["get"]>>> {
  const answer = await fetch(`${base}${path}?${new URLSearchParams(query)}`);
  return success((await answer.json()) as Answer<paths[Path]["get"]> & object);
}

async function post<Path extends keyof paths>(path: Path, token: string, body: Body<Path>): Promise<Success<Answer<paths[Path]["post"]>>> {
  const query = new URLSearchParams(token ? { access_token: token } : {});
  const answer = await fetch(`${base}${path}?${query}`, { method: "POST", body: JSON.stringify(body) });
  return success((await answer.json()) as Answer<paths[Path]["post"]> & object);
}

async function main(): Promise<void> {
  const demo = await get("/sandbox/v1/accounts", {});
  const merchant = demo.accounts.find((account) => account.role === "merchant");
  if (!merchant?.secret || !demo.s_pappid) throw new Error("no demo merchant");
  const { access_token } = await post("/cgi-bin/stable_token", "", {
    grant_type: "client_credential",
    appid: merchant.appid,
    secret: merchant.secret,
  });
  await post("/card/invoice/setbizattr", access_token, { contact: { phone: "88888888", time_out: 12345 } });
  const { ticket } = await get("/cgi-bin/ticket/getticket", { type: "wx_card", access_token });
  const { auth_url } = await post("/card/invoice/getauthurl", access_token, {
    s_pappid: demo.s_pappid,
    order_id: "typescript-1",
    money: 11300,
    timestamp: Math.floor(Date.now() / 1000),
    source: "web",
    ticket,
    type: 1,
  });
  console.log(auth_url);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
