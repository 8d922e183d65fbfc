"""Who may do what to which table: the database's own copy of the staircase.

The owner role creates tables and is used for migrations only. `manage.py grant` applies this
page. A table that is not named here belongs to nobody but the owner, and a test fails.
"""

ROLES = ("anxin_staff", "anxin_worker", "anxin_public")

ALL = "SELECT, INSERT, UPDATE, DELETE"
KEEP = "SELECT, INSERT, UPDATE"  # rows that must not vanish
ADD = "SELECT, INSERT"  # append-only
READ = "SELECT"
# a request stays as it was asked for; a stopped office's go to another (CPS 4.9.3, 4.9.14, 5.8)
DECIDE = f"{ADD}, UPDATE (state, office_id, approval_id, decided_by, decided_at, answer)"
WRITE_ENTRY = (
    "INSERT (at, actor_id, actor_name, actor_roles, address, action, outcome, subject, details)"
)

# table -> role -> privileges; "SELECT (a, b)" names columns
GRANTS: dict[str, dict[str, str]] = {
    "django_content_type": {"anxin_staff": READ, "anxin_worker": READ},
    "auth_group": {"anxin_staff": READ, "anxin_worker": READ},
    "auth_group_permissions": {"anxin_staff": READ, "anxin_worker": READ},
    "auth_permission": {"anxin_staff": READ, "anxin_worker": READ},
    "django_migrations": {"anxin_staff": READ, "anxin_worker": READ, "anxin_public": READ},
    # audit: `xid` is the database's to fill in; only the worker chains, nobody changes anything
    "audit_entry": {
        "anxin_staff": f"SELECT, {WRITE_ENTRY}",
        "anxin_worker": f"SELECT, {WRITE_ENTRY}",
        "anxin_public": WRITE_ENTRY,
    },
    "audit_link": {"anxin_staff": READ, "anxin_worker": ADD},
    # people: nothing vanishes, and a vote stays as it was cast; workers read no password's hash
    "people_staffmember": {
        "anxin_staff": KEEP,
        "anxin_worker": "SELECT (id, login, name, staff_number, office, language, is_active,"
        " password_changed_at)",
    },
    "people_formerpassword": {"anxin_staff": ADD},
    "people_onetimedevice": {"anxin_staff": KEEP},
    "people_enrolment": {"anxin_staff": KEEP},
    "people_recoverycode": {"anxin_staff": KEEP},
    "people_securitykey": {"anxin_staff": KEEP},
    # traces of people end in time (WP-5.3b): workers drop what is old, and read no more of it
    "people_knownbrowser": {"anxin_staff": KEEP, "anxin_worker": "SELECT (id, last_seen), DELETE"},
    "people_alert": {"anxin_staff": KEEP, "anxin_worker": "SELECT (id, at), INSERT, DELETE"},
    "people_staffsession": {"anxin_staff": ALL},  # whoever writes here is signed in as anybody
    "people_appointment": {
        "anxin_staff": "SELECT, INSERT, UPDATE (until, ended_by_id, rotates_on, relief_id,"
        " rotation_told)",
        "anxin_worker": "SELECT, UPDATE (rotation_told)",
    },
    "people_personnelfile": {
        "anxin_staff": "SELECT, INSERT, UPDATE (state, escort_id)",
        "anxin_worker": READ,
    },
    "people_finding": {"anxin_staff": ADD, "anxin_worker": "SELECT, UPDATE (noticed)"},
    "people_approval": {
        "anxin_staff": "SELECT, INSERT, UPDATE (state)",
        "anxin_worker": "SELECT, UPDATE (state, told_at)",
    },
    "people_mailbox": {"anxin_staff": ALL, "anxin_worker": "SELECT, DELETE"},
    "people_staffnotice": {"anxin_staff": ADD, "anxin_worker": KEEP},
    "people_operatorkey": {
        "anxin_staff": "SELECT, INSERT, UPDATE (state, active_from, active_until, warrant_id)",
        "anxin_worker": "SELECT (id, person_id, public_key, fingerprint, warrant_id, state,"
        " active_from, active_until, made_at)",
    },
    "people_operatortoken": {"anxin_staff": KEEP},
    "people_vote": {"anxin_staff": ADD, "anxin_worker": READ},
    # kmc: a destroyed key leaves its row; workers and the public site open nothing
    "kmc_datakey": {"anxin_staff": "SELECT, INSERT, UPDATE (wrapped, kek_id, destroyed_at)"},
    # the public site seals to this key; only the owner says which one it is
    "kmc_inboxkey": {"anxin_staff": READ, "anxin_public": READ},
    # ca: certificates, revocations and lists never vanish. Staff order and revoke; only workers
    # fill in what is signed. The public site reads what is public, column by column.
    "ca_certificateauthority": {
        "anxin_staff": "SELECT, UPDATE (crl_requested_at, stopped_at)",
        "anxin_worker": KEEP,
        "anxin_public": READ,
    },
    "ca_linkcertificate": {
        "anxin_staff": READ,
        "anxin_worker": "SELECT, INSERT, UPDATE (certificate)",
        "anxin_public": READ,
    },
    "ca_issuerhash": {"anxin_staff": READ, "anxin_worker": ADD, "anxin_public": READ},
    "ca_responder": {"anxin_staff": READ, "anxin_worker": KEEP},
    "ca_nameclaim": {"anxin_staff": ADD, "anxin_worker": ADD},  # workers: of staff
    "ca_keyclaim": {"anxin_staff": ADD, "anxin_worker": ADD},
    "ca_certificate": {
        "anxin_staff": "SELECT, INSERT, UPDATE (state, answers_until, held_at)",
        "anxin_worker": KEEP,
        "anxin_public": "SELECT (id, state, ca_id, profile, profile_version, requester, holder,"
        " subject_text, days, serial, not_before, not_after, der, ordered_at, settled_at, refusal,"
        " held_at, replaces_id)",
    },
    "ca_revocation": {
        "anxin_staff": ADD,
        "anxin_worker": "SELECT, INSERT, UPDATE (listed_at)",  # of what a new one replaces
        "anxin_public": "SELECT (certificate_id, ca_id, reason, revoked_at, listed_at)",
    },
    "ca_authorityrevocation": {
        "anxin_staff": READ,
        "anxin_worker": "SELECT, INSERT, UPDATE (listed_at)",
        "anxin_public": "SELECT (authority_id, ca_id, reason, revoked_at, listed_at)",
    },
    "ca_linkrevocation": {
        "anxin_staff": READ,
        "anxin_worker": "SELECT, INSERT, UPDATE (listed_at)",
        "anxin_public": "SELECT (link_id, ca_id, reason, revoked_at, listed_at)",
    },
    # ends of authorities: staff declare and note, workers revoke; what was said stays as it was
    "ca_ending": {
        "anxin_staff": "SELECT, INSERT,"
        " UPDATE (state, approval_id, agreed_at, end_warrant, abort_reason, ended_at)",
        "anxin_worker": "SELECT, UPDATE (state, ended_at)",
    },
    # what stops an authority only workers lift, and a trigger keeps `stopped_at` as it is
    "ca_stop": {"anxin_staff": ADD, "anxin_worker": "SELECT, INSERT, UPDATE (lifted_at)"},
    "ca_endingstep": {
        "anxin_staff": "SELECT, INSERT, UPDATE (state, note, on_day, by, began_at, done_at, fault)",
        "anxin_worker": KEEP,
    },
    "ca_endingnotice": {
        "anxin_staff": "SELECT, INSERT, UPDATE (withdrawn_at)",
        "anxin_worker": READ,
        "anxin_public": READ,
    },
    "ca_hold": {
        "anxin_staff": "SELECT, INSERT, UPDATE (ended_at, release_warrant)",
        "anxin_worker": "SELECT, INSERT, UPDATE (ended_at, listed_at, dropped_at)",  # CPS 5.3.6
        "anxin_public": "SELECT (id, ca_id, held_at, ended_at, listed_at, dropped_at)",
    },
    "ca_revocationlist": {"anxin_staff": READ, "anxin_worker": KEEP, "anxin_public": READ},
    "ca_statusanswer": {"anxin_staff": READ, "anxin_worker": ALL, "anxin_public": READ},
    # profiles: what a version says never changes, and none vanishes (a trigger holds it)
    "ca_profileversion": {
        "anxin_staff": "SELECT, INSERT, UPDATE (state, approval_id)",
        "anxin_worker": "SELECT, UPDATE (state, in_force_at, replaced_at)",  # puts in force
        "anxin_public": "SELECT (code, version, state, document)",
    },
    # the directory: workers alone write there, and say here how it went
    "ca_directoryentry": {"anxin_staff": READ, "anxin_worker": KEEP},
    "ca_directoryreport": {"anxin_staff": READ, "anxin_worker": KEEP},
    # ceremonies: what a step made comes from workers; lines and attestations are append-only
    "ca_ceremony": {
        "anxin_staff": "SELECT, INSERT,"
        " UPDATE (state, approval_id, opened_at, ended_at, abort_by, abort_reason)",
        "anxin_worker": "SELECT, UPDATE (state)",
    },
    "ca_ceremonystep": {
        "anxin_staff": "SELECT, INSERT,"
        " UPDATE (state, round, began_at, due_at, done_at, given, result_digest, fault)",
        "anxin_worker": "SELECT, UPDATE (state, result, result_digest, fault, done_at)",
    },
    "ca_ceremonypaper": {"anxin_staff": READ, "anxin_worker": ADD},
    "ca_ceremonyline": {"anxin_staff": ADD, "anxin_worker": ADD},
    "ca_attestation": {"anxin_staff": ADD, "anxin_worker": READ},
    # keeping: what has become of CA keys is written by workers alone
    "ca_keptkey": {"anxin_staff": READ, "anxin_worker": KEEP},
    # custody: staff ask and bring; what the signer said is written by workers alone (CPS 6.2.8)
    "ca_custodyset": {
        "anxin_staff": "SELECT, INSERT, UPDATE (state, approval_id)",
        "anxin_worker": KEEP,
    },
    "ca_seat": {
        "anxin_staff": "SELECT, INSERT,"
        " UPDATE (state, key, transport, receipt, received_at, sealed)",
        "anxin_worker": KEEP,
    },
    "ca_drill": {
        "anxin_staff": "SELECT, INSERT, UPDATE (state, proved_at, signature)",
        "anxin_worker": "SELECT, UPDATE (state)",
    },
    "ca_activation": {"anxin_staff": ADD, "anxin_worker": KEEP},
    "ca_broughtshare": {"anxin_staff": ADD, "anxin_worker": KEEP},
    "ca_stoporder": {"anxin_staff": ADD, "anxin_worker": KEEP},
    "ca_sealing": {"anxin_staff": READ, "anxin_worker": KEEP},
    "ca_custodyreport": {"anxin_staff": READ, "anxin_worker": ALL},
    # self-tests: staff ask, what came of it is written by workers alone (CPS 6.2.11)
    "ca_selftest": {"anxin_staff": ADD, "anxin_worker": KEEP},  # a trigger: asked for, no more
    "ca_signerreport": {"anxin_staff": READ, "anxin_worker": ALL},
    # ra: staff enter and decide, workers note what became of certificates. The public site reads
    # columns without personal data, counts wrong codes, and accepts (a trigger holds it to that).
    "ra_office": {
        "anxin_staff": KEEP,
        "anxin_worker": READ,
        "anxin_public": "SELECT (id, code, name, state)",
    },
    "ra_authority": {"anxin_staff": "SELECT, INSERT, UPDATE (ended_at)"},
    # emptied when what proves an identity is destroyed (CPS 3.2.3): triggers hold them to that
    "ra_subscriber": {
        "anxin_staff": "SELECT, INSERT, UPDATE (document_index, name_index, data_key, identity)",
        "anxin_worker": READ,
    },
    "ra_counter": {"anxin_staff": KEEP},
    "ra_application": {
        "anxin_staff": KEEP,
        "anxin_worker": "SELECT,"
        " UPDATE (state, issued_at, certificate_state, certificate_state_at, alarmed_round)",
        "anxin_public": "SELECT (id, number, state, profile, days, masked_name, office_id, round,"
        " opened_at, submitted_at, deadline_at, returned_at, correction_due_at, decided_at,"
        " issued_at, accepted_at, certificate_id, certificate_state, certificate_state_at),"
        " UPDATE (state, accepted_at)",
    },
    "ra_dossier": {"anxin_staff": KEEP},
    "ra_document": {
        "anxin_staff": "SELECT, INSERT, UPDATE (removed_at, removed_by)",
        "anxin_worker": "SELECT (id, application_id, original)",
    },
    "ra_verification": {"anxin_staff": "SELECT, INSERT, UPDATE (ended_at, proves)"},
    "ra_caagreement": {"anxin_staff": ADD},
    "ra_page": {"anxin_staff": ADD, "anxin_worker": "SELECT (document_id, image, thumbnail)"},
    "ra_opened": {"anxin_staff": ADD},
    "ra_itemverdict": {"anxin_staff": ALL},
    "ra_decision": {
        "anxin_staff": ADD,
        "anxin_worker": "SELECT (id, application_id, reviewer_id, outcome, at)",
        "anxin_public": "SELECT (application_id, round, outcome, reasons, items, message, at)",
    },
    "ra_statusaccess": {
        "anxin_staff": KEEP,
        "anxin_worker": "SELECT (id, application_id, number)",  # what notices name
        "anxin_public": "SELECT, INSERT, UPDATE (tries, locked_until)",
    },
    "ra_downloadcredential": {
        "anxin_staff": KEEP,
        "anxin_worker": "SELECT, UPDATE (state)",
        "anxin_public": "SELECT, UPDATE (state, tries, used_at)",
    },
    # workers look up who sees what waits for a decision, and nothing else of it
    "ra_revocationrequest": {
        "anxin_staff": DECIDE,
        "anxin_worker": "SELECT (approval_id, office_id)",
    },
    "ra_holdrequest": {"anxin_staff": DECIDE, "anxin_worker": "SELECT (approval_id, office_id)"},
    "ra_disclosurecase": {
        "anxin_staff": KEEP,
        "anxin_worker": "SELECT (approval_id, application_id)",
    },
    "ra_blacklistentry": {"anxin_staff": KEEP},
    "ra_draw": {"anxin_staff": READ, "anxin_worker": ADD},
    "ra_recheck": {
        "anxin_staff": "SELECT, UPDATE (state, fault, judged_by, judged_at)",
        "anxin_worker": ADD,
    },
    "ra_import": {"anxin_staff": KEEP},
    # online: the public site adds, sealed inwards, and cannot read it again
    "ra_submission": {
        "anxin_staff": KEEP,
        "anxin_worker": KEEP,
        "anxin_public": "INSERT, SELECT (id, state, number, profile, office_id, application_id,"
        " purpose, worded, slots, network, reason, opened_at, handed_in_at),"
        " UPDATE (state, handed_in_at)",
    },
    "ra_submissionfile": {
        "anxin_staff": "SELECT, DELETE",
        "anxin_worker": "SELECT (id, submission_id), DELETE",
        "anxin_public": "INSERT, SELECT (id, submission_id, slot, kind, size)",
    },
    "ra_importchunk": {"anxin_staff": KEEP},
    # systems of partner RAs: secrets and answers sealed, what is over is swept by workers
    "ra_partnerkey": {"anxin_staff": "SELECT, INSERT, UPDATE (state, secret, handed_out_by)"},
    "ra_partnernonce": {"anxin_staff": ADD, "anxin_worker": "SELECT (id, at), DELETE"},
    "ra_partneranswer": {
        "anxin_staff": "SELECT, INSERT, UPDATE (status, body)",
        "anxin_worker": "SELECT (id, at, told_until), UPDATE (body), DELETE",
    },
    "ra_receipt": {"anxin_staff": ADD},
    # asked for by staff, proved by workers: a trigger holds the former to that
    "ra_nameproof": {
        "anxin_staff": "SELECT, INSERT, UPDATE (state, current, token, asked_at, ask_until, due_at,"
        " tries, checked_at, findings, reason, method, proved_at, valid_until)",
        "anxin_worker": "SELECT, UPDATE (state, due_at, tries, checked_at, findings, reason,"
        " method, proved_at, valid_until, caa, caa_at)",
        "anxin_public": "SELECT (id, application_id, name, kind, current, state, token, ask_until,"
        " checked_at, findings, reason, method, valid_until, caa, caa_at)",
    },
    "ra_consent": {"anxin_staff": "SELECT, INSERT, UPDATE (ended_at, ended_how, ended_by)"},
    # sealed under the key of notices, which workers hold to send them (CPS 4.3.2)
    "ra_contact": {
        "anxin_staff": "SELECT, INSERT, UPDATE (sealed), DELETE",
        "anxin_worker": READ,
    },
    "ra_notice": {
        "anxin_staff": "SELECT, INSERT,"
        " UPDATE (state, channel, masked_to, sealed, tries, due_at, sent_at, told_by, error)",
        "anxin_worker": "SELECT, INSERT, UPDATE (state, tries, due_at, sent_at, error)",
    },
    # what is published stays as the committee saw it (CPS 2.3)
    "ra_publication": {
        "anxin_staff": "SELECT, INSERT, UPDATE (state, approval_id)",
        "anxin_public": READ,
    },
    # fees: a price stays as it was approved, a payment as it came in (CPS 9.1)
    "ra_feeschedule": {
        "anxin_staff": "SELECT, INSERT, UPDATE (state, approval_id)",
        "anxin_public": "SELECT (id, state, valid_from, proposed_by, proposed_at, approval_id)",
    },
    "ra_feeprice": {"anxin_staff": ADD, "anxin_public": READ},
    "ra_feeagreement": {"anxin_staff": ADD},
    "ra_feeorder": {
        "anxin_staff": KEEP,
        "anxin_worker": "SELECT, UPDATE (state)",
        "anxin_public": "SELECT (id, number, state, refund, refund_at, refunded_at)",
    },
    "ra_feepayment": {"anxin_staff": ADD},
    "ra_invoice": {  # as it was asked for; what the tax authority's system made of it is noted
        "anxin_staff": "SELECT, INSERT,"
        " UPDATE (state, issued_number, issued_on, red_number, reversed_on, reason)",
    },
}
