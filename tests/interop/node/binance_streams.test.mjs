// The user streams of `binance` (siebly), unchanged but for its URLs, against both of Binance's futures.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after } from "node:test";

import { WebsocketClient } from "binance";

import { COINM, USDM } from "./binance_products.mjs";
import { same } from "./decimals.mjs";
import { desk } from "./desk.mjs";

const QUIET = { trace() {}, info() {}, error: console.error };
const STREAMS = [
  { product: USDM, subscribe: (client) => client.subscribeUsdFuturesUserDataStream() },
  { product: COINM, subscribe: (client) => client.subscribeCoinFuturesUserDataStream() },
];

// the client goes on with the timer of its listen key after it was closed, which would keep this process for ever
after(() => setTimeout(() => process.exit(), 500).unref());

for (const { product, subscribe } of STREAMS) {
  const { venue, traded, quantity } = product;
  const open = ({ rest, stream, key, secret }) =>
    new WebsocketClient(
      { api_key: key, api_secret: secret, beautify: true, wsUrl: stream, restOptions: { baseUrl: rest } },
      QUIET,
    );

  desk({ client: "binance", venue, open, scenarios: ["flat"] }, (check) => {
    check("streams", "a fill arrives with its order, wallet and position", async (client, sim) => {
      const heard = [];
      client.on("formattedUserDataMessage", (message) => heard.push(message));
      client.on("exception", (error) => heard.push({ eventType: "exception", error }));
      const opened = once(client, "open");
      try {
        await subscribe(client);
        await opened;
        await sim.command("fill", { symbol: traded, side: "buy", quantity, venue });
        const event = (type) => heard.find((message) => message.eventType === type);
        while (!event("ACCOUNT_UPDATE") || !event("ORDER_TRADE_UPDATE")) await once(client, "formattedUserDataMessage");

        const [fill] = await sim.fills(traded);
        const { order } = event("ORDER_TRADE_UPDATE");
        assert.deepEqual([order.symbol, order.orderSide, order.executionType], [traded, "BUY", "TRADE"]);
        same(order.lastFilledQuantity, fill.quantity);
        same(order.lastFilledPrice, fill.price);
        const { updatedBalances, updatedPositions } = event("ACCOUNT_UPDATE").updateData;
        const { quantity: held } = await sim.position(traded);
        same(updatedPositions.find((row) => row.symbol === traded).positionAmount, held);
        const balances = await sim.show("balances");
        for (const row of updatedBalances) {
          same(row.walletBalance, balances.find((balance) => balance.asset === row.asset).wallet);
        }
      } finally {
        client.closeAll(true);
      }
    });
  });
}
