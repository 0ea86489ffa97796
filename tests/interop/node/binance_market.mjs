// What holds of public data and of access for every client of Binance's futures.

import assert from "node:assert/strict";

import { by, refused } from "./answers.mjs";
import { same } from "./decimals.mjs";

export function binanceMarketClaims(claim) {
  const of = (answer, symbol) => [answer].flat().find((row) => row.symbol === symbol);

  claim("market", "the venue's clock is near", ["time"], async (api) => {
    assert.ok(Math.abs((await api.time()) - Date.now()) < 60_000);
  });

  claim("market", "symbols are listed with steps and types of order", ["info"], async (api, desk) => {
    const row = by("symbol", (await api.info()).symbols)[desk.traded];
    const filters = by("filterType", row.filters);
    same(filters.PRICE_FILTER.tickSize, "0.01");
    same(filters.LOT_SIZE.stepSize, desk.least);
    for (const type of ["LIMIT", "MARKET", "STOP_MARKET", "TAKE_PROFIT_MARKET"])
      assert.ok(row.orderTypes.includes(type), type);
  });

  claim("market", "the mark is the ledger's", ["premium"], async (api, desk) => {
    same(of(await api.premium({ symbol: desk.traded }), desk.traded).markPrice, "3000");
    same(of(await api.premium({}), desk.traded).markPrice, "3000");
  });

  claim(
    "market",
    "last price, best prices and book lie around the mark",
    ["price", "bookTicker", "depth"],
    async (api, desk) => {
      same(of(await api.price({ symbol: desk.traded }), desk.traded).price, "3000");
      const best = of(await api.bookTicker({ symbol: desk.traded }), desk.traded);
      const book = await api.depth({ symbol: desk.traded, limit: 5 });
      assert.ok(Number(best.bidPrice) <= 3000 && 3000 <= Number(best.askPrice));
      same(book.bids[0][0], best.bidPrice);
      same(book.asks[0][0], best.askPrice);
    },
  );

  claim("market", "the statistics of a day end at the last price", ["day"], async (api, desk) => {
    same(of(await api.day({ symbol: desk.traded }), desk.traded).lastPrice, "3000");
  });

  claim("market", "candles are listed, oldest first", ["candles"], async (api, desk) => {
    const rows = await api.candles({ symbol: desk.traded, interval: "1m", limit: 3 });
    const times = rows.map((row) => row[0]);
    assert.equal(rows.length, 3);
    assert.deepEqual(
      times,
      [...times].sort((one, other) => Number(one) - Number(other)),
    );
    for (const row of rows) assert.ok(Number(row[2]) >= Number(row[3]));
  });

  claim("market", "funding rates are listed", ["fundingRates"], async (api, desk) => {
    for (const row of await api.fundingRates({ symbol: desk.traded })) {
      assert.equal(row.symbol, desk.traded);
      assert.ok(Number.isFinite(Number(row.fundingRate)));
    }
  });

  claim("market", "the risk of being deleveraged is told for a symbol", ["adlRisk"], async (api, desk) => {
    assert.equal(of(await api.adlRisk({ symbol: desk.traded }), desk.traded).symbol, desk.traded);
  });

  claim("refusals", "an unknown symbol is refused", ["setLeverage"], (api, desk) =>
    refused(desk, -1121, api.setLeverage({ symbol: "NOSUCH", leverage: 5 })),
  );

  claim("refusals", "a wrong secret is refused", ["balances"], (_, desk) =>
    refused(desk, -1022, desk.make({ ...desk.sim, secret: "s".repeat(64) }).balances()),
  );

  claim("refusals", "an unknown key is refused", ["balances"], (_, desk) =>
    refused(desk, -2015, desk.make({ ...desk.sim, key: "k".repeat(64) }).balances()),
  );

  claim(
    "refusals",
    "a key that may only read reads, and writes nothing",
    ["balances", "setLeverage"],
    async (_, desk) => {
      const reader = desk.make({ ...desk.sim, ...desk.sim.readOnly });
      assert.notEqual((await reader.balances()).length, 0);
      await refused(desk, -2015, reader.setLeverage({ symbol: desk.idle, leverage: 3 }));
    },
  );

  claim("refusals", "a clock that differs is refused", ["balances"], async (api, desk) => {
    await desk.sim.command("skew", { seconds: 30 });
    await refused(desk, -1021, api.balances());
    await desk.sim.command("skew", { seconds: 0 });
    assert.notEqual((await api.balances()).length, 0);
  });
}
