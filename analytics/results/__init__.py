"""Result tables, one module a subject; ``analytics.tables`` names them."""
