"""What Binance's two futures products share; a library for their plugins, which registers no venue."""
