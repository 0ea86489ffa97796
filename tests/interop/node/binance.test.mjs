// `binance` (siebly), unchanged, against both of Binance's futures.

import { CoinMClient, USDMClient } from "binance";

import { COINM, USDM, product } from "./binance_products.mjs";

const shared = {
  time: (client) => client.getServerTime(),
  info: (client) => client.getExchangeInfo(),
  depth: (client, parameters) => client.getOrderBook(parameters),
  candles: (client, parameters) => client.getKlines(parameters),
  fundingRates: (client, parameters) => client.getFundingRateHistory(parameters),
  price: (client, parameters) => client.getSymbolPriceTicker(parameters),
  bookTicker: (client, parameters) => client.getSymbolOrderBookTicker(parameters),
  day: (client, parameters) => client.get24hrChangeStatistics(parameters),
  account: (client) => client.getAccountInformation(),
  balances: (client) => client.getBalance(),
  commission: (client, parameters) => client.getAccountCommissionRate(parameters),
  brackets: (client, parameters) => client.getNotionalAndLeverageBrackets(parameters),
  openStream: (client) => client.getFuturesUserDataListenKey(),
  keepStream: (client) => client.keepAliveFuturesUserDataListenKey(),
  closeStream: (client) => client.closeFuturesUserDataListenKey(),
  positions: (client, parameters) => client.getPositions(parameters),
  adlQuantile: (client, parameters) => client.getADLQuantileEstimation(parameters),
  addMargin: (client, parameters) => client.setIsolatedPositionMargin(parameters),
  marginHistory: (client, parameters) => client.getPositionMarginChangeHistory(parameters),
  setMarginType: (client, parameters) => client.setMarginType(parameters),
  setLeverage: (client, parameters) => client.setLeverage(parameters),
  positionMode: (client) => client.getCurrentPositionMode(),
  setPositionMode: (client, parameters) => client.setPositionMode(parameters),
  place: (client, order) => client.submitNewOrder(order),
  amend: (client, order) => client.modifyOrder(order),
  query: (client, parameters) => client.getOrder(parameters),
  openOrder: (client, parameters) => client.getCurrentOpenOrder(parameters),
  openOrders: (client, parameters) => client.getAllOpenOrders(parameters),
  allOrders: (client, parameters) => client.getAllOrders(parameters),
  amendments: (client, parameters) => client.getOrderModifyHistory(parameters),
  cancel: (client, parameters) => client.cancelOrder(parameters),
  cancelAll: (client, parameters) => client.cancelAllOpenOrders(parameters),
  placeBatch: (client, orders) => client.submitMultipleOrders(orders),
  amendBatch: (client, orders) => client.modifyMultipleOrders(orders),
  cancelBatch: (client, symbol, ids) => client.cancelMultipleOrders({ symbol, orderIdList: ids }),
  countdown: (client, parameters) => client.setCancelOrdersOnTimeout(parameters),
  placeAlgo: (client, order) => client.submitNewAlgoOrder(order),
  openAlgos: (client, parameters) => client.getOpenAlgoOrders(parameters),
  cancelAlgo: (client, parameters) => client.cancelAlgoOrder(parameters),
  trades: (client, parameters) => client.getAccountTrades(parameters),
  income: (client, parameters) => client.getIncomeHistory(parameters),
  forceOrders: (client, parameters) => client.getForceOrders(parameters),
};

const usdm = {
  ...shared,
  premium: (client, parameters) => client.getMarkPrice(parameters),
  adlRisk: (client, parameters) => client.getSymbolAdlRisk(parameters),
  account: (client) => client.getAccountInformationV3(),
  accountV2: (client) => client.getAccountInformation(),
  configuration: (client) => client.getFuturesAccountConfig(),
  symbolConfig: (client, parameters) => client.getFuturesSymbolConfig(parameters),
  orderLimits: (client) => client.getUserForceOrders(),
  tradingStatus: (client, parameters) => client.getApiQuantitativeRulesIndicators(parameters),
  feeBurn: (client) => client.getBNBBurnStatus(),
  setFeeBurn: (client, parameters) => client.setBNBBurnEnabled(parameters),
  balances: (client) => client.getBalanceV3(),
  balancesV2: (client) => client.getBalance(),
  positions: (client, parameters) => client.getPositionsV3(parameters),
  positionsV2: (client, parameters) => client.getPositions(parameters),
  assetMode: (client) => client.getMultiAssetsMode(),
  setAssetMode: (client, parameters) => client.setMultiAssetsMode(parameters),
  testOrder: (client, order) => client.testOrder(order),
  queryAlgo: (client, parameters) => client.getAlgoOrder(parameters),
  allAlgos: (client, parameters) => client.getAllAlgoOrders(parameters),
  cancelAllAlgos: (client, parameters) => client.cancelAllAlgoOpenOrders(parameters),
};

const coinm = {
  ...shared,
  premium: (client, parameters) => client.getMarkPrice(parameters),
};

const made =
  (Client) =>
  ({ rest, key, secret }) =>
    new Client({ api_key: key, api_secret: secret, baseUrl: rest });
const codeOf = (error) => error.code;

product(USDM, { client: "binance", open: made(USDMClient), calls: usdm, codeOf });
product(COINM, { client: "binance", open: made(CoinMClient), calls: coinm, codeOf });
