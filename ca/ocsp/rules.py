"""How long OCSP answers live. Pure; the why is in docs/decisions/0006-ocsp-answers.md."""

from datetime import UTC, datetime, timedelta

# From thisUpdate to nextUpdate; well below the day the CPS leaves a CRL (CPS 4.9.7).
LIFETIME = timedelta(hours=12)
# An answer is made anew when less than this is left: half a night of trouble goes unnoticed.
RENEW_BEFORE = timedelta(hours=6)
# How long a cache may keep an answer: a revocation is effective at once (CPS 4.9.5), so not long.
CACHE_SECONDS = 60
BATCH = 100  # certificates; three answers each
# Answers about an expired certificate are never due again (CPS 4.11).
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
