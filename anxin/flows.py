"""Map 2 of 3: which tasks follow which event, and the timetable.

Every hop between houses that is not a plain call is on this page.
"""

FLOWS: dict[str, tuple[str, ...]] = {
    "people.key_enrolled": ("ca.certify_operators",),  # CPS 5.2.3
    "people.suspended": (),  # sessions, device and roles are gone with the act itself (CPS 5.3.6)
    "ca.certificates_issued": ("ra.hand_over", "ca.answer_issued", "ca.publish"),
    "ca.list_issued": ("ca.publish",),  # CPS 2.2
    "ca.ending_goes_on": ("ca.run_endings", "ra.tell_of_endings"),  # CPS 5.7.3, 5.8
    "ca.status_changed": ("ca.answer_status", "ra.note_status"),
}

# Services that are part of the event itself: one transaction, the way up as a name (WP-8.2).
AT_ONCE: dict[str, tuple[str, ...]] = {
    # Files of imports nobody closed: workers destroy no keys (WP-5.3b)
    "people.signed_in": ("ra.imports.services.close_forgotten",),
    "people.key_suspended": ("ca.operators.services.hold",),
    "people.key_reinstated": ("ca.operators.services.release",),
    "people.key_ended": ("ca.operators.services.revoke",),
    # Who left, moved, or whose device is in other hands: no key wakes with them again (CPS 1.4.2)
    "people.keys_ended": ("ra.partners.services.end_all_of",),
    "people.role_ended": ("ra.partners.services.end_with_role",),
}
# How the certificate of an operator's key stands: asked by the entrance (CPS 5.2.3).
OPERATOR_CERTIFICATE = "ca.operators.queries.standing"
# Of these keys, which have no certificate that counts, and why: (keys, *, at) -> {person: Refusal}.
OPERATOR_HINDRANCES = "ca.operators.queries.hindrances"
# Asked before a signed vote counts that workers will have to prove: check(warrant, person id, *,
# at), which refuses a key without a certificate (CPS 5.2.3).
OPERATOR_CERTIFIED = "ca.operators.proving.check_certified"
# What subscribers of an authority that ends will read: agreed to before it goes out (CPS 5.8).
ENDING_MESSAGE = "ra.notices.writing.about_ending"

# Task name -> seconds between runs. Every one of these can run twice or late without harm.
TIMETABLE: dict[str, float] = {
    "audit.verify": 86_400,  # CPS 5.4.4: the whole chain, recomputed
    "audit.seal": 2,  # CPS 5.4.4: entries are chained seconds after they are written
    "audit.note_head": 300,  # CPS 5.4.4: the chain's end, kept by the signer
    "ca.sweep_orders": 3,  # orders nobody rang for, or whose worker died
    "ca.sweep_replaced": 300,  # CPS 4.8.1: what was replaced, and could not be revoked with that
    "ca.sweep_status": 5,  # OCSP answers missing or about to lapse (CPS 4.9.9)
    "ca.note_signer": 15,  # what the dashboard says about the signer
    "ca.test_devices": 30,  # CPS 6.2.11: self-tests asked for, and those that are due
    "ca.tend_custody": 5,  # CPS 6.2.2: what nobody rang for, offers that end, how the signer is
    "ca.retire_authorities": 3600,  # CPS 5.6: whose last certificate has ended
    "ca.watch_custody": 3600,  # CPS 6.4.2: drills that are due, custodians who cannot come
    "ca.renew_responders": 3600,  # certificates of the keys that answer, RFC 6960 4.2.2.2
    "ca.run_ceremonies": 5,  # CPS 5.2.2: steps nobody rang for, and those whose time is over
    "ca.run_endings": 15,  # CPS 5.7.3: batches nobody rang for, or whose worker died
    "ca.issue_due_crls": 60,  # CPS 4.9.7: at least every 24 hours
    "ca.begin_profiles": 300,  # CPS 1.5.2: versions of profiles whose day has come
    "ca.publish": 30,  # CPS 4.4.2: what nobody rang for, and what failed before
    "ra.tell_of_endings": 60,  # CPS 5.7.3, 5.8: subscribers of an authority that ends
    "ra.sweep_issued": 3,  # applications whose certificate is there but not handed over
    "ra.sweep_status": 3600,  # CPS 4.9.3: what became of certificates, where nobody rang
    "ra.sweep_names": 30,  # CPS 3.2.4: names of servers to be looked at, proofs that end
    "ra.sweep_evidence": 3600,  # sealed files whose row was never written
    "ca.certify_operators": 30,  # CPS 5.2.3: keys of staff that have no certificate yet
    "people.expire_approvals": 60,
    "people.tell_checkers": 30,  # CPS 5.2.2: approvals whose deciders were not told by mail yet
    "people.send_notices": 10,  # mail to staff: what nobody rang for, and what failed before
    "ca.tell_of_operators": 3600,  # CPS 5.2.3: certificates of staff that end soon
    "people.tell_of_passwords": 3600,  # CPS 6.5.1: passwords that have to be changed soon
    "people.note_rotations": 3600,  # CPS 5.3.5: posts that are soon to pass to somebody else
    "people.forget_traces": 43_200,  # WP-5.3b: what anxin/keeping.py says, twice a day
    "people.note_lapses": 3600,  # CPS 5.3.4: what is about to lapse in the personnel files
    "ra.sweep_partners": 300,  # what systems of partners were answered a day ago, codes sooner
    "ra.note_arrears": 3600,  # CPS 9.1: orders nobody paid in time
    "ra.send_notices": 10,  # CPS 4.3.2: what nobody rang for, and what failed before
    "ra.draw_rechecks": 3600,  # CPS 4.1.2.2: decisions of the days before, to be looked at again
    "ra.raise_alarms": 300,  # CPS 4.2.3: submissions whose two working days end soon
    "ra.alarm_requests": 300,  # CPS 4.9.5: what was asked online and nobody looked at
    "ra.shred_submissions": 3600,  # WP-6.4: what came in online and nobody finished or took in
    "ra.remind_expiring": 21_600,  # CPS 4.6.1: 60, 30, 15 and 7 days before the end
}

# Which queue a task waits in; everything else is "default".
QUEUES: dict[str, str] = {
    "ca.sign_orders": "signing",
    "ca.sweep_orders": "signing",
    "ca.answer_issued": "signing",
    "ca.answer_status": "signing",
    "ca.sweep_status": "signing",
    "ca.run_ceremonies": "signing",
    "ca.run_endings": "signing",
    "ca.issue_due_crls": "signing",
    "ca.issue_crl": "signing",
    "ca.renew_responders": "signing",
}
# These wait until nothing else does: three signatures for each new certificate would come before
# the next certificates. Answers about revoked ones do not wait.
LAST = frozenset({"ca.answer_issued", "ca.sweep_status"})
