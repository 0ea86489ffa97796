"""The wallet that pays the commissions of a fill: the settle asset's, or that of the fee asset at its discount."""

from __future__ import annotations

from decimal import Decimal

import attrs

from venuekit.simulator.ledger.contract import AssetKey, Contract
from venuekit.simulator.ledger.transaction import Transaction


@attrs.frozen
class Fees:
    """
    How commissions are paid.

    ``share`` is the part of a commission that remains after a discount, ``exchange_rate`` the amount of the paying
    asset for one unit of the settle asset.
    """

    key: AssetKey
    share: Decimal = Decimal(1)
    exchange_rate: Decimal = Decimal(1)


def fees_of(transaction: Transaction, contract: Contract, commission: Decimal) -> Fees:
    """
    Return how a commission is paid, whose full amount in the settle asset is given, unsigned.

    The fee asset pays all of it or nothing: where its wallet is too small, or the settle asset has no index price, the
    settle asset pays without a discount.
    """
    key, assets = transaction.rules.fee_asset, transaction.state.assets
    usual = Fees(contract.asset_key)
    if key is None or not transaction.state.pays_fee_asset or key[0] != contract.purse or commission <= 0:
        return usual
    settle_price = assets[contract.asset_key].index_price
    if settle_price is None:
        return usual
    share, exchange_rate = 1 - transaction.rules.fee_discount, settle_price / assets[key].price
    if transaction.read().withdrawable(key) < commission * share * exchange_rate:
        return usual
    return Fees(key, share, exchange_rate)
