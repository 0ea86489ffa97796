"""The common parts of Binance's two futures products; a library for their plugins, which registers no venue."""
