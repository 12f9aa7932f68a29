#!/bin/sh
# Prints the coverage of 95 % intervals in simulation: measures of a binary prediction, then those
# of a censored endpoint.
cd "$(dirname "$0")/../.." || exit 1
exec cargo test --release --test suite -- --ignored --nocapture --test-threads=1 intervals_cover
