// Compares figures as numbers, however many zeros they are written with.

import assert from "node:assert/strict";

// Returns a figure without needless zeros; what is no figure is an error.
export function decimal(figure) {
  const text = String(figure);
  assert.match(text, /^[-+]?\d+(\.\d+)?(e[-+]?\d+)?$/i, `${text} is no figure`);
  if (/e/i.test(text)) return decimal(Number(text).toFixed(12));
  const plain = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  return plain === "-0" ? "0" : plain;
}

// Asserts that two figures are equal.
export function same(actual, expected, message) {
  assert.equal(decimal(actual), decimal(expected), message);
}

// Asserts that two figures differ by less than their clients' and venues' rounding.
export function close(actual, expected, message) {
  const [one, other] = [Number(actual), Number(expected)];
  assert.ok(Math.abs(one - other) <= 1e-7 * Math.max(1, Math.abs(other)), message ?? `${one} is not ${other}`);
}
