"""A registration authority after a busy year: applications in great numbers, written by SQL.

States, dates, offices, documents, decisions, approvals, certificates and the journal are as the
services leave them. What is sealed is noise here, under data keys that are noise as well: nobody
opens these. Those that are opened are entered afterwards through the services. One subscriber, an
organization, has a hundredth of all.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection

from audit.api import seal

MANY = 100_000
SUBSCRIBERS = 80_000
EVERY = 300  # seconds: a new application, so that MANY come in a year
OPEN = 1_200  # the newest are on their way, the others are done

_CASE = """
WITH plain AS (
  SELECT i, %(now)s::timestamptz - (%(many)s - i) * %(every)s * interval '1 second' AS opened,
    i > %(many)s - %(open)s AS is_open, (i * 7919) %% 100 AS lot, (i * 104729) %% 10 < 6 AS here
  FROM generate_series(1, %(many)s::bigint) AS i
), stated AS (
  SELECT *, CASE
      WHEN is_open AND lot < 74 THEN 'submitted' WHEN is_open AND lot < 86 THEN 'draft'
      WHEN is_open AND lot < 94 THEN 'returned' WHEN is_open AND lot < 96 THEN 'approved'
      WHEN is_open THEN 'issued' WHEN lot < 91 THEN 'accepted'
      WHEN lot < 96 THEN 'rejected' ELSE 'cancelled' END AS state
  FROM plain
)
SELECT *, state <> 'draft' AS entered, state IN ('approved', 'issued', 'accepted') AS granted,
  state IN ('returned', 'approved', 'issued', 'accepted', 'rejected') AS decided,
  CASE WHEN here THEN %(chen)s ELSE %(zhao)s END AS maker,
  CASE WHEN here THEN %(shen)s ELSE %(zhou)s END AS reviewer,
  CASE WHEN here THEN %(point)s ELSE %(other)s END AS office,
  CASE WHEN i %% 100 = 50 THEN 1 ELSE 1 + (i * 13) %% %(subscribers)s END AS subscriber,
  ('00000000-0000-4000-8000-' || lpad(to_hex(i), 12, '0'))::uuid AS data_key
FROM stated
"""
# Bytes that look like nothing, of so many octets.
_NOISE = "decode(repeat(md5({seed}), {sixteens}), 'hex')"


def _noise(seed: str, octets: int) -> str:
    return _NOISE.format(seed=seed, sixteens=octets // 16)


_STATEMENTS = (
    "INSERT INTO ra_counter (heading, last) VALUES ('S', %(subscribers)s)",
    f"""INSERT INTO ra_subscriber
      (number, kind, document_index, name_index, data_key, identity, known_since)
    SELECT 'S' || lpad(i::text, 8, '0'), CASE i WHEN 1 THEN 'organization' ELSE 'person' END,
      sha256(('d' || i)::bytea),
      sha256(('n' || i)::bytea), gen_random_uuid(), {_noise("i::text", 160)}, %(now)s
    FROM generate_series(1, %(subscribers)s) AS i""",
    f"""INSERT INTO kmc_datakey (id, purpose, wrapped, kek_id, created_at)
    SELECT data_key, 'ra.application', {_noise("i::text", 64)}, 'a0a0a0a0a0a0a0a0', opened
    FROM recent""",
    """INSERT INTO people_approval
      (id, state, action, subject, payload, digest, maker_id, proposed_at, expires_at)
    SELECT i, CASE WHEN granted THEN 'used' WHEN state = 'submitted' THEN 'open'
        WHEN decided THEN 'refused' ELSE 'withdrawn' END,
      'ra.approve_application', 'ra.application:' || i,
      '{"application_id":' || i || ',"digest":"' || repeat(md5(i::text), 2) || '"}',
      repeat(md5('a' || i), 2), maker, opened, opened + interval '7 days'
    FROM recent ORDER BY i""",
    """SELECT setval(pg_get_serial_sequence('people_approval', 'id'), %(many)s)""",
    """INSERT INTO people_vote
      (approval_id, maker_id, checker_id, grants, comment, address, voted_at,
       signature, statement)
    SELECT i, maker, reviewer, granted, '', '10.1.4.12', opened + interval '3 hours', '', ''
    FROM recent WHERE decided""",
    f"""INSERT INTO ca_certificate
      (state, ca_id, profile, profile_version, requester, holder, warrant, subject, subject_text,
       public_key, days, template_digest, ordered_at, serial, not_before, not_after, planned_at,
       der, settled_at, refusal, answers_until)
    SELECT CASE WHEN state = 'approved' THEN 'ordered' ELSE 'valid' END, %(ca)s,
      'personal-sm2-sign', 1, 'ra.application:' || i, 'subscriber:' || subscriber, i,
      {_noise("'s' || i", 64)}, 'serialNumber=S' || i || ', CN=王小明, C=CN',
      {_noise("'k' || i", 96)}, 365, repeat(md5(i::text), 2), opened + interval '3 hours',
      CASE WHEN state <> 'approved' THEN '4' || md5(i::text) END,
      opened + interval '3 hours', opened + interval '365 days', opened + interval '3 hours',
      CASE WHEN state <> 'approved' THEN {_noise("i::text", 720)} END,
      CASE WHEN state <> 'approved' THEN opened + interval '3 hours' END, '',
      CASE WHEN state <> 'approved' THEN %(now)s + interval '11 hours' END
    FROM made WHERE granted ORDER BY i""",
    """INSERT INTO ra_application
      (state, number, profile, days, office_id, maker_id, channel, data_key, subscriber_id,
       masked_name, document_index, phone_index, name_index, distinguisher, key_fingerprint,
       agreement_version, agreement_at, agreement_how, content_version, content_digest, round,
       approval_id, reviews_needed, reviews_done, slots_needed, checks, claimed_by, claimed_until,
       opened_at, submitted_at, deadline_at, returned_at, decided_at, decided_by, issued_at,
       accepted_at, certificate_id, certificate_state, certificate_state_at)
    SELECT m.state, 'RA' || to_char(opened, 'YYYYMMDD') || '-' || to_char(i, 'FM0000000'),
      'personal-sm2-sign', 365, office, maker, 'counter', data_key,
      CASE WHEN entered THEN subscriber END, '王*明', sha256(('d' || subscriber)::bytea),
      sha256(('p' || subscriber)::bytea), sha256(('n' || subscriber)::bytea), '',
      repeat(md5('k' || i), 2), '2026-01', opened, 'signed_on_paper', 7, repeat(md5(i::text), 2),
      entered::int, CASE WHEN entered THEN i END, 1, granted::int, 3,
      '{"identity.well_formed": "ok", "request.proof": "ok", "evidence.complete": "ok"}',
      CASE WHEN m.state = 'submitted' AND lot < 7 THEN reviewer END,
      CASE WHEN m.state = 'submitted' AND lot < 7 THEN %(now)s + interval '20 minutes' END,
      opened, CASE WHEN entered THEN opened END,
      CASE WHEN entered THEN opened + interval '2 days' END,
      CASE WHEN m.state = 'returned' THEN opened + interval '3 hours' END,
      CASE WHEN decided AND m.state <> 'returned' THEN opened + interval '3 hours' END,
      CASE WHEN decided AND m.state <> 'returned' THEN reviewer END,
      CASE WHEN m.state IN ('issued', 'accepted') THEN opened + interval '3 hours' END,
      CASE WHEN m.state = 'accepted' THEN opened + interval '1 day' END, c.id,
      CASE WHEN m.state IN ('issued', 'accepted') THEN 'valid' ELSE '' END,
      CASE WHEN m.state IN ('issued', 'accepted') THEN opened + interval '3 hours' END
    FROM made m LEFT JOIN ca_certificate c ON c.warrant = i ORDER BY i""",
    f"""INSERT INTO ra_dossier (application_id, identity, request)
    SELECT i, {_noise("i::text", 480)}, {_noise("'r' || i", 240)} FROM recent""",
    """INSERT INTO ra_document
      (application_id, slot, kind, size, sm3, original, accepted_by, accepted_at)
    SELECT i, slot, 'jpeg', 700000 + i, md5(slot || i) || md5(i::text), gen_random_uuid(),
      maker, opened
    FROM recent, unnest(ARRAY['application_form', 'id_front', 'id_back']) AS slot ORDER BY i""",
    """INSERT INTO ra_page (document_id, number, image, thumbnail, width, height)
    SELECT id, 1, gen_random_uuid(), gen_random_uuid(), 1654, 2339 FROM ra_document""",
    """INSERT INTO ra_opened (page_id, viewer_id, first_at)
    SELECT p.id, reviewer, opened FROM recent JOIN ra_document d ON d.application_id = i
    JOIN ra_page p ON p.document_id = d.id
    WHERE decided""",
    f"""INSERT INTO ra_itemverdict (application_id, reviewer_id, item, verdict, mark, at)
    SELECT i, reviewer, item, 'agrees', {_noise("item || i", 32)}, opened
    FROM recent, unnest(ARRAY['name', 'document_type', 'document_number', 'phone', 'email',
      'check.form_signed', 'check.same_person', 'check.certificate']) AS item
    WHERE decided""",
    """INSERT INTO ra_decision
      (application_id, round, reviewer_id, outcome, reasons, items, message, at)
    SELECT i, 1, reviewer,
      CASE WHEN granted THEN 'approve' WHEN state = 'returned' THEN 'return' ELSE 'reject' END,
      CASE WHEN granted THEN '[]' ELSE '["A01"]' END::jsonb, '[]',
      CASE WHEN granted THEN '' ELSE '身份证国徽面反光，请重新拍摄。' END,
      opened + interval '3 hours'
    FROM recent WHERE decided""",
    """INSERT INTO audit_entry
      (at, actor_id, actor_name, actor_roles, address, action, subject, outcome, details)
    SELECT opened + step * interval '10 minutes', maker, 'Chen', 'operator', '10.1.4.12', action,
      'ra.application:' || i, 'done', '{"version":' || step || '}'
    FROM recent, unnest(ARRAY['ra.open_draft', 'ra.save_draft', 'ra.add_evidence',
      'ra.add_evidence', 'ra.add_evidence', 'ra.attach_request', 'ra.application.submit',
      'ra.application.approve']) WITH ORDINALITY AS told (action, step)
    WHERE step < 7 OR step = 7 AND entered OR granted""",
)


def populate(
    ids: dict[str, int], *, many: int, whole: int, more: Iterable[str] = (), at: datetime
) -> None:
    """`ids`: of the people chen, zhao, shen, zhou, the offices point, other, and the ca.

    The newest `whole` have their papers as well: dossiers, documents, verdicts, approvals, journal.
    The others are rows, subscribers and certificates. `more`: statements that write
    what else there is about the rows of `made`.
    """
    given = ids | {
        "now": at,
        "many": many,
        "every": EVERY * MANY // many,
        "open": OPEN * many // MANY,
        "subscribers": SUBSCRIBERS * many // MANY,
    }
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE made AS {_CASE}", given)
        cursor.execute(f"CREATE TEMP VIEW recent AS SELECT * FROM made WHERE i > {many - whole:d}")
        cursor.execute("ANALYZE made")
        cursor.execute("SET synchronous_commit = off")
        with _without_indexes(cursor):
            for statement in (*_STATEMENTS, *more):
                cursor.execute(statement, given)
    seal()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE made CASCADE")
        cursor.execute("SET synchronous_commit = on")
        cursor.execute("VACUUM ANALYZE")


_PLAIN = """
SELECT indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index i
WHERE indrelid = ANY(%s::regclass[]) AND NOT indisunique AND NOT EXISTS
  (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)"""


@contextmanager
def _without_indexes(cursor: Any) -> Iterator[None]:
    """An index is made in one go in a fraction of the time it takes row by row."""
    large = ["ra_subscriber", "ra_application", "ca_certificate", "ra_notice", "ra_feeorder"]
    cursor.execute(_PLAIN, [large])
    found = cursor.fetchall()
    for name, _ in found:
        cursor.execute(f"DROP INDEX {name}")
    yield
    cursor.execute("SET maintenance_work_mem = '512MB'")
    for _, definition in found:
        cursor.execute(definition)
