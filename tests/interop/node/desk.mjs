// A client beside a simulated venue: its checks, and the record of each one's outcome.

import "./loopback.mjs";

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";

import { start } from "./simulator.mjs";

// Node 18 hides it, and clients sign with it
globalThis.crypto ??= webcrypto;

const SUBJECTS = new Set([
  "account",
  "balances",
  "positions",
  "leverage",
  "margin type",
  "position mode",
  "orders",
  "histories",
  "market",
  "refusals",
  "streams",
  "websocket api",
]);

// in milliseconds; a client that waits without an end is a failure
const timeout = 120_000;

// Declares the checks of a client on a venue, in each scenario, with a simulator for each.
//
// `open` makes the client from URL, key and secret. `declare` gets `check` and the scenario's name. A check is a
// subject, a sentence and a function of the client and the simulator. For the client's own bug it has the proof, too:
// then it must fail, with an error that matches `fails`.
export function desk({ client, venue, open, scenarios = ["holding", "flat"] }, declare) {
  for (const scenario of scenarios) {
    describe(`${client}, ${venue}, ${scenario}`, () => {
      let sim, opened;
      before(
        async () => {
          sim = await start(venue, scenario);
          opened = await open(sim);
        },
        { timeout },
      );
      after(() => sim?.stop());

      const check = (subject, sentence, run, bug = null) => {
        assert.ok(SUBJECTS.has(subject), `${subject} is no subject of a check`);
        test(`${client}, ${venue}, ${scenario}: ${subject}: ${sentence}`, { timeout }, () =>
          recorded({ client, venue, subject, check: told(sentence, scenario) }, bug, () => run(opened, sim)),
        );
      };
      declare(check, scenario);
    });
  }
}

async function recorded(what, bug, run) {
  let outcome = "failed";
  try {
    await (bug === null ? run() : assert.rejects(run, bug.fails, `the client's bug is gone: ${bug.proof}`));
    outcome = bug === null ? "passed" : "client bug";
  } finally {
    const { VENUEKIT_INTEROP_RECORDS: file } = process.env;
    const record = { ...what, version: versionOf(what.client), language: "Node", outcome };
    record.proof = outcome === "client bug" ? bug.proof : null;
    if (file) appendFileSync(file, `${JSON.stringify(record)}\n`);
  }
}

// Returns a sentence as the page tells it.
function told(sentence, scenario) {
  return `${sentence[0].toUpperCase()}${sentence.slice(1)} (${scenario}).`;
}

function versionOf(name) {
  const file = new URL(`node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")).version;
}
