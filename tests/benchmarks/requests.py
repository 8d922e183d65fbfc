"""Parse a request and verify its proof of possession, beside bare `cryptography`."""

from cryptography import x509

from pki import keys, names, requests
from tests.benchmarks.harness import per_second, ratio

SUBJECT = names.build([("C", "CN"), ("CN", "测量")])


def measure() -> None:
    """SM2 and RSA-2048 requests; RSA also by `cryptography` alone."""
    made = {
        algorithm: requests.build(SUBJECT, keys.generate(algorithm))
        for algorithm in ("sm2", "rsa-2048", "ec-p256")
    }

    def check(algorithm: str) -> None:
        requests.verify(requests.parse(made[algorithm]))

    def bare() -> None:
        assert x509.load_der_x509_csr(made["rsa-2048"]).is_signature_valid

    per_second("request, SM2: parse + proof of possession", lambda: check("sm2"), times=1000)
    ours = per_second(
        "request, RSA-2048: parse + proof of possession", lambda: check("rsa-2048"), times=2000
    )
    other = per_second("request, RSA-2048: bare cryptography, parse + verify", bare, times=5000)
    ratio("request, RSA-2048: ours / bare cryptography", ours, other)
