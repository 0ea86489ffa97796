// Binance's own SDKs for JavaScript, unchanged, against the simulated futures.

import { DerivativesTradingCoinFutures } from "@binance/derivatives-trading-coin-futures";
import { DerivativesTradingUsdsFutures } from "@binance/derivatives-trading-usds-futures";

import { COINM, USDM, product } from "./binance_products.mjs";

// Returns a call of a method; its answer is read from a response.
const method =
  (name) =>
  async (client, parameters = {}) =>
    (await client.restAPI[name](parameters)).data();

const both = {
  time: async (client) => Number((await method("checkServerTime")(client)).serverTime),
  info: method("exchangeInformation"),
  depth: method("orderBook"),
  candles: method("klineCandlestickData"),
  price: method("symbolPriceTicker"),
  bookTicker: method("symbolOrderBookTicker"),
  day: method("ticker24hrPriceChangeStatistics"),
  commission: method("userCommissionRate"),
  openStream: method("startUserDataStream"),
  keepStream: method("keepaliveUserDataStream"),
  closeStream: method("closeUserDataStream"),
  adlQuantile: method("positionAdlQuantileEstimation"),
  addMargin: method("modifyIsolatedPositionMargin"),
  marginHistory: method("getPositionMarginChangeHistory"),
  setMarginType: method("changeMarginType"),
  setLeverage: method("changeInitialLeverage"),
  positionMode: method("getCurrentPositionMode"),
  setPositionMode: method("changePositionMode"),
  place: method("newOrder"),
  amend: method("modifyOrder"),
  query: method("queryOrder"),
  openOrder: method("queryCurrentOpenOrder"),
  openOrders: method("currentAllOpenOrders"),
  allOrders: method("allOrders"),
  amendments: method("getOrderModifyHistory"),
  cancel: method("cancelOrder"),
  cancelAll: method("cancelAllOpenOrders"),
  amendBatch: (client, batchOrders) => method("modifyMultipleOrders")(client, { batchOrders }),
  cancelBatch: (client, symbol, orderIdList) => method("cancelMultipleOrders")(client, { symbol, orderIdList }),
  countdown: method("autoCancelAllOpenOrders"),
  trades: method("accountTradeList"),
  income: method("getIncomeHistory"),
  forceOrders: method("usersForceOrders"),
};

const usdm = {
  ...both,
  premium: method("markPrice"),
  fundingRates: method("getFundingRateHistory"),
  adlRisk: method("adlRisk"),
  account: method("accountInformationV3"),
  accountV2: method("accountInformationV2"),
  configuration: method("futuresAccountConfiguration"),
  symbolConfig: method("symbolConfiguration"),
  orderLimits: method("queryUserRateLimit"),
  tradingStatus: method("futuresTradingQuantitativeRulesIndicators"),
  feeBurn: method("getBnbBurnStatus"),
  setFeeBurn: method("toggleBnbBurnOnFuturesTrade"),
  balances: method("futuresAccountBalanceV3"),
  balancesV2: method("futuresAccountBalanceV2"),
  positions: method("positionInformationV3"),
  positionsV2: method("positionInformationV2"),
  brackets: method("notionalAndLeverageBrackets"),
  assetMode: method("getCurrentMultiAssetsMode"),
  setAssetMode: method("changeMultiAssetsMode"),
  placeBatch: (client, batchOrders) => method("placeMultipleOrders")(client, { batchOrders }),
  testOrder: method("testOrder"),
  placeAlgo: method("newAlgoOrder"),
  queryAlgo: method("queryAlgoOrder"),
  openAlgos: method("currentAllAlgoOpenOrders"),
  allAlgos: method("queryAllAlgoOrders"),
  cancelAlgo: method("cancelAlgoOrder"),
  cancelAllAlgos: method("cancelAllAlgoOpenOrders"),
};

const coinm = {
  ...both,
  premium: method("indexPriceAndMarkPrice"),
  fundingRates: method("getFundingRateHistoryOfPerpetualFutures"),
  account: method("accountInformation"),
  balances: method("futuresAccountBalance"),
  positions: method("positionInformation"),
  brackets: method("notionalBracketForSymbol"),
};

// errors of the older SDK have the venue's words, and no code
const CODES = {
  "Timestamp for this request is outside of the recvWindow.": -1021,
  "Signature for this request is not valid.": -1022,
  "Start time is greater than end time.": -1023,
  "Precision is over the maximum defined for this asset.": -1111,
  "Invalid symbol.": -1121,
  "Unknown order sent.": -2011,
  "Order does not exist.": -2013,
  "Invalid API-key, IP, or permissions for action.": -2015,
  "Margin is insufficient.": -2019,
  "ReduceOnly Order is rejected.": -2022,
  "Exceeded the maximum allowable position at current leverage.": -2027,
  "Leverage 126 is not valid": -4028,
  "No need to change margin type.": -4046,
  "Margin type cannot be changed if there exists position.": -4048,
  "Add margin only support for isolated position.": -4049,
  "No need to change position side.": -4059,
  "Position side cannot be changed if there exists open orders.": -4067,
  "Position side cannot be changed if there exists position.": -4068,
  "Due to the order could not be executed as maker, the Post Only order will be rejected. The order will not be recorded in the order history":
    -5022,
};

const made =
  (Client) =>
  ({ rest, key, secret }) =>
    new Client({ configurationRestAPI: { apiKey: key, apiSecret: secret, basePath: rest } });

product(USDM, {
  client: "@binance/derivatives-trading-usds-futures",
  open: made(DerivativesTradingUsdsFutures),
  calls: usdm,
  codeOf: (error) => error.code,
});

product(COINM, {
  client: "@binance/derivatives-trading-coin-futures",
  open: made(DerivativesTradingCoinFutures),
  calls: coinm,
  codeOf: (error) => CODES[error.message],
});
