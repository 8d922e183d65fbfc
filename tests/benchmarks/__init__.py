"""Benchmarks: `script/bench [NAME…]`. Never part of the tests; figures go to docs/benchmarks.md."""
