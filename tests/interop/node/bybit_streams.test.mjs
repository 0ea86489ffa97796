// The sockets of `bybit-api`, unchanged but for their URLs: the private stream, and orders over the trade socket.

import assert from "node:assert/strict";
import { once } from "node:events";

import { WebsocketAPIClient, WebsocketClient } from "bybit-api";

import { same } from "./decimals.mjs";
import { desk } from "./desk.mjs";

const QUIET = { trace() {}, info() {}, error: console.error };
const ETH = { category: "inverse", symbol: "ETHUSD" };
const BID = { ...ETH, side: "Buy", orderType: "Limit", qty: "100", price: "2000" };
const about = { client: "bybit-api", venue: "bybit_inverse", scenarios: ["flat"] };

const listen = ({ stream, key, secret }) => new WebsocketClient({ key, secret, wsUrl: `${stream}/v5/private` }, QUIET);
const trade = ({ ws_api, key, secret }) =>
  new WebsocketAPIClient({ key, secret, wsUrl: ws_api, attachEventListeners: false }, QUIET);

desk({ ...about, open: listen }, (check) => {
  check("streams", "a fill arrives with its order, wallet and position", async (client, sim) => {
    const heard = {};
    client.on("update", ({ topic, data }) => (heard[topic] = data));
    const acknowledged = new Set();
    client.on("response", ({ success, req_id: topics }) => success && topics.split(",").map((t) => acknowledged.add(t)));
    const topics = ["order.inverse", "execution.inverse", "position.inverse", "wallet"];
    try {
      client.subscribeV5(topics, "inverse");
      while (!topics.every((topic) => acknowledged.has(topic))) await once(client, "response");
      await sim.command("fill", { symbol: ETH.symbol, side: "buy", quantity: "100", venue: about.venue });
      while (!topics.every((topic) => heard[topic])) await once(client, "update");

      const [fill] = await sim.fills(ETH.symbol);
      const [[order], [execution], [position], [wallet]] = topics.map((topic) => heard[topic]);
      assert.deepEqual([order.symbol, order.side, order.orderStatus], [ETH.symbol, "Buy", "Filled"]);
      assert.deepEqual([execution.orderId, execution.execType], [order.orderId, "Trade"]);
      same(execution.execQty, fill.quantity);
      same(execution.execPrice, fill.price);
      const { quantity: held } = await sim.position(ETH.symbol);
      same(position.size, held);
      assert.equal(position.seq, execution.seq);
      const balances = await sim.show("balances");
      for (const coin of wallet.coin) same(coin.walletBalance, balances.find((row) => row.asset === coin.coin).wallet);
    } finally {
      client.closeAll(true);
    }
  });
});

desk({ ...about, open: trade }, (check) => {
  check("websocket api", "orders are placed, amended and cancelled, one by one and in batches", async (client, sim) => {
    try {
      const placed = await client.submitNewOrder({ ...BID, orderLinkId: "mine" });
      assert.equal(placed.retCode, 0);
      const id = placed.data.orderId;
      same((await sim.order(id)).price, "2000");
      await client.amendOrder({ ...ETH, orderId: id, price: "2100" });
      same((await sim.order(id)).price, "2100");
      await client.cancelOrder({ ...ETH, orderLinkId: "mine" });
      assert.equal((await sim.order(id)).status, "canceled");

      const { category, ...item } = BID;
      const orders = ["a", "b"].map((orderLinkId) => ({ ...item, orderLinkId }));
      const batch = await client.batchSubmitOrders(category, orders);
      assert.deepEqual(batch.retExtInfo.list.map((one) => one.code), [0, 0]);
      const ids = batch.data.list.map(({ orderId }) => ({ symbol: ETH.symbol, orderId }));
      await client.batchAmendOrder(category, ids.map((one) => ({ ...one, qty: "50" })));
      for (const { orderId } of ids) same((await sim.order(orderId)).quantity, "50");
      await client.batchCancelOrder(category, ids);
      for (const { orderId } of ids) assert.equal((await sim.order(orderId)).status, "canceled");

      const refused = await client.cancelOrder({ ...ETH, orderLinkId: "mine" }).catch((error) => error);
      assert.equal(refused.retCode, 110001);
    } finally {
      client.getWSClient().closeAll(true);
    }
  });
});
