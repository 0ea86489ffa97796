// The WebSocket API of `binance` (siebly), unchanged but for its URL, against both of Binance's futures.

import assert from "node:assert/strict";

import { WebsocketAPIClient } from "binance";

import { COINM, USDM } from "./binance_products.mjs";
import { same } from "./decimals.mjs";
import { desk } from "./desk.mjs";

const QUIET = { trace() {}, info() {}, error: console.error };

for (const [market, { venue, traded, quantity }] of [
  ["usdm", USDM],
  ["coinm", COINM],
]) {
  const open = ({ stream, key, secret }) =>
    new WebsocketAPIClient(
      { api_key: key, api_secret: secret, wsUrl: stream, attachEventListeners: false, muteLatencyWarning: true },
      QUIET,
    );

  desk({ client: "binance", venue, open, scenarios: ["flat"] }, (check) => {
    check("websocket api", "an order is placed, queried and cancelled", async (client, sim) => {
      const order = { symbol: traded, side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity, price: "2000" };
      try {
        const { result: placed } = await client.submitNewFuturesOrder(market, { ...order, timestamp: Date.now() });
        const waiting = await sim.order(placed.orderId);
        assert.deepEqual([waiting.symbol, waiting.status, waiting.side], [traded, "open", "buy"]);
        same(waiting.price, placed.price);

        const name = { symbol: traded, orderId: placed.orderId, timestamp: Date.now() };
        const { result: found } = await client.getFuturesOrderStatus(market, name);
        assert.deepEqual([found.status, found.orderId], ["NEW", placed.orderId]);
        const { result: ended } = await client.cancelFuturesOrder(market, name);
        assert.equal(ended.status, "CANCELED");
        assert.equal((await sim.order(placed.orderId)).status, "canceled");
        await assert.rejects(client.cancelFuturesOrder(market, name), (answer) => answer.error.code === -2011);
      } finally {
        client.getWSClient().closeAll(true);
      }
    });
  });
}
