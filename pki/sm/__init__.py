"""The national algorithms. Importing this package runs the self-test: no known answer, no start."""

from pki.sm.selftest import self_test

self_test()
