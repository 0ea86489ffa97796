// `ccxt`, unchanged, against the three venues.

import assert from "node:assert/strict";

import ccxt from "ccxt";

import { refused } from "./answers.mjs";
import { close, same } from "./decimals.mjs";
import { desk } from "./desk.mjs";

const BINANCE = {
  // hosts by the beginning of their URLs; others are left as they are, and would be refused
  urls: (api, rest) => {
    for (const [name, url] of Object.entries(api)) {
      const [, path] = /^https:\/\/[fd]api\.binance\.com(\/.*)$/.exec(url) ?? [];
      if (path) api[name] = rest + path;
    }
  },
  noOrder: -2011,
  notHeld: -2022,
};

const VENUES = [
  {
    ...BINANCE,
    venue: "binance_usdm",
    exchange: "binanceusdm",
    types: ["linear"],
    placing: "POST /fapi/v1/order",
    held: "BTC/USDT:USDT",
    traded: "ETH/USDT:USDT",
    idle: "BNB/USDT:USDT",
    ids: { held: "BTCUSDT", traded: "ETHUSDT", idle: "BNBUSDT" },
    asset: "USDT",
    amount: 2,
    tooLarge: 9000,
  },
  {
    ...BINANCE,
    venue: "binance_coinm",
    exchange: "binancecoinm",
    types: ["inverse"],
    placing: "POST /dapi/v1/order",
    held: "BTC/USD:BTC",
    traded: "ETH/USD:ETH",
    idle: "BNB/USD:BNB",
    ids: { held: "BTCUSD_PERP", traded: "ETHUSD_PERP", idle: "BNBUSD_PERP" },
    asset: "ETH",
    amount: 10,
    tooLarge: 400_000,
  },
  {
    urls: (api, rest) => {
      for (const name of Object.keys(api)) api[name] = rest;
    },
    venue: "bybit_inverse",
    exchange: "bybit",
    types: ["inverse"],
    placing: "POST /v5/order/create",
    held: "BTC/USD:BTC",
    traded: "ETH/USD:ETH",
    idle: "ETH/USD:ETH",
    ids: { held: "BTCUSD", traded: "ETHUSD", idle: "ETHUSD" },
    asset: "ETH",
    amount: 100,
    isBybit: true,
    noOrder: 110001,
    notHeld: 110017,
  },
];

// Returns a client whose URLs are the simulator's; the spot venue, which is another one, is left out.
const opener =
  ({ exchange, types, urls }) =>
  async ({ rest, key, secret }) => {
    const options = { fetchMarkets: { types }, defaultSubType: types[0] };
    const has = { fetchCurrencies: false }; // asks for deposits and withdrawals, of the spot venue
    const client = new ccxt[exchange]({ apiKey: key, secret, options, has });
    urls(client.urls.api, rest);
    await client.loadMarkets();
    return client;
  };

// A refusal's message ends with the body of the answer. Its class is told by the venue's own host, which is none here.
const desktop = { codeOf: (error) => Number(/"(?:code|retCode)":(-?\d+)/.exec(error.message)?.[1]) };

for (const of of VENUES) {
  const { held, traded, idle, ids, amount } = of;
  desk({ client: "ccxt", venue: of.venue, open: opener(of) }, (check, scenario) => {
    const bid = (client, price = 2900, parameters = {}) =>
      client.createOrder(traded, "limit", "buy", amount, price, parameters);

    check("account", "trading fees are told for a symbol", async (client) => {
      const fee = await client.fetchTradingFee(traded);
      assert.equal(fee.symbol, traded);
      assert.ok(fee.taker > 0);
    });

    check("balances", "each balance is the ledger's", async (client, sim) => {
      const balances = await client.fetchBalance();
      const known = await sim.show("balances");
      for (const { asset, equity, wallet } of known.filter((one) => Number(one.wallet) !== 0)) {
        close(balances[asset].total, of.isBybit ? wallet : equity);
      }
    });

    check("balances", "a deposit is in the balance", async (client, sim) => {
      const before = (await client.fetchBalance())[of.asset].total;
      await sim.command("deposit", { asset: of.asset, amount: "1.5" });
      close((await client.fetchBalance())[of.asset].total, before + 1.5);
    });

    check("positions", "each position is the ledger's", async (client, sim) => {
      const rows = (await client.fetchPositions()).filter((row) => row.contracts);
      const positions = await sim.show("positions");
      assert.deepEqual(
        rows.map((row) => row.info.symbol),
        positions.map((position) => position.symbol),
      );
      for (const [index, position] of positions.entries()) {
        close(rows[index].contracts, Math.abs(position.quantity));
        assert.equal(rows[index].side, position.quantity > 0 ? "long" : "short");
        close(rows[index].entryPrice, position.entry_price);
        close(rows[index].unrealizedPnl, position.unrealized_pnl);
        // not every venue's row tells them
        assert.ok([undefined, position.margin_type].includes(rows[index].marginMode));
        if (rows[index].leverage !== undefined) close(rows[index].leverage, position.leverage);
      }
    });

    check("leverage", "the leverage of a symbol changes", async (client, sim) => {
      for (const leverage of [7, 20]) {
        await client.setLeverage(leverage, idle);
        same((await sim.settings(ids.idle)).leverage, leverage);
        assert.equal((await client.fetchLeverage(idle)).longLeverage, leverage);
      }
    });

    check("leverage", "tiers of leverage rise", async (client) => {
      const tiers = await client.fetchMarketLeverageTiers(held);
      const floors = tiers.map((tier) => tier.minNotional);
      assert.deepEqual(
        floors,
        [...floors].sort((one, other) => one - other),
      );
      assert.ok(tiers[0].maxLeverage >= 100);
    });

    check("orders", "an order is placed, read back, and cancelled", async (client, sim) => {
      const { id } = await bid(client, 2900, { clientOrderId: `life-${scenario}` });
      assert.equal((await sim.order(id)).client_id, `life-${scenario}`);
      const rows = await client.fetchOpenOrders(traded);
      assert.deepEqual(
        rows.map((row) => [row.id, row.price, row.amount]),
        [[id, 2900, amount]],
      );
      await client.cancelOrder(id, traded);
      assert.deepEqual(await client.fetchOpenOrders(traded), []);
    });

    check("orders", "an order is read by its id, open and ended", async (client) => {
      const { id } = await bid(client);
      const read = () => client.fetchOrder(id, traded, { acknowledged: true });
      assert.equal((await read()).status, "open");
      await client.cancelOrder(id, traded);
      assert.equal((await read()).status, "canceled");
    });

    check("orders", "an order is edited", async (client, sim) => {
      const { id } = await bid(client);
      await client.editOrder(id, traded, "limit", "buy", amount, 2890);
      same((await sim.order(id)).price, "2890");
      await client.cancelOrder(id, traded);
    });

    check("orders", "a market order fills, and its opposite closes the position", async (client, sim) => {
      const { id } = await client.createOrder(traded, "market", "buy", amount);
      const fill = (await sim.fills(ids.traded)).find((one) => one.order_id === id);
      const trades = await client.fetchMyTrades(traded, undefined, undefined, { orderId: id });
      assert.deepEqual(
        trades.map((trade) => [trade.order, trade.side]),
        [[id, "buy"]],
      );
      close(trades[0].price, fill.price);
      close(trades[0].fee.cost, -fill.commission);
      await client.createOrder(traded, "market", "sell", amount, undefined, { reduceOnly: true });
      assert.equal(await sim.position(ids.traded), undefined);
    });

    check("orders", "orders are placed and cancelled in batches", async (client) => {
      const order = { symbol: traded, type: "limit", side: "buy", amount };
      const placed = await client.createOrders([
        { ...order, price: 2900 },
        { ...order, price: 2890 },
      ]);
      const opened = await client.fetchOpenOrders(traded);
      assert.deepEqual(placed.map((row) => row.id).sort(), opened.map((row) => row.id).sort());
      if (of.isBybit)
        await client.cancelAllOrders(traded); // the client cancels no batches of inverse contracts
      else
        await client.cancelOrders(
          placed.map((row) => row.id),
          traded,
        );
      assert.deepEqual(await client.fetchOpenOrders(traded), []);
    });

    check("orders", "all orders of a symbol are cancelled", async (client) => {
      await bid(client);
      await client.cancelAllOrders(traded);
      assert.deepEqual(await client.fetchOpenOrders(traded), []);
    });

    check("orders", "a conditional order waits for its trigger, and is cancelled", async (client) => {
      const trigger = { triggerPrice: 2800, triggerDirection: "descending" };
      const { id } = await client.createOrder(traded, "market", "sell", amount, undefined, trigger);
      const rows = await client.fetchOpenOrders(traded, undefined, undefined, { trigger: true });
      assert.deepEqual(
        rows.map((row) => [row.id, row.triggerPrice]),
        [[id, 2800]],
      );
      await client.cancelOrder(id, traded, { trigger: true });
      assert.deepEqual(await client.fetchOpenOrders(traded, undefined, undefined, { trigger: true }), []);
    });

    check("orders", "an order whose answer is lost is among the open ones", async (client, sim) => {
      await sim.command("drop", { route: of.placing, after: true });
      await assert.rejects(bid(client, 2900, { clientOrderId: `lost-${scenario}` }), ccxt.NetworkError);
      const rows = await client.fetchOpenOrders(traded);
      assert.deepEqual(
        rows.map((row) => row.clientOrderId),
        [`lost-${scenario}`],
      );
      await client.cancelAllOrders(traded);
    });

    check("histories", "ended orders are kept", async (client) => {
      const { id } = await bid(client);
      await client.cancelOrder(id, traded);
      const rows = await client.fetchCanceledOrders(traded);
      assert.ok(rows.some((row) => row.id === id));
    });

    check("histories", "a deposit is in the account's ledger", async (client, sim) => {
      await sim.command("deposit", { asset: of.asset, amount: "3.25" });
      const rows = await client.fetchLedger(of.asset);
      assert.ok(rows.some((row) => row.amount === 3.25 && row.direction === "in"));
    });

    if (scenario === "holding") {
      check("histories", "paid funding is in the history", async (client, sim) => {
        await sim.command("fund", { symbol: ids.held, rate: "0.0001" });
        const rows = await client.fetchFundingHistory(held);
        assert.equal(rows.length, 1);
        assert.ok(of.isBybit || rows[0].amount < 0);
      });

      const wholeContracts = {
        fails: /amount of BTC\/USD:BTC must be greater than minimum amount precision of 1/,
        proof:
          "`js/src/binance.js:13616` rounds the margin to whole contracts (`amountToPrecision`), where Binance " +
          "documents `amount` of `POST /dapi/v1/positionMargin` as DECIMAL, in coins.",
      };
      const bug = of.venue === "binance_coinm" ? wholeContracts : null;
      if (!of.isBybit) {
        check(
          "margin type",
          bug ? "isolated margin is not added in parts of a contract" : "isolated margin is added",
          async (client, sim) => {
            const before = await sim.position(ids.held);
            await client.addMargin(held, bug ? 0.01 : 10);
            const after = await sim.position(ids.held);
            assert.ok(Number(after.added_margin) > Number(before.added_margin));
          },
          bug,
        );
      }

      check("positions", "a moved mark is the position's", async (client, sim) => {
        const { mark_price: before } = await sim.position(ids.held);
        await sim.command("mark", { symbol: ids.held, price: String(Number(before) - 100) });
        const [row] = await client.fetchPositions([held]);
        close(row.markPrice, Number(before) - 100);
        await sim.command("mark", { symbol: ids.held, price: before });
      });
    }

    check("market", "the venue's clock is near", async (client) => {
      assert.ok(Math.abs((await client.fetchTime()) - Date.now()) < 60_000);
    });

    check("market", "markets are listed with their steps", async (client) => {
      const market = client.market(traded);
      assert.deepEqual([market.id, market.precision.price], [ids.traded, 0.01]);
    });

    check("market", "ticker, book and candles lie around the mark", async (client) => {
      const { markPrice } = await client.fetchFundingRate(traded);
      const ticker = await client.fetchTicker(traded);
      const book = await client.fetchOrderBook(traded, 5);
      assert.ok(book.bids[0][0] <= markPrice && markPrice <= book.asks[0][0]);
      close(ticker.last, markPrice);
      const candles = await client.fetchOHLCV(traded, "1m", undefined, 3);
      assert.equal(candles.length, 3);
    });

    check("refusals", "an unknown order is not cancelled", (client) =>
      refused(desktop, of.noOrder, client.cancelOrder("99999", traded)),
    );

    check("refusals", "closing what is not held is refused", (client) =>
      refused(
        desktop,
        of.notHeld,
        client.createOrder(traded, "market", "sell", amount, undefined, { reduceOnly: true }),
      ),
    );

    check("refusals", "a wrong secret is refused", async (_, sim) => {
      const other = await opener(of)({ ...sim, secret: "s".repeat(64) });
      await assert.rejects(other.fetchBalance(), ccxt.AuthenticationError);
    });

    check("refusals", "a key that may only read reads, and writes nothing", async (_, sim) => {
      const reader = await opener(of)({ ...sim, ...sim.readOnly });
      assert.ok((await reader.fetchBalance())[of.asset].total > 0);
      await assert.rejects(reader.setLeverage(3, idle), ccxt.AuthenticationError);
    });

    check("refusals", "a clock that differs is refused", async (client, sim) => {
      await sim.command("skew", { seconds: 30 });
      await assert.rejects(client.fetchPositions(), ccxt.InvalidNonce);
      await sim.command("skew", { seconds: 0 });
    });

    if (!of.isBybit) {
      check("leverage", "the leverage of every symbol is told", async (client, sim) => {
        const { longLeverage } = (await client.fetchLeverages([traded]))[traded];
        same(longLeverage, (await sim.settings(ids.traded)).leverage);
      });

      check("market", "past rates of funding are listed", async (client) => {
        const rows = await client.fetchFundingRateHistory(traded);
        assert.ok(rows.every((row) => row.symbol === traded && Number.isFinite(row.fundingRate)));
      });

      check("histories", "open and ended orders are listed together", async (client) => {
        const placed = [await bid(client), await bid(client, 2890)];
        await client.cancelOrder(placed[0].id, traded);
        const statuses = Object.fromEntries((await client.fetchOrders(traded)).map((row) => [row.id, row.status]));
        assert.deepEqual(
          placed.map(({ id }) => statuses[id]),
          ["canceled", "open"],
        );
        await client.cancelAllOrders(traded);
      });

      check("positions", "positions are told as part of the account, with side and notional", async (client, sim) => {
        const rows = (await client.fetchPositions(undefined, { method: "account" })).filter((row) => row.contracts);
        const positions = await sim.show("positions");
        assert.deepEqual(
          rows.map((row) => [row.info.symbol, row.side]),
          positions.map((position) => [position.symbol, position.quantity > 0 ? "long" : "short"]),
        );
        assert.ok(rows.every((row) => row.notional > 0));
      });

      check("margin type", "the margin type of a flat symbol changes, and back", async (client, sim) => {
        for (const mode of ["isolated", "cross"]) {
          await client.setMarginMode(mode, idle);
          assert.equal((await sim.settings(ids.idle)).margin_type, mode);
        }
      });

      check("refusals", "an order beyond the margin is refused", (client) =>
        refused(desktop, -2019, client.createOrder(traded, "limit", "buy", of.tooLarge, 2900)),
      );

      check("position mode", "the present position mode is told", async (client) => {
        assert.equal((await client.fetchPositionMode(traded)).hedged, false);
      });

      if (scenario === "flat") {
        check("position mode", "the position mode changes, and back", async (client, sim) => {
          for (const isHedge of [true, false]) {
            await client.setPositionMode(isHedge, traded);
            assert.equal((await sim.show("accounts"))[0].position_mode, isHedge ? "hedge" : "one_way");
          }
        });
      }
    }
  });
}
