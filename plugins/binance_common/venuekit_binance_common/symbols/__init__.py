"""Facts about symbols: contracts, prices, brackets, fees."""
