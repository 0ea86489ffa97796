// Reads answers, and asserts refusals.

import assert from "node:assert/strict";

// Returns rows by the value of one of their fields.
export function by(field, rows) {
  return Object.fromEntries(rows.map((row) => [row[field], row]));
}

// Returns a book and a candle as the venue sends them, of clients that name their figures.
export const bookOf = ({ bids, asks }) => ({ bids: bids.map(levelOf), asks: asks.map(levelOf) });
const levelOf = ({ price, quantity }) => [price, quantity];
export const candleOf = ({ openTime, open, high, low, close }) => [openTime, open, high, low, close];

// Asserts that a call is refused with a code of the venue.
export async function refused({ codeOf }, code, call) {
  let answer;
  try {
    answer = await call;
  } catch (error) {
    assert.equal(codeOf(error), code, `another error: ${describe(error)}`);
    return;
  }
  assert.fail(`no refusal, but ${describe(answer)}`);
}

function describe(value) {
  if (value instanceof Error) return value.message;
  return JSON.stringify(value, (_, one) => (typeof one === "bigint" ? String(one) : one))?.slice(0, 300);
}
