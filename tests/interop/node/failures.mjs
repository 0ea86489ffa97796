// A reporter: names what failed with its error, and counts at the end.

export default async function* failures(events) {
  const counts = { "test:pass": 0, "test:fail": 0 };
  for await (const { type, data } of events) {
    if (!(type in counts)) continue;
    const { error } = data.details;
    const isSuite = data.details.type === "suite" || error?.failureType === "subtestsFailed";
    if (!isSuite) counts[type] += 1;
    if (type === "test:fail" && error.failureType !== "subtestsFailed") {
      yield `failed: ${data.name}\n  ${textOf(error.cause ?? error)}\n`;
    }
  }
  yield `${counts["test:pass"]} checks passed, ${counts["test:fail"]} failed\n`;
}

// some clients throw values that are no errors, by the names of their venue
function textOf({ stack, code, message, retCode, retMsg }) {
  return stack ?? `${code ?? retCode} ${message ?? retMsg}`;
}
