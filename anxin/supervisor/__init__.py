"""Runs the whole product on one machine: services, signer, workers, both sites.

Standard library only, no Django: it must come up before anything else does, and stay up when
the rest does not.
"""
