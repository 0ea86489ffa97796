"""The simulator's half that both products share: keys and signatures, errors, routes; each product adds its shapes."""
