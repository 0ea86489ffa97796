// What holds of orders for every client of Binance's futures.

import assert from "node:assert/strict";

import { refused } from "./answers.mjs";
import { same } from "./decimals.mjs";

const FAR = "2900";
const FARTHER = "2890";

export function binanceOrderClaims(claim, scenario) {
  const bid = ({ traded, quantity }, changes = {}) => ({
    ...{ symbol: traded, side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity, price: FAR },
    ...changes,
  });
  const take = ({ traded, quantity }, side) => ({ symbol: traded, side, type: "MARKET", quantity });

  claim("orders", "an order is placed, and read back by either id", ["place", "query", "cancel"], async (api, desk) => {
    const placed = await api.place(bid(desk, { newClientOrderId: "read-back" }));
    assert.equal(placed.status, "NEW");
    const [byId, byName] = [
      await api.query({ symbol: desk.traded, orderId: placed.orderId }),
      await api.query({ symbol: desk.traded, origClientOrderId: "read-back" }),
    ];
    assert.deepEqual(byId, byName);
    const known = await desk.sim.order(placed.orderId);
    assert.deepEqual([known.client_id, byId.clientOrderId], ["read-back", "read-back"]);
    same(byId.price, known.price);
    same(byId.origQty, known.quantity);
    assert.equal((await api.cancel({ symbol: desk.traded, orderId: placed.orderId })).status, "CANCELED");
    assert.equal((await api.query({ symbol: desk.traded, orderId: placed.orderId })).status, "CANCELED");
  });

  claim("orders", "an order is cancelled by the client's own id", ["place", "cancel"], async (api, desk) => {
    await api.place(bid(desk, { newClientOrderId: "by-name" }));
    const ended = await api.cancel({ symbol: desk.traded, origClientOrderId: "by-name" });
    assert.deepEqual([ended.status, ended.clientOrderId], ["CANCELED", "by-name"]);
  });

  claim(
    "orders",
    "open orders are listed, of a symbol and of all",
    ["place", "openOrders", "cancel"],
    async (api, desk) => {
      const placed = await api.place(bid(desk));
      for (const filter of [{ symbol: desk.traded }, {}]) {
        const rows = await api.openOrders(filter);
        assert.deepEqual(
          rows.map((row) => String(row.orderId)),
          [String(placed.orderId)],
        );
      }
      await api.cancel({ symbol: desk.traded, orderId: placed.orderId });
      assert.deepEqual(await api.openOrders({ symbol: desk.traded }), []);
    },
  );

  claim("orders", "one open order is queried", ["place", "openOrder", "cancel"], async (api, desk) => {
    const placed = await api.place(bid(desk));
    assert.equal((await api.openOrder({ symbol: desk.traded, orderId: placed.orderId })).status, "NEW");
    await api.cancel({ symbol: desk.traded, orderId: placed.orderId });
    await refused(desk, -2013, api.openOrder({ symbol: desk.traded, orderId: placed.orderId }));
  });

  claim("orders", "an order is amended", ["place", "amend", "query"], async (api, desk) => {
    const { orderId } = await api.place(bid(desk));
    const change = { symbol: desk.traded, side: "BUY", quantity: desk.quantity, orderId };
    same((await api.amend({ ...change, price: FARTHER })).price, FARTHER);
    same((await api.query({ symbol: desk.traded, orderId })).price, FARTHER);
    same((await desk.sim.order(orderId)).price, FARTHER);
  });

  claim(
    "orders",
    "an amendment is told in the history of amendments",
    ["place", "amend", "amendments"],
    async (api, desk) => {
      const { orderId } = await api.place(bid(desk));
      await api.amend({ symbol: desk.traded, side: "BUY", quantity: desk.quantity, orderId, price: FARTHER });
      const [row] = await api.amendments({ symbol: desk.traded, orderId });
      assert.equal(String(row.orderId), String(orderId));
      same(row.amendment.price.before, FAR);
      same(row.amendment.price.after, FARTHER);
    },
  );

  claim(
    "orders",
    "a market order fills at the mark, and its opposite closes the position",
    ["place", "query"],
    async (api, desk) => {
      const opened = await api.place(take(desk, "BUY"));
      const row = await api.query({ symbol: desk.traded, orderId: opened.orderId });
      assert.equal(row.status, "FILLED");
      same(row.executedQty, desk.quantity);
      same(row.avgPrice, "3000");
      same((await desk.sim.position(desk.traded)).quantity, desk.quantity);
      await api.place({ ...take(desk, "SELL"), reduceOnly: "true" });
      assert.equal(await desk.sim.position(desk.traded), undefined);
    },
  );

  claim("orders", "a resting order fills when the mark crosses it", ["place", "query"], async (api, desk) => {
    const { orderId } = await api.place(bid(desk, { price: "2950" }));
    await desk.sim.command("mark", { symbol: desk.traded, price: "2940" });
    const row = await api.query({ symbol: desk.traded, orderId });
    assert.equal(row.status, "FILLED");
    same(row.avgPrice, "2950");
    await desk.sim.command("mark", { symbol: desk.traded, price: "3000" });
    await api.place({ ...take(desk, "SELL"), reduceOnly: "true" });
  });

  claim(
    "orders",
    "a batch is placed, each item with an answer of its own",
    ["place", "placeBatch", "openOrders"],
    async (api, desk) => {
      const rows = await api.placeBatch([bid(desk), bid(desk, { price: "2900.001" }), bid(desk, { price: FARTHER })]);
      assert.deepEqual(
        rows.map((row) => row.code ?? row.status),
        ["NEW", -1111, "NEW"],
      );
      assert.equal((await api.openOrders({ symbol: desk.traded })).length, 2);
    },
  );

  claim("orders", "a batch is amended", ["place", "amendBatch"], async (api, desk) => {
    const placed = [await api.place(bid(desk)), await api.place(bid(desk, { price: FARTHER }))];
    const change = { symbol: desk.traded, side: "BUY", quantity: desk.quantity, price: "2850" };
    const rows = await api.amendBatch(placed.map(({ orderId }) => ({ ...change, orderId })));
    for (const row of rows) same(row.price, "2850");
    assert.equal(rows.length, 2);
  });

  claim(
    "orders",
    "a batch is cancelled by the venue's ids",
    ["place", "cancelBatch", "openOrders"],
    async (api, desk) => {
      const placed = [await api.place(bid(desk)), await api.place(bid(desk))];
      const rows = await api.cancelBatch(
        desk.traded,
        placed.map(({ orderId }) => orderId),
      );
      assert.deepEqual(
        rows.map((row) => row.status),
        ["CANCELED", "CANCELED"],
      );
      assert.deepEqual(await api.openOrders({ symbol: desk.traded }), []);
    },
  );

  claim("orders", "all orders of a symbol are cancelled", ["place", "cancelAll", "openOrders"], async (api, desk) => {
    await api.place(bid(desk));
    assert.equal((await api.cancelAll({ symbol: desk.traded })).code, 200);
    assert.deepEqual(await api.openOrders({ symbol: desk.traded }), []);
  });

  claim("orders", "an order is only tested", ["testOrder", "openOrders"], async (api, desk) => {
    await api.testOrder(bid(desk));
    assert.deepEqual(await api.openOrders({ symbol: desk.traded }), []);
  });

  claim("orders", "a countdown is set and ended", ["countdown"], async (api, desk) => {
    for (const countdownTime of [60_000, 0]) {
      const row = await api.countdown({ symbol: desk.traded, countdownTime });
      assert.equal(row.symbol, desk.traded);
      same(row.countdownTime, countdownTime);
    }
  });

  const stop = ({ traded, quantity }) => ({
    ...{ algoType: "CONDITIONAL", symbol: traded, side: "SELL", type: "STOP_MARKET" },
    ...{ quantity, triggerPrice: "2800", workingType: "MARK_PRICE" },
  });

  claim(
    "orders",
    "a conditional order waits in its own book, and is cancelled",
    ["placeAlgo", "openAlgos", "cancelAlgo"],
    async (api, desk) => {
      const { algoId, algoStatus } = await api.placeAlgo(stop(desk));
      assert.equal(algoStatus, "NEW");
      const rows = await api.openAlgos({ symbol: desk.traded });
      assert.deepEqual(
        rows.map((row) => String(row.algoId)),
        [String(algoId)],
      );
      same(rows[0].triggerPrice, "2800");
      assert.equal(String((await api.cancelAlgo({ symbol: desk.traded, algoId })).algoId), String(algoId));
      assert.deepEqual(await api.openAlgos({ symbol: desk.traded }), []);
    },
  );

  claim(
    "orders",
    "a conditional order is queried, and kept in the history",
    ["placeAlgo", "queryAlgo", "allAlgos", "cancelAllAlgos"],
    async (api, desk) => {
      const { algoId } = await api.placeAlgo(stop(desk));
      same((await api.queryAlgo({ symbol: desk.traded, algoId })).triggerPrice, "2800");
      await api.cancelAllAlgos({ symbol: desk.traded });
      const rows = await api.allAlgos({ symbol: desk.traded });
      assert.equal(rows.find((row) => String(row.algoId) === String(algoId)).algoStatus, "CANCELED");
    },
  );

  claim(
    "orders",
    "an order whose answer is lost is found by the client's own id",
    ["place", "query"],
    async (api, desk) => {
      await desk.sim.command("drop", { route: `POST ${desk.root}/order`, after: true });
      await assert.rejects(api.place(bid(desk, { newClientOrderId: "lost" })));
      assert.equal((await api.query({ symbol: desk.traded, origClientOrderId: "lost" })).status, "NEW");
    },
  );

  claim(
    "refusals",
    "a page of HTML in place of an answer is an error, and nothing is placed",
    ["place"],
    async (api, desk) => {
      const page = { status: 403, text: "<html>Forbidden</html>", headers: { "content-type": "text/html" } };
      await desk.sim.command("answer", { route: `POST ${desk.root}/order`, ...page });
      await assert.rejects(api.place(bid(desk, { newClientOrderId: "page" })));
      assert.ok((await desk.sim.show("orders")).every((order) => order.client_id !== "page"));
    },
  );

  claim("refusals", "a price finer than its tick is refused", ["place"], (api, desk) =>
    refused(desk, -1111, api.place(bid(desk, { price: "2900.001" }))),
  );

  claim("refusals", "a post-only order that would trade is refused", ["place"], (api, desk) =>
    refused(desk, -5022, api.place(bid(desk, { price: "3100", timeInForce: "GTX" }))),
  );

  claim("refusals", "an order beyond the margin is refused", ["place"], (api, desk) =>
    refused(desk, -2019, api.place(bid(desk, { quantity: desk.tooLarge }))),
  );

  claim("refusals", "closing what is not held is refused", ["place"], (api, desk) =>
    refused(desk, -2022, api.place({ ...take(desk, "SELL"), reduceOnly: "true" })),
  );

  claim("refusals", "an unknown order is neither read nor cancelled", ["query", "cancel"], async (api, desk) => {
    await refused(desk, -2013, api.query({ symbol: desk.traded, orderId: 99_999 }));
    await refused(desk, -2011, api.cancel({ symbol: desk.traded, orderId: 99_999 }));
  });

  claim("refusals", "an ended order is not amended", ["place", "amend", "cancel"], async (api, desk) => {
    const { orderId } = await api.place(bid(desk));
    await api.cancel({ symbol: desk.traded, orderId });
    const change = { symbol: desk.traded, side: "BUY", quantity: desk.quantity, price: FARTHER, orderId };
    await refused(desk, -2013, api.amend(change));
  });

  if (scenario === "flat") {
    claim(
      "refusals",
      "the position mode is refused to change while an order is open",
      ["place", "setPositionMode"],
      async (api, desk) => {
        await api.place(bid(desk));
        await refused(desk, -4067, api.setPositionMode({ dualSidePosition: "true" }));
      },
    );
  }
}
