// `bybit-api`, unchanged, against the simulated inverse venue.

import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";

import { RestClientV5 } from "bybit-api";

import { by, refused } from "./answers.mjs";
import { close, same } from "./decimals.mjs";
import { desk } from "./desk.mjs";

const category = "inverse";
const HELD = "BTCUSD";
const TRADED = "ETHUSD";
const ETH = { category, symbol: TRADED };
const BID = { ...ETH, side: "Buy", orderType: "Limit", qty: "100", price: "2000" };

// the client throws refusals only when it is asked to
const open = ({ rest, key, secret }) =>
  patient(new RestClientV5({ key, secret, baseUrl: rest, throwExceptions: true, parseAPIRateLimits: true }));

// Returns a client that waits as the venue says when it has sent too many requests, and sends the last one again.
function patient(client) {
  const call =
    (method) =>
    async (...given) => {
      for (;;) {
        try {
          return await method.apply(client, given);
        } catch (error) {
          if (error.retCode !== 10006) throw error;
          await wait(Math.max(0, error.rateLimitApi.resetAtTimestamp - Date.now()));
        }
      }
    };
  return new Proxy(client, {
    get: (target, name) => (typeof target[name] === "function" ? call(target[name]) : target[name]),
  });
}

const desktop = { codeOf: (error) => error.retCode ?? error.body?.retCode };

// Returns the result of an answer, or its list.
const result = async (call) => (await call).result;
const list = async (call) => (await result(call)).list;

desk({ client: "bybit-api", venue: "bybit_inverse", open }, (check, scenario) => {
  check("account", "the account is a unified one with the ledger's margin mode", async (client, sim) => {
    const row = await result(client.getAccountInfo());
    assert.ok([5, 6].includes(row.unifiedMarginStatus));
    const { margin_type: marginType } = await sim.settings(HELD);
    assert.equal(row.marginMode, marginType === "isolated" ? "ISOLATED_MARGIN" : "REGULAR_MARGIN");
  });

  check("account", "the key may write, and is the account's own", async (client, sim) => {
    const row = await result(client.getQueryApiKey());
    assert.deepEqual([row.apiKey, row.readOnly], [sim.key, 0]);
  });

  check("account", "fee rates are told for a symbol", async (client) => {
    const [row] = await list(client.getFeeRate(ETH));
    same(row.takerFeeRate, "0.00055");
    same(row.makerFeeRate, "0.0002");
  });

  check("account", "the coins that are collateral are told", async (client) => {
    const rows = by("currency", await list(client.getCollateralInfo()));
    assert.equal(rows.BTC.collateralSwitch, true);
  });

  check("account", "the group of self-match prevention is told", async (client) => {
    assert.equal(typeof (await result(client.getSMPGroup())).smpGroup, "number");
  });

  check("account", "the countdowns of the account are told", async (client) => {
    assert.ok(Array.isArray((await result(client.getDCPInfo())).dcpInfos));
  });

  check("balances", "each coin is the ledger's", async (client, sim) => {
    const [account] = await list(client.getWalletBalance({ accountType: "UNIFIED" }));
    const coins = by("coin", account.coin);
    for (const balance of (await sim.show("balances")).filter((one) => Number(one.wallet) !== 0)) {
      same(coins[balance.asset].walletBalance, balance.wallet);
      close(coins[balance.asset].equity, balance.equity);
      close(coins[balance.asset].unrealisedPnl, balance.unrealized_pnl);
    }
  });

  check("balances", "a deposit is in the balance", async (client, sim) => {
    const read = async () => (await list(client.getWalletBalance({ accountType: "UNIFIED", coin: "ETH" })))[0].coin[0];
    const before = (await read()).walletBalance;
    await sim.command("deposit", { asset: "ETH", amount: "1.5" });
    close((await read()).walletBalance, Number(before) + 1.5);
  });

  check("balances", "how much may be withdrawn is told", async (client) => {
    const answer = await client.getPrivate("/v5/account/withdrawal", { coinName: "BTC" });
    assert.ok(Number(answer.result.availableWithdrawal) > 0);
  });

  check("positions", "each position is the ledger's", async (client, sim) => {
    const rows = (await list(client.getPositionInfo({ category }))).filter((row) => Number(row.size) !== 0);
    const positions = await sim.show("positions");
    assert.deepEqual(
      rows.map((row) => row.symbol),
      positions.map((position) => position.symbol),
    );
    for (const [index, position] of positions.entries()) {
      same(rows[index].size, position.quantity);
      close(rows[index].avgPrice, position.entry_price);
      close(rows[index].unrealisedPnl, position.unrealized_pnl);
    }
  });

  check("positions", "a flat symbol that is asked for is an empty row", async (client) => {
    const [row] = await list(client.getPositionInfo(ETH));
    assert.deepEqual([row.symbol, row.side], [TRADED, ""]);
    same(row.size, 0);
  });

  check("leverage", "the leverage of a symbol changes", async (client, sim) => {
    for (const leverage of ["12.5", "10"]) {
      await client.setLeverage({ ...ETH, buyLeverage: leverage, sellLeverage: leverage });
      same((await sim.settings(TRADED)).leverage, leverage);
      const [row] = await list(client.getPositionInfo(ETH));
      same(row.leverage, leverage);
    }
  });

  check("leverage", "the present leverage is refused", async (client, sim) => {
    const { leverage } = await sim.settings(TRADED);
    await refused(desktop, 110043, client.setLeverage({ ...ETH, buyLeverage: leverage, sellLeverage: leverage }));
  });

  check("leverage", "a leverage that no tier has is refused", (client) =>
    refused(desktop, 110013, client.setLeverage({ ...ETH, buyLeverage: "101", sellLeverage: "101" })),
  );

  check("margin type", "the margin mode of the account changes, and back", async (client, sim) => {
    const words = { isolated: "ISOLATED_MARGIN", cross: "REGULAR_MARGIN" };
    const { margin_type: before } = await sim.settings(TRADED);
    for (const name of [before === "isolated" ? "cross" : "isolated", before]) {
      await client.setMarginMode(words[name]);
      assert.equal((await sim.settings(TRADED)).margin_type, name);
      assert.equal((await result(client.getAccountInfo())).marginMode, words[name]);
    }
  });

  if (scenario === "holding") {
    check("margin type", "isolated margin is added and taken back", async (client, sim) => {
      const before = await sim.position(HELD);
      await client.addOrReduceMargin({ category, symbol: HELD, margin: "0.5" });
      close(Number((await sim.position(HELD)).position_initial_margin) - Number(before.position_initial_margin), 0.5);
      await client.addOrReduceMargin({ category, symbol: HELD, margin: "-0.5" });
    });

    check("positions", "a moved mark changes price and profit of a position", async (client, sim) => {
      const { mark_price: before } = await sim.position(HELD);
      const price = String(Number(before) - 100);
      await sim.command("mark", { symbol: HELD, price });
      const [row] = await list(client.getPositionInfo({ category, symbol: HELD }));
      same(row.markPrice, price);
      close(row.unrealisedPnl, (await sim.position(HELD)).unrealized_pnl);
      await sim.command("mark", { symbol: HELD, price: before });
    });

    check("positions", "take profit and stop loss are set on a position", async (client) => {
      await client.setTradingStop({ category, symbol: HELD, stopLoss: "70000", tpslMode: "Full", positionIdx: 0 });
      const [row] = await list(client.getPositionInfo({ category, symbol: HELD }));
      same(row.stopLoss, "70000");
      await client.setTradingStop({ category, symbol: HELD, stopLoss: "0", tpslMode: "Full", positionIdx: 0 });
    });

    check("histories", "paid funding is in the transaction log", async (client, sim) => {
      await sim.command("fund", { symbol: HELD, rate: "0.0001" });
      const rows = await list(client.getTransactionLog({ category, type: "SETTLEMENT" }));
      assert.equal(rows.length, 1);
      assert.equal(rows[0].symbol, HELD);
      assert.ok(Number(rows[0].funding) < 0);
    });
  } else {
    check("margin type", "margin is refused in cross margin", (client) =>
      refused(desktop, 110015, client.addOrReduceMargin({ category, symbol: HELD, margin: "0.5" })),
    );
  }

  check("position mode", "hedge mode is refused, as inverse contracts have none", (client) =>
    refused(desktop, 110029, client.switchPositionMode({ ...ETH, mode: 3 })),
  );

  check("orders", "an order is placed, read back, amended and cancelled", async (client, sim) => {
    const { orderId } = await result(client.submitOrder({ ...BID, orderLinkId: `life-${scenario}` }));
    const [row] = await list(client.getActiveOrders({ ...ETH, orderId }));
    assert.deepEqual([row.orderStatus, row.orderLinkId], ["New", `life-${scenario}`]);
    same(row.price, (await sim.order(orderId)).price);
    await client.amendOrder({ ...ETH, orderId, price: "2100" });
    same((await list(client.getActiveOrders({ ...ETH, orderId })))[0].price, "2100");
    await client.cancelOrder({ ...ETH, orderId });
    assert.equal((await list(client.getHistoricOrders({ ...ETH, orderId })))[0].orderStatus, "Cancelled");
  });

  check("orders", "an ended order is found in the open ones by its id", async (client) => {
    const { orderId } = await result(client.submitOrder(BID));
    await client.cancelOrder({ ...ETH, orderId });
    const rows = await list(client.getActiveOrders({ ...ETH, orderId, openOnly: 0 }));
    assert.deepEqual(
      rows.map((row) => [row.orderId, row.orderStatus]),
      [[orderId, "Cancelled"]],
    );
  });

  check("orders", "a market order fills, and its opposite closes the position", async (client, sim) => {
    const order = { ...ETH, orderType: "Market", qty: "1000" };
    const { orderId } = await result(client.submitOrder({ ...order, side: "Buy" }));
    assert.equal((await list(client.getHistoricOrders({ ...ETH, orderId })))[0].orderStatus, "Filled");
    same((await sim.position(TRADED)).quantity, "1000");
    const [row] = await list(client.getExecutionList({ ...ETH, orderId }));
    const fill = (await sim.fills(TRADED)).find((one) => one.order_id === orderId);
    same(row.execPrice, fill.price);
    close(row.execFee, -fill.commission);
    await client.submitOrder({ ...order, side: "Sell", reduceOnly: true });
    assert.equal(await sim.position(TRADED), undefined);
    const closed = await list(client.getClosedPnL(ETH));
    same(closed[0].qty, "1000");
  });

  check("orders", "a conditional order waits for its trigger, and is cancelled", async (client) => {
    const trigger = { triggerPrice: "2500", triggerDirection: 2, triggerBy: "MarkPrice" };
    const { orderId } = await result(
      client.submitOrder({ ...ETH, side: "Buy", orderType: "Market", qty: "100", ...trigger }),
    );
    const [row] = await list(client.getActiveOrders({ ...ETH, orderId }));
    assert.deepEqual([row.orderStatus, row.stopOrderType], ["Untriggered", "Stop"]);
    await client.cancelOrder({ ...ETH, orderId });
  });

  check("orders", "a batch is placed, amended and cancelled, each item with a code of its own", async (client) => {
    const bid = { ...BID };
    delete bid.category; // a batch has one for all
    const codes = (answer) => answer.retExtInfo.list.map((one) => one.code);
    const placed = await client.batchSubmitOrders(category, [bid, { ...bid, price: "2001" }]);
    assert.deepEqual(codes(placed), [0, 0]);
    const named = placed.result.list.map(({ orderId }) => ({ symbol: TRADED, orderId }));
    const amended = await client.batchAmendOrders(category, [
      { ...named[0], price: "1900" },
      { symbol: TRADED, orderId: "00000000-0000-0000-0000-000000000000", price: "1900" },
    ]);
    assert.deepEqual(codes(amended), [0, 110001]);
    assert.deepEqual(codes(await client.batchCancelOrders(category, named)), [0, 0]);
    assert.deepEqual(await list(client.getActiveOrders(ETH)), []);
  });

  check("orders", "an order whose answer is lost is found by the client's own id", async (client, sim) => {
    await sim.command("drop", { route: "POST /v5/order/create", after: true });
    await assert.rejects(client.submitOrder({ ...BID, orderLinkId: `lost-${scenario}` }));
    const [row] = await list(client.getActiveOrders({ ...ETH, orderLinkId: `lost-${scenario}` }));
    assert.equal(row.orderStatus, "New");
    await client.cancelOrder({ ...ETH, orderId: row.orderId });
  });

  check("orders", "all orders of a symbol are cancelled", async (client) => {
    await client.submitOrder(BID);
    await client.submitOrder({ ...BID, price: "1999" });
    assert.equal((await list(client.cancelAllOrders(ETH))).length, 2);
    assert.deepEqual(await list(client.getActiveOrders(ETH)), []);
  });

  check("histories", "the transaction log needs no type of account", async (client) => {
    const rows = await list(client.getTransactionLog({ currency: "BTC" }));
    assert.notEqual(rows.length, 0);
    assert.ok(rows.every((row) => row.currency === "BTC"));
  });

  check("histories", "a page of orders ends with a cursor that leads to the next", async (client) => {
    for (const price of ["1990", "1991", "1992"]) {
      const { orderId } = await result(client.submitOrder({ ...BID, price }));
      await client.cancelOrder({ ...ETH, orderId });
    }
    const first = await result(client.getHistoricOrders({ ...ETH, limit: 2 }));
    const second = await result(client.getHistoricOrders({ ...ETH, limit: 2, cursor: first.nextPageCursor }));
    const ids = [...first.list, ...second.list].map((row) => row.orderId);
    assert.equal(new Set(ids).size, 4);
  });

  check("market", "the venue's clock is near", async (client) => {
    assert.ok(Math.abs((await client.fetchServerTime()) * 1000 - Date.now()) < 60_000);
  });

  check("market", "instruments are listed with their steps", async (client) => {
    const rows = by("symbol", await list(client.getInstrumentsInfo({ category })));
    same(rows[TRADED].priceFilter.tickSize, "0.01");
    same(rows[HELD].leverageFilter.maxLeverage, "100");
  });

  check("market", "risk limits rise", async (client) => {
    const limits = (await list(client.getRiskLimit({ category, symbol: HELD }))).map((row) =>
      Number(row.riskLimitValue),
    );
    assert.deepEqual(
      limits,
      [...limits].sort((one, other) => one - other),
    );
    assert.notEqual(limits.length, 0);
  });

  check("market", "ticker, book and candles lie around the mark", async (client) => {
    const [ticker] = await list(client.getTickers(ETH));
    const book = await result(client.getOrderbook({ ...ETH, limit: 5 }));
    assert.ok(Number(book.b[0][0]) <= Number(ticker.markPrice) && Number(ticker.markPrice) <= Number(book.a[0][0]));
    const candles = await list(client.getKline({ ...ETH, interval: "1", limit: 3 }));
    assert.equal(candles.length, 3);
  });

  check("market", "the state of the venue is told", async (client) => {
    assert.ok(Array.isArray(await list(client.getSystemStatus())));
  });

  check("refusals", "closing what is not held is refused at once", (client) =>
    refused(desktop, 110017, client.submitOrder({ ...BID, orderType: "Market", side: "Sell", reduceOnly: true })),
  );

  check("refusals", "an unknown order is neither amended nor cancelled", async (client) => {
    const orderId = "00000000-0000-0000-0000-000000000000";
    await refused(desktop, 110001, client.amendOrder({ ...ETH, orderId, price: "1900" }));
    await refused(desktop, 110001, client.cancelOrder({ ...ETH, orderId }));
  });

  check("refusals", "a client's id is taken once", async (client) => {
    const { orderId } = await result(client.submitOrder({ ...BID, orderLinkId: "once" }));
    await refused(desktop, 110072, client.submitOrder({ ...BID, orderLinkId: "once" }));
    await client.cancelOrder({ ...ETH, orderId });
  });

  check("refusals", "a page of HTML in place of an answer is an error, and nothing is placed", async (client, sim) => {
    const page = { status: 403, text: "<html>Forbidden</html>", headers: { "content-type": "text/html" } };
    await sim.command("answer", { route: "POST /v5/order/create", ...page });
    await assert.rejects(client.submitOrder({ ...BID, orderLinkId: "page" }));
    assert.ok((await sim.show("orders")).every((order) => order.client_id !== "page"));
  });

  check("refusals", "margin that is added by itself is refused to inverse contracts", (client) =>
    refused(desktop, 10001, client.setAutoAddMargin({ category, symbol: HELD, autoAddMargin: 1 })),
  );

  check("refusals", "an inverse order is not checked beforehand, neither in cross nor in isolated margin", (client) =>
    refused(desktop, 10001, client.preCheckOrder(BID)),
  );

  check("refusals", "an unknown symbol is refused", (client) =>
    refused(desktop, 10001, client.submitOrder({ ...BID, symbol: "NOSUCH" })),
  );

  check("refusals", "a wrong secret is refused", (_, sim) =>
    refused(desktop, 10004, open({ ...sim, secret: "s".repeat(36) }).getAccountInfo()),
  );

  check("refusals", "an unknown key is refused", (_, sim) =>
    refused(desktop, 10003, open({ ...sim, key: "k".repeat(18) }).getAccountInfo()),
  );

  check("refusals", "a key that may only read reads, and writes nothing", async (_, sim) => {
    const reader = open({ ...sim, ...sim.readOnly });
    assert.equal((await reader.getAccountInfo()).retCode, 0);
    await refused(desktop, 10005, reader.setLeverage({ ...ETH, buyLeverage: "5", sellLeverage: "5" }));
  });

  check("refusals", "a clock that differs is refused", async (client, sim) => {
    await sim.command("skew", { seconds: 30 });
    await refused(desktop, 10002, client.getAccountInfo());
    await sim.command("skew", { seconds: 0 });
    assert.equal((await client.getAccountInfo()).retCode, 0);
  });
});
