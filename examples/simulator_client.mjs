// Trades on a simulated venue and moves its price, without packages; the arguments are the command that starts venuekit.

import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";

const [program = "venuekit", ...words] = process.argv.slice(2);
const options = ["sim", "--venue", "binance_usdm", "--scenario", "flat", "--json", "--control=0"];
const child = spawn(program, [...words, ...options], { stdio: ["ignore", "pipe", "inherit"] });
const [line] = await once(createInterface(child.stdout), "line");
const { venues, control: port } = JSON.parse(line);
const { rest, key, secret } = venues.binance_usdm;

async function send(url, options) {
  const answer = await fetch(url, options);
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer.json();
}

function call(method, path, parameters) {
  const query = new URLSearchParams({ ...parameters, timestamp: Date.now() }).toString();
  const signature = createHmac("sha256", secret).update(query).digest("hex");
  return send(`${rest}${path}?${query}&signature=${signature}`, { method, headers: { "X-MBX-APIKEY": key } });
}

function control(name, fields) {
  const headers = { "Content-Type": "application/json" };
  return send(`${port}/${name}`, { method: "POST", headers, body: JSON.stringify(fields) });
}

try {
  const limit = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.1" };
  const { orderId } = await call("POST", "/fapi/v1/order", { ...limit, price: "86000" });
  await control("mark", { symbol: "BTCUSDT", price: "85900" }); // the order is filled
  console.log((await call("GET", "/fapi/v1/order", { symbol: "BTCUSDT", orderId })).status);
  console.log((await call("GET", "/fapi/v3/positionRisk", { symbol: "BTCUSDT" })).map((row) => row.positionAmt));
} finally {
  child.kill();
}
