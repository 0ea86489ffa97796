// The guard of these tests: nothing leaves this machine.

import "./loopback.mjs";

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { test } from "node:test";
import tls from "node:tls";

const REFUSED = /a connection to \S+ was refused/;

for (const [name, connect] of [
  ["fetch", () => fetch("http://192.0.2.1/").catch((error) => Promise.reject(error.cause))],
  ["a request by name", async () => once(http.get("http://venue.invalid/"), "response")],
  ["a socket with a port alone", async () => net.connect(9)],
  ["a socket with options", async () => net.connect({ host: "192.0.2.1", port: 9 })],
  ["a socket with TLS", async () => tls.connect({ host: "192.0.2.1", port: 443 })],
]) {
  test(`${name} to another host is refused`, () => assert.rejects(connect, REFUSED));
}

test("this machine is reached", async () => {
  const server = http.createServer((_, response) => response.end("here")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const response = await fetch(`http://127.0.0.1:${server.address().port}/`);
  assert.equal(await response.text(), "here");
  server.close();
});
