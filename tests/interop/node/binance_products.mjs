// The two products of Binance as the checks use them: symbols of the scenarios, quantities, and where they differ.

import { binanceAccountClaims } from "./binance_account.mjs";
import { binanceHistoryClaims } from "./binance_histories.mjs";
import { binanceMarketClaims } from "./binance_market.mjs";
import { binanceOrderClaims } from "./binance_orders.mjs";
import { desk } from "./desk.mjs";

export const USDM = {
  venue: "binance_usdm",
  root: "/fapi/v1",
  held: "BTCUSDT",
  traded: "ETHUSDT",
  idle: "BNBUSDT",
  asset: "USDT",
  quantity: "2",
  tooLarge: "9000",
  least: "0.001",
  largest: "maxNotionalValue",
};

export const COINM = {
  venue: "binance_coinm",
  root: "/dapi/v1",
  held: "BTCUSD_PERP",
  traded: "ETHUSD_PERP",
  idle: "BNBUSD_PERP",
  asset: "ETH",
  quantity: "10",
  tooLarge: "400000",
  least: "1",
  largest: "maxQty",
};

// Declares what holds of a product for every client of it.
//
// `calls` has one function for each request that the client has a method for: it gets the client and the parameters by
// the venue's own names, and returns the answer by the venue's own names. `codeOf` returns the venue's code of an error
// of the client. `open` makes a client from URL, key and secret. `more` declares checks of this client alone.
export function product(product, { client, open, calls, codeOf, more = () => {} }) {
  const make = (access) => {
    const opened = open(access);
    return Object.fromEntries(
      Object.entries(calls).map(([name, call]) => [name, (...given) => call(opened, ...given)]),
    );
  };
  desk({ client, venue: product.venue, open: make }, (check, scenario) => {
    // a claim about a request that the client has no method for is none about this client
    const claim = (subject, sentence, needs, run) => {
      if (needs.every((name) => name in calls)) {
        check(subject, sentence, async (api, sim) => {
          try {
            await run(api, { ...product, sim, make, codeOf });
          } finally {
            if (needs.includes("place")) await api.cancelAll({ symbol: product.traded });
          }
        });
      }
    };
    for (const claims of [binanceAccountClaims, binanceOrderClaims, binanceHistoryClaims, binanceMarketClaims]) {
      claims(claim, scenario);
    }
    more(check, scenario);
  });
}
