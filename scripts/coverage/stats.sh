#!/bin/sh
# Prints the coverage of 95 % intervals of the measures of a binary prediction.
exec cargo test --release --test suite -- --ignored --nocapture intervals_cover
