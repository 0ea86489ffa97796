// Runs every test file beside this one, and writes .interop/node.json: one record for each check of each client.
// Given names of files, it runs these alone and writes nothing.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

if (Number(process.versions.node.split(".")[0]) < 18) throw new Error("clients for Node need Node 18 or newer");

const here = fileURLToPath(new URL(".", import.meta.url));
const guard = new URL("loopback.mjs", import.meta.url);
const target = fileURLToPath(new URL("../../../.interop/node.json", import.meta.url));
const chosen = process.argv.slice(2);
const files = readdirSync(here).filter((name) => name.endsWith(".test.mjs"));

const temporary = mkdtempSync(join(tmpdir(), "venuekit-interop-"));
const records = join(temporary, "records");
writeFileSync(records, "");
if (chosen.length === 0) rmSync(target, { force: true });
const { status } = spawnSync(
  process.execPath,
  ["--test", "--test-reporter=./failures.mjs", ...(chosen.length ? chosen : files)],
  {
    cwd: here,
    // the guard stands before any client is loaded
    env: { ...process.env, NODE_OPTIONS: `--import=${guard}`, VENUEKIT_INTEROP_RECORDS: records },
    stdio: "inherit",
  },
);

if (chosen.length === 0) {
  // files run side by side: their order is not the same twice
  const lines = readFileSync(records, "utf8").split("\n").filter(Boolean).sort();
  mkdirSync(join(target, ".."), { recursive: true });
  writeFileSync(
    target,
    `${JSON.stringify(
      lines.map((line) => JSON.parse(line)),
      null,
      1,
    )}\n`,
  );
}
rmSync(temporary, { recursive: true });
process.exitCode = status ?? 1;
