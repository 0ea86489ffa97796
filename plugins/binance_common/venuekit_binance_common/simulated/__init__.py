"""The server's side that both products share: keys, signatures, errors and routes; each product adds its shapes."""
