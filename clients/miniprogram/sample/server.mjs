// The shop's backend, and what serves its mini program to a browser: `node server.mjs`, beside a running Kaipiao.
//
// KAIPIAO    Kaipiao's address; http://127.0.0.1:8080
// APPID      the mini program's, and SECRET its secret; the sandbox's demo mini program
// S_PAPPID   the invoicing platform's; the sandbox's demo platform
// PORT       where it listens on 127.0.0.1; 8091, 0 for any
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { randomUUID } from "node:crypto";

const {
  KAIPIAO = "http://127.0.0.1:8080",
  APPID = "wx6b61697069616f34",
  SECRET = "6b61697069616f2d6d696e6970726f67",
  S_PAPPID = await demoPlatform(),
  PORT = "8091",
} = process.env;

const near = (file) => readFile(new URL(file, import.meta.url), "utf8");

async function demoPlatform() {
  const answer = await fetch(`${process.env.KAIPIAO ?? "http://127.0.0.1:8080"}/sandbox/v1/accounts`);
  return (await answer.json()).s_pappid;
}

/** A call of the merchant API with the mini program's own token, as sections 2 and 7 ask. */
async function call(path, body) {
  const token = await ask("/cgi-bin/stable_token", { grant_type: "client_credential", appid: APPID, secret: SECRET });
  if (!token.access_token) return token;
  return ask(`${path}${path.includes("?") ? "&" : "?"}access_token=${encodeURIComponent(token.access_token)}`, body);
}

async function ask(path, body) {
  const answer = await fetch(KAIPIAO + path, body ? { method: "POST", body: JSON.stringify(body) } : {});
  return answer.json();
}

/** An order, and the link that the mini program opens: appid and auth_url. */
async function placeOrder() {
  const { ticket, ...refused } = await call("/cgi-bin/ticket/getticket?type=wx_card");
  if (!ticket) return refused;
  const order_id = randomUUID();
  const link = await call("/card/invoice/getauthurl", {
    s_pappid: S_PAPPID, order_id, money: 15900, timestamp: Math.floor(Date.now() / 1000), source: "wxa", ticket, type: 1,
  });
  return { order_id, ...link };
}

/** Whether the user has authorized it, and with which title. */
function statusOf(order_id) {
  return call("/card/invoice/getauthdata", { s_pappid: S_PAPPID, order_id });
}

/** What WeChat's tools make of node_modules: a `require` for the mini program. */
async function packed() {
  const helper = await near("../index.js");
  return `function require(name) {
  const module = { exports: {} };
  if (name !== "kaipiao-miniprogram") throw new Error("no package " + name);
  (function (module) {${helper}})(module);
  return module.exports;
}`;
}

async function install() {
  const options = { baseUrl: KAIPIAO, appJson: JSON.parse(await near("app.json")) };
  return `kaipiaoMiniProgram.install(${JSON.stringify(options)});`;
}

const HTML = "text/html; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";
const PAGES = {
  "/": [HTML, () => near("index.html")],
  "/app.js": [SCRIPT, () => near("app.js")],
  "/browser.js": [SCRIPT, () => near("../browser.js")],
  "/install.js": [SCRIPT, install],
  "/miniprogram_npm.js": [SCRIPT, packed],
};

async function answerTo({ method, url }) {
  const { pathname } = new URL(url, "http://localhost");
  if (method === "POST" && pathname === "/orders") return ["application/json", JSON.stringify(await placeOrder())];
  const [, order_id] = pathname.match(/^\/orders\/(.+)$/) ?? [];
  if (order_id) return ["application/json", JSON.stringify(await statusOf(decodeURIComponent(order_id)))];
  const [type, page] = PAGES[pathname] ?? [];
  return type ? [type, await page()] : null;
}

const server = createServer(async (request, response) => {
  try {
    const [type, text] = (await answerTo(request)) ?? [];
    response.writeHead(type ? 200 : 404, type ? { "content-type": type } : {});
    response.end(text);
  } catch (error) {
    response.writeHead(502, { "content-type": "application/json" });
    response.end(JSON.stringify({ errmsg: `Kaipiao does not answer: ${error.message}` }));
  }
});
server.listen(Number(PORT), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
