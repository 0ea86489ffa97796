// `binance-api-node`, unchanged, against both of Binance's futures.

import binanceApiNode from "binance-api-node";

import { bookOf, candleOf } from "./answers.mjs";
import { COINM, USDM, product } from "./binance_products.mjs";

const plain =
  (name) =>
  (client, parameters = {}) =>
    client[name](parameters);

// Returns the calls that both products have, whose methods differ in their beginning.
const shared = (product) => ({
  time: plain(`${product}Time`),
  info: plain(`${product}ExchangeInfo`),
  fundingRates: plain(`${product}FundingRate`),
  day: plain(`${product}DailyStats`),
  price: async (client, { symbol }) => ({ symbol, price: (await client[`${product}Prices`]({ symbol }))[symbol] }),
  bookTicker: async (client, { symbol }) => (await client[`${product}AllBookTickers`]())[symbol],
  depth: async (client, parameters) => bookOf(await client[`${product}Book`](parameters)),
  candles: async (client, parameters) => (await client[`${product}Candles`](parameters)).map(candleOf),
  openStream: plain(`${product}GetDataStream`),
  keepStream: plain(`${product}KeepDataStream`),
  closeStream: plain(`${product}CloseDataStream`),
  setLeverage: plain(`${product}Leverage`),
  setMarginType: plain(`${product}MarginType`),
  addMargin: plain(`${product}PositionMargin`),
  marginHistory: plain(`${product}MarginHistory`),
  positionMode: plain(`${product}PositionMode`),
  setPositionMode: plain(`${product}PositionModeChange`),
  place: plain(`${product}Order`),
  query: plain(`${product}GetOrder`),
  openOrders: plain(`${product}OpenOrders`),
  allOrders: plain(`${product}AllOrders`),
  cancel: plain(`${product}CancelOrder`),
  cancelAll: plain(`${product}CancelAllOpenOrders`),
  placeBatch: (client, orders) => client[`${product}BatchOrders`]({ batchOrders: JSON.stringify(orders) }),
  cancelBatch: (client, symbol, ids) =>
    client[`${product}CancelBatchOrders`]({ symbol, orderIdList: JSON.stringify(ids) }),
  trades: plain(`${product}UserTrades`),
  income: plain(`${product}Income`),
});

const usdm = {
  ...shared("futures"),
  premium: plain("futuresMarkPrice"),
  adlRisk: plain("futuresSymbolAdlRisk"),
  accountV2: plain("futuresAccountInfo"),
  commission: plain("futuresCommissionRate"),
  brackets: plain("futuresLeverageBracket"),
  balancesV2: plain("futuresAccountBalance"),
  positionsV2: plain("futuresPositionRisk"),
  assetMode: plain("getMultiAssetsMargin"),
  setAssetMode: plain("setMultiAssetsMargin"),
  amend: plain("futuresUpdateOrder"),
  placeAlgo: plain("futuresCreateAlgoOrder"),
  queryAlgo: plain("futuresGetAlgoOrder"),
  openAlgos: plain("futuresGetOpenAlgoOrders"),
  allAlgos: plain("futuresGetAllAlgoOrders"),
  cancelAlgo: plain("futuresCancelAlgoOrder"),
  cancelAllAlgos: plain("futuresCancelAllAlgoOpenOrders"),
};

const coinm = {
  ...shared("delivery"),
  premium: plain("deliveryMarkPrice"),
  account: plain("deliveryAccountInfo"),
  balances: plain("deliveryAccountBalance"),
  positions: plain("deliveryPositionRisk"),
  // the first version of the route, which takes a pair
  brackets: (client, { symbol }) => client.deliveryLeverageBracket({ pair: symbol.split("_")[0] }),
};

const codeOf = (error) => error.code;
const open = ({ rest, key, secret }) =>
  (binanceApiNode.default ?? binanceApiNode)({ apiKey: key, apiSecret: secret, httpFutures: rest, httpDelivery: rest });

product(USDM, { client: "binance-api-node", open, calls: usdm, codeOf });
product(COINM, { client: "binance-api-node", open, calls: coinm, codeOf });
