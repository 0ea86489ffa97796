// `node-binance-api`, unchanged, against both of Binance's futures.

import Binance from "node-binance-api";

import assert from "node:assert/strict";

import { bookOf, candleOf } from "./answers.mjs";
import { COINM, USDM, product } from "./binance_products.mjs";

// The client writes into the parameters that it is given, and many of its methods take the symbol by itself.
const plain =
  (name) =>
  (client, parameters = {}) =>
    client[name]({ ...parameters });
const named =
  (name) =>
  (client, { symbol, ...others }) =>
    client[name](symbol, others);

const usdm = {
  time: plain("futuresTime"),
  info: plain("futuresExchangeInfo"),
  premium: named("futuresMarkPrice"),
  day: named("futuresDaily"),
  price: async (client, { symbol }) => ({ symbol, price: (await client.futuresPrices(symbol))[symbol] }),
  bookTicker: async (client, { symbol }) => (await client.futuresQuote(symbol))[symbol],
  depth: async (client, { symbol, limit }) => bookOf(await client.futuresDepth(symbol, { limit })),
  candles: async (client, { symbol, interval, limit }) =>
    (await client.futuresCandles(symbol, interval, { limit })).map(candleOf),
  fundingRates: named("futuresFundingRate"),
  account: plain("futuresAccount"),
  symbolConfig: plain("futuresSymbolConfig"),
  commission: named("futuresCommissionRate"),
  tradingStatus: named("futuresTradingStatus"),
  balancesV2: plain("futuresBalance"),
  positions: plain("futuresPositionRisk"),
  positionsV2: plain("futuresPositionRiskV2"),
  brackets: named("futuresLeverageBracket"),
  adlQuantile: plain("futuresDeleverageQuantile"),
  openStream: plain("futuresGetDataStream"),
  keepStream: plain("futuresKeepDataStream"),
  closeStream: plain("futuresCloseDataStream"),
  setLeverage: (client, { symbol, leverage }) => client.futuresLeverage(symbol, leverage),
  setMarginType: (client, { symbol, marginType }) => client.futuresMarginType(symbol, marginType),
  addMargin: (client, { symbol, amount, type }) => client.futuresPositionMargin(symbol, amount, type),
  marginHistory: named("futuresPositionMarginHistory"),
  positionMode: plain("futuresPositionSideDual"),
  setPositionMode: (client, { dualSidePosition }) => client.futuresChangePositionSideDual(dualSidePosition),
  place: (client, { type, side, symbol, quantity, price, ...others }) =>
    client.futuresOrder(type, side, symbol, quantity, price, others),
  query: named("futuresOrderStatus"),
  openOrders: named("futuresOpenOrders"),
  allOrders: named("futuresAllOrders"),
  cancel: (client, { symbol, orderId, ...others }) => client.futuresCancel(symbol, orderId, others),
  cancelAll: named("futuresCancelAll"),
  placeBatch: (client, orders) => client.futuresMultipleOrders(orders),
  cancelBatch: (client, symbol, ids) =>
    client.futuresCancelMultipleOrders(symbol, { orderIdList: JSON.stringify(ids) }),
  countdown: (client, { symbol, countdownTime }) => client.futuresCountdownCancelAll(symbol, countdownTime),
  placeAlgo: (client, { type, side, symbol, quantity, price, ...others }) =>
    client.futuresAlgoOrder(type, side, symbol, quantity, price, others),
  queryAlgo: named("futuresAlgoOrderStatus"),
  openAlgos: named("futuresOpenAlgoOrders"),
  allAlgos: named("futuresAllAlgoOrders"),
  cancelAlgo: (client, { symbol, algoId }) => client.futuresCancelAlgoOrder(symbol, algoId),
  cancelAllAlgos: named("futuresCancelAllAlgo"),
  trades: named("futuresUserTrades"),
  income: plain("futuresIncome"),
  forceOrders: plain("futuresForceOrders"),
};

const coinm = {
  time: async (client) => (await client.deliveryTime()).serverTime,
  info: plain("deliveryExchangeInfo"),
  premium: named("deliveryMarkPrice"),
  day: named("deliveryDaily"),
  price: async (client, { symbol }) => ({ symbol, price: (await client.deliveryPrices())[symbol] }),
  bookTicker: async (client, { symbol }) => (await client.deliveryQuote())[symbol],
  depth: async (client, { symbol, limit }) => bookOf(await client.deliveryDepth(symbol, { limit })),
  candles: async (client, { symbol, interval, limit }) =>
    (await client.deliveryCandles(symbol, interval, { limit })).map(candleOf),
  account: plain("deliveryAccount"),
  commission: named("deliveryCommissionRate"),
  balances: plain("deliveryBalance"),
  positions: plain("deliveryPositionRisk"),
  brackets: named("deliveryLeverageBracketSymbols"),
  openStream: plain("deliveryGetDataStream"),
  keepStream: plain("deliveryKeepDataStream"),
  closeStream: plain("deliveryCloseDataStream"),
  setLeverage: (client, { symbol, leverage }) => client.deliveryLeverage(symbol, leverage),
  setMarginType: (client, { symbol, marginType }) => client.deliveryMarginType(symbol, marginType),
  addMargin: (client, { symbol, amount, type }) => client.deliveryPositionMargin(symbol, amount, type),
  marginHistory: named("deliveryPositionMarginHistory"),
  positionMode: plain("deliveryPositionSideDual"),
  setPositionMode: (client, { dualSidePosition }) => client.deliveryChangePositionSideDual(dualSidePosition),
  place: (client, { type, side, symbol, quantity, price, ...others }) =>
    client.deliveryOrder(type, side, symbol, quantity, price, others),
  query: named("deliveryOrderStatus"),
  openOrders: named("deliveryOpenOrders"),
  allOrders: named("deliveryAllOrders"),
  cancel: named("deliveryCancel"),
  cancelAll: named("deliveryCancelAll"),
  countdown: (client, { symbol, countdownTime }) => client.deliveryCountdownCancelAll(symbol, countdownTime),
  trades: named("deliveryUserTrades"),
  income: plain("deliveryIncome"),
};

// an error's message is the body of the answer
const codeOf = (error) => JSON.parse(error.message).code;

function open({ rest, key, secret }) {
  const client = new Binance({ APIKEY: key, APISECRET: secret, urls: { fapi: `${rest}/fapi/` } });
  client.dapi = `${rest}/dapi/`; // no option sets it
  return client;
}

// checks of this client alone
function more(check, scenario) {
  if (scenario !== "flat") return;
  const wrongRoute = {
    fails: /-5000/,
    proof:
      "`dist/node-binance-api.js:4683` sends `GET /fapi/v1/algoOpenOrders`; Binance documents the list of open " +
      "conditional orders as `GET /fapi/v1/openAlgoOrders`, and the other path for DELETE alone.",
  };
  check(
    "orders",
    "open conditional orders are not listed by the option `conditional`",
    async ({ conditionals }) => {
      assert.deepEqual(await conditionals(), []);
    },
    wrongRoute,
  );
}

usdm.conditionals = (client) => client.futuresOpenOrders(undefined, { conditional: true });

product(USDM, { client: "node-binance-api", open, calls: usdm, codeOf, more });
product(COINM, { client: "node-binance-api", open, calls: coinm, codeOf });
