// Runs `venuekit sim` in a process of its own, and scripts it over its control port.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const STARTS_WITHIN = 60_000;
// the number of the account whose key is told
const MAIN = "1";

// a process that is asked to end takes its simulators along
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

// Resolves to the running simulator once it answers.
export async function start(venue, scenario) {
  const child = spawn("venuekit", ["sim", "--json", "--control=0", "--venue", venue, "--scenario", scenario], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stop = () => child.kill();
  process.once("exit", stop);
  const ended = once(child, "exit");
  const line = await first(child);
  const { venues, read_only, control } = JSON.parse(line);
  const command = (name, parameters) => post(`${control}/${name}`, parameters);
  const show = (what) => command("show", { what, venue, account: MAIN });
  const bySymbol = async (what, symbol) => (await show(what)).filter((row) => row.symbol === symbol);

  return {
    ...venues[venue],
    readOnly: read_only,
    command,
    // Rows of what the account really is, and some of them; undefined where there is none.
    show,
    position: async (symbol) => (await bySymbol("positions", symbol))[0],
    settings: async (symbol) => (await bySymbol("settings", symbol))[0],
    fills: (symbol) => bySymbol("fills", symbol),
    order: async (id) => (await show("orders")).find((row) => row.id === String(id)),
    async stop() {
      process.removeListener("exit", stop);
      child.kill();
      await ended;
    },
  };
}

async function first(child) {
  const deadline = AbortSignal.timeout(STARTS_WITHIN);
  const [line] = await Promise.race([
    once(createInterface(child.stdout), "line", { signal: deadline }),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`venuekit sim ended with ${code}`))),
  ]);
  return line;
}

async function post(url, body) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}
