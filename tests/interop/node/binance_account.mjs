// What holds of account, balances, positions and settings for every client of Binance's futures.

import assert from "node:assert/strict";

import { close, same } from "./decimals.mjs";
import { refused, by } from "./answers.mjs";

export function binanceAccountClaims(claim, scenario) {
  claim(
    "account",
    "the account lists each asset with its wallet and what it may lose",
    ["account"],
    async (api, { sim }) => {
      const assets = by("asset", (await api.account()).assets);
      for (const balance of await sim.show("balances")) {
        same(assets[balance.asset].walletBalance, balance.wallet);
        close(assets[balance.asset].availableBalance, balance.available);
        close(assets[balance.asset].unrealizedProfit, balance.unrealized_pnl);
      }
    },
  );

  claim(
    "account",
    "the second version of the account lists every symbol, traded or not",
    ["accountV2"],
    async (api, desk) => {
      const account = await api.accountV2();
      assert.equal(account.canTrade, true);
      const rows = by("symbol", account.positions);
      same(rows[desk.idle].positionAmt, 0);
      same(rows[desk.held].positionAmt, (await desk.sim.position(desk.held))?.quantity ?? 0);
    },
  );

  claim("account", "the configuration tells the modes and that trading is allowed", ["configuration"], async (api) => {
    const row = await api.configuration();
    assert.deepEqual([row.canTrade, row.dualSidePosition, row.multiAssetsMargin], [true, false, false]);
  });

  claim("account", "commission rates are told for a symbol", ["commission"], async (api, desk) => {
    const row = await api.commission({ symbol: desk.traded });
    assert.equal(row.symbol, desk.traded);
    same(row.takerCommissionRate, "0.0005");
  });

  claim("account", "fees are paid in BNB once that is switched on", ["feeBurn", "setFeeBurn"], async (api) => {
    await api.setFeeBurn({ feeBurn: "true" });
    assert.equal((await api.feeBurn()).feeBurn, true);
    await api.setFeeBurn({ feeBurn: "false" });
    assert.equal((await api.feeBurn()).feeBurn, false);
  });

  claim("account", "the limits of orders are told", ["orderLimits"], async (api) => {
    for (const row of await api.orderLimits()) {
      assert.equal(row.rateLimitType, "ORDERS");
      assert.ok(row.limit > 0);
    }
  });

  claim("account", "the trading status is told", ["tradingStatus"], async (api, desk) => {
    assert.equal(typeof (await api.tradingStatus({ symbol: desk.traded })).indicators, "object");
  });

  claim(
    "account",
    "the stream of the account is opened, kept and closed",
    ["openStream", "keepStream", "closeStream"],
    async (api) => {
      const { listenKey } = await api.openStream();
      assert.equal(typeof listenKey, "string");
      await api.keepStream();
      await api.closeStream();
    },
  );

  claim("balances", "each balance is the ledger's", ["balances"], async (api, { sim }) => {
    const rows = by("asset", await api.balances());
    for (const balance of await sim.show("balances")) {
      same(rows[balance.asset].balance, balance.wallet);
      close(rows[balance.asset].crossWalletBalance, balance.cross_wallet);
      close(rows[balance.asset].availableBalance, balance.available);
    }
  });

  claim("balances", "the second version of the balances has the same figures", ["balancesV2"], async (api, { sim }) => {
    const rows = by("asset", await api.balancesV2());
    for (const balance of await sim.show("balances")) same(rows[balance.asset].balance, balance.wallet);
  });

  claim("balances", "a deposit is in the balance", ["balances"], async (api, { sim, asset }) => {
    const before = by("asset", await api.balances())[asset].balance;
    await sim.command("deposit", { asset, amount: "12.5" });
    close(by("asset", await api.balances())[asset].balance, Number(before) + 12.5);
  });

  claim("positions", "each position is the ledger's", ["positions"], async (api, { sim }) => {
    const rows = (await api.positions()).filter((row) => Number(row.positionAmt) !== 0);
    const positions = await sim.show("positions");
    assert.deepEqual(
      rows.map((row) => row.symbol),
      positions.map((position) => position.symbol),
    );
    for (const [index, position] of positions.entries()) {
      same(rows[index].positionAmt, position.quantity);
      close(rows[index].entryPrice, position.entry_price);
      close(rows[index].unRealizedProfit, position.unrealized_pnl);
    }
  });

  claim(
    "positions",
    "the second version of the positions lists flat symbols, too",
    ["positionsV2"],
    async (api, desk) => {
      const [row] = await api.positionsV2({ symbol: desk.idle });
      same(row.positionAmt, 0);
      const rows = by("symbol", await api.positionsV2());
      same(rows[desk.held].positionAmt, (await desk.sim.position(desk.held))?.quantity ?? 0);
    },
  );

  claim("positions", "the brackets of a symbol begin at no notional and rise", ["brackets"], async (api, desk) => {
    const answer = await api.brackets({ symbol: desk.traded });
    const { brackets } = Array.isArray(answer) ? answer[0] : answer;
    const floors = brackets.map((row) => Number(row.notionalFloor ?? row.qtyFloor ?? row.qtylFloor));
    assert.deepEqual(
      floors,
      [...floors].sort((one, other) => one - other),
    );
    assert.equal(floors[0], 0);
    assert.equal(brackets[0].initialLeverage, 100);
  });

  if (scenario === "holding") {
    claim("positions", "a moved mark changes price and profit of a position", ["positions"], async (api, desk) => {
      await desk.sim.command("mark", { symbol: desk.held, price: "87000" });
      const row = by("symbol", await api.positions())[desk.held];
      same(row.markPrice, "87000");
      close(row.unRealizedProfit, (await desk.sim.position(desk.held)).unrealized_pnl);
      await desk.sim.command("mark", { symbol: desk.held, price: "88000" });
    });

    claim("positions", "the place in the queue of deleveraging is told", ["adlQuantile"], async (api, desk) => {
      const answer = await api.adlQuantile({ symbol: desk.held });
      const [row] = [answer].flat();
      assert.equal(row.symbol, desk.held);
      assert.ok(row.adlQuantile.BOTH >= 0);
    });

    claim(
      "positions",
      "isolated margin is added, and told in the history",
      ["addMargin", "marginHistory"],
      async (api, desk) => {
        const amount = desk.venue === "binance_usdm" ? "10" : "0.01";
        const before = await desk.sim.position(desk.held);
        await api.addMargin({ symbol: desk.held, amount, type: 1 });
        const after = await desk.sim.position(desk.held);
        close(Number(after.isolated_wallet) - Number(before.isolated_wallet), amount);
        const rows = await api.marginHistory({ symbol: desk.held });
        same(rows[0].amount, amount);
        assert.equal(rows[0].type, 1);
      },
    );

    claim("margin type", "the margin type of a held symbol is refused to change", ["setMarginType"], (api, desk) =>
      refused(desk, -4048, api.setMarginType({ symbol: desk.held, marginType: "CROSSED" })),
    );

    claim(
      "position mode",
      "the position mode is refused to change while something is held",
      ["setPositionMode"],
      (api, desk) => refused(desk, -4068, api.setPositionMode({ dualSidePosition: "true" })),
    );

    claim("leverage", "a leverage that the position is too large for is refused", ["setLeverage"], (api, desk) =>
      refused(desk, -2027, api.setLeverage({ symbol: desk.held, leverage: 125 })),
    );
  } else {
    claim(
      "position mode",
      "the position mode changes, and back",
      ["positionMode", "setPositionMode"],
      async (api, { sim }) => {
        for (const isHedge of [true, false]) {
          await api.setPositionMode({ dualSidePosition: String(isHedge) });
          assert.equal((await api.positionMode()).dualSidePosition, isHedge);
          assert.equal((await sim.show("accounts"))[0].position_mode, isHedge ? "hedge" : "one_way");
        }
      },
    );

    claim(
      "positions",
      "in hedge mode a symbol has a long and a short position",
      ["place", "positions", "setPositionMode"],
      async (api, desk) => {
        const take = (side, positionSide) =>
          api.place({ symbol: desk.traded, side, positionSide, type: "MARKET", quantity: desk.quantity });
        await api.setPositionMode({ dualSidePosition: "true" });
        await take("BUY", "LONG");
        await take("SELL", "SHORT");
        const rows = (await api.positions()).filter((row) => Number(row.positionAmt) !== 0);
        assert.deepEqual(
          rows.map((row) => [row.symbol, row.positionSide, Number(row.positionAmt)]),
          [
            [desk.traded, "LONG", Number(desk.quantity)],
            [desk.traded, "SHORT", -Number(desk.quantity)],
          ],
        );
        await take("SELL", "LONG");
        await take("BUY", "SHORT");
        await api.setPositionMode({ dualSidePosition: "false" });
      },
    );

    claim("account", "the asset mode changes, and back", ["assetMode", "setAssetMode"], async (api, { sim }) => {
      for (const isMulti of [true, false]) {
        await api.setAssetMode({ multiAssetsMargin: String(isMulti) });
        assert.equal((await api.assetMode()).multiAssetsMargin, isMulti);
        assert.equal((await sim.show("accounts"))[0].asset_mode, isMulti ? "multi" : "single");
      }
    });
  }

  claim("position mode", "the present position mode is refused", ["setPositionMode"], (api, desk) =>
    refused(desk, -4059, api.setPositionMode({ dualSidePosition: "false" })),
  );

  claim("leverage", "the leverage of a flat symbol changes", ["setLeverage"], async (api, desk) => {
    for (const leverage of [7, 20]) {
      const answer = await api.setLeverage({ symbol: desk.idle, leverage });
      assert.equal(answer.symbol, desk.idle);
      assert.equal(answer.leverage, leverage);
      assert.ok(Number(answer[desk.largest]) > 0);
      same((await desk.sim.settings(desk.idle)).leverage, leverage);
    }
  });

  claim(
    "leverage",
    "the configuration of a symbol tells leverage and margin type",
    ["symbolConfig"],
    async (api, desk) => {
      for (const symbol of [desk.held, desk.idle]) {
        const [row] = await api.symbolConfig({ symbol });
        const settings = await desk.sim.settings(symbol);
        same(row.leverage, settings.leverage);
        assert.equal(row.marginType, settings.margin_type === "isolated" ? "ISOLATED" : "CROSSED");
      }
    },
  );

  claim("leverage", "a leverage that no bracket has is refused", ["setLeverage"], (api, desk) =>
    refused(desk, -4028, api.setLeverage({ symbol: desk.idle, leverage: 126 })),
  );

  claim("margin type", "the margin type of a flat symbol changes, and back", ["setMarginType"], async (api, desk) => {
    for (const [word, name] of [
      ["ISOLATED", "isolated"],
      ["CROSSED", "cross"],
    ]) {
      assert.equal((await api.setMarginType({ symbol: desk.idle, marginType: word })).code, 200);
      assert.equal((await desk.sim.settings(desk.idle)).margin_type, name);
    }
  });

  claim("margin type", "the present margin type is refused", ["setMarginType"], (api, desk) =>
    refused(desk, -4046, api.setMarginType({ symbol: desk.idle, marginType: "CROSSED" })),
  );

  claim("margin type", "margin is refused for a symbol in cross margin", ["addMargin"], (api, desk) =>
    refused(desk, -4049, api.addMargin({ symbol: desk.idle, amount: "1", type: 1 })),
  );
}
