"""Front door of the CA: order, look up, revoke; profiles; figures for the dashboard."""

from ca.crl.rules import LISTED_AT_LATEST
from ca.crl.services import request_crl
from ca.directory.queries import EntryView
from ca.directory.queries import entry_of as directory_entry
from ca.endings.queries import Audience as EndingAudience
from ca.endings.queries import audiences as ending_audiences
from ca.endings.working import note_told as note_ending_told
from ca.hierarchy.services import found_bench_authority, found_demo_hierarchy
from ca.issuing.previews import Preview, preview
from ca.issuing.queries import (
    CertificateView,
    by_serial,
    certificate,
    certificate_of,
    certificates,
    certificates_of,
    check_order,
    hindrances_to_succeed,
    states,
)
from ca.issuing.rules import Order, Warranted
from ca.issuing.services import order_certificate, order_certificates
from ca.keys.services import bring, custody, hand_out, offer, received
from ca.overview.queries import Overview, overview
from ca.profiles.naming import NAMES as PROFILES
from ca.profiles.queries import on_offer, profile, profiles
from ca.profiles.rules import Profile
from ca.revocation.rules import REASONS, Cause, HoldCause
from ca.revocation.rules import subject_of as revocation_subject
from ca.revocation.services import hold, release, revoke
from ca.signing.services import sweep_orders as sign_waiting
from ca.wording import CAUSES, EVIDENCE, HOLD_CAUSES

__all__ = [
    "CAUSES",
    "EVIDENCE",
    "HOLD_CAUSES",
    "LISTED_AT_LATEST",
    "PROFILES",
    "REASONS",
    "Cause",
    "CertificateView",
    "EndingAudience",
    "EntryView",
    "HoldCause",
    "Order",
    "Overview",
    "Preview",
    "Profile",
    "Warranted",
    "bring",
    "by_serial",
    "certificate",
    "certificate_of",
    "certificates",
    "certificates_of",
    "check_order",
    "custody",
    "directory_entry",
    "ending_audiences",
    "found_bench_authority",
    "found_demo_hierarchy",
    "hand_out",
    "hindrances_to_succeed",
    "hold",
    "note_ending_told",
    "offer",
    "on_offer",
    "order_certificate",
    "order_certificates",
    "overview",
    "preview",
    "profile",
    "profiles",
    "received",
    "release",
    "request_crl",
    "revocation_subject",
    "revoke",
    "sign_waiting",
    "states",
]
