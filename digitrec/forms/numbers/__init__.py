"""Numbers of several digits: lines of ink in pieces, runs of pieces as digits, and the best way through them."""
