"""Certificates, requests and the national algorithms: a pure library without Django or a clock."""
