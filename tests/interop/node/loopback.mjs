// Refuses every connection to another host than 127.0.0.1, before its name is looked up.

import net from "node:net";

const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function (...given) {
  const host = hostOf(given);
  if (host !== "127.0.0.1") throw new Error(`a connection to ${host} was refused: tests stay on this machine`);
  return connect.apply(this, given);
};

// node passes its own calls as one list of (options, callback); others pass options, or port and host
function hostOf(given) {
  const [first, second] = Array.isArray(given[0]) ? given[0] : given;
  if (first !== null && typeof first === "object") return first.path ?? first.host ?? "localhost";
  return typeof second === "string" ? second : "localhost";
}
