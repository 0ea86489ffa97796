// What holds of histories for every client of Binance's futures.

import assert from "node:assert/strict";

import { close, same } from "./decimals.mjs";
import { refused } from "./answers.mjs";

export function binanceHistoryClaims(claim, scenario) {
  // opens and closes a position, and returns the ids of both orders
  async function roundTrip(api, { traded, quantity }) {
    const order = { symbol: traded, type: "MARKET", quantity };
    const placed = [await api.place({ ...order, side: "BUY" }), await api.place({ ...order, side: "SELL" })];
    return placed.map(({ orderId }) => String(orderId));
  }

  claim("histories", "ended orders are kept", ["place", "allOrders"], async (api, desk) => {
    const ids = await roundTrip(api, desk);
    const rows = await api.allOrders({ symbol: desk.traded });
    const kept = rows.filter((row) => ids.includes(String(row.orderId)));
    assert.deepEqual(
      kept.map((row) => [row.side, row.status]),
      [
        ["BUY", "FILLED"],
        ["SELL", "FILLED"],
      ],
    );
  });

  claim("histories", "trades are the ledger's fills", ["place", "trades"], async (api, desk) => {
    await roundTrip(api, desk);
    const rows = await api.trades({ symbol: desk.traded });
    const fills = await desk.sim.fills(desk.traded);
    assert.deepEqual(
      rows.map((row) => String(row.id)),
      fills.map((fill) => fill.trade_id),
    );
    for (const [index, fill] of fills.entries()) {
      same(rows[index].price, fill.price);
      close(rows[index].realizedPnl, fill.realized_pnl);
      close(rows[index].commission, -fill.commission);
    }
  });

  claim("histories", "trades of one order are listed", ["place", "trades"], async (api, desk) => {
    const [orderId] = await roundTrip(api, desk);
    const rows = await api.trades({ symbol: desk.traded, orderId });
    assert.deepEqual(
      rows.map((row) => String(row.orderId)),
      [orderId],
    );
  });

  claim("histories", "a deposit is in the income", ["income"], async (api, { sim, asset }) => {
    await sim.command("deposit", { asset, amount: "3.25" });
    const rows = await api.income({ incomeType: "TRANSFER" });
    same(rows.at(-1).income, "3.25");
    assert.equal(rows.at(-1).asset, asset);
  });

  claim("histories", "a span that ends before it begins is refused", ["allOrders"], (api, desk) =>
    refused(
      desk,
      -1023,
      api.allOrders({ symbol: desk.traded, startTime: 1_749_000_000_000, endTime: 1_748_000_000_000 }),
    ),
  );

  claim("histories", "no order was closed by force", ["forceOrders"], async (api) => {
    assert.deepEqual(await api.forceOrders(), []);
  });

  if (scenario === "holding") {
    claim("histories", "paid funding is in the income", ["income"], async (api, desk) => {
      await desk.sim.command("fund", { symbol: desk.held, rate: "0.0001" });
      const rows = await api.income({ symbol: desk.held, incomeType: "FUNDING_FEE" });
      assert.equal(rows.length, 1);
      assert.ok(Number(rows[0].income) < 0);
    });

    // the last one, as nothing is held afterwards
    claim(
      "histories",
      "a liquidation is told among the orders that closed by force",
      ["forceOrders"],
      async (api, desk) => {
        await desk.sim.command("liquidate", { symbol: desk.held });
        const [row] = await api.forceOrders({ autoCloseType: "LIQUIDATION" });
        assert.deepEqual([row.symbol, row.side, row.status], [desk.held, "SELL", "FILLED"]);
        assert.equal(await desk.sim.position(desk.held), undefined);
      },
    );
  }
}
