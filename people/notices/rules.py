"""What staff are told by mail: that something waits for them and where, never what it says."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from anxin.kernel.deliveries import SENDING
from anxin.kernel.states import Steps

STEPS = Steps(*SENDING)
ADDRESS_KEPT = timedelta(days=180)  # WP-5.3b
LEFT = "left"  # of `trust.rules.State`, a room above


class Event(StrEnum):
    APPROVAL_WAITS = "approval_waits"  # CPS 5.2.2
    APPROVAL_DECIDED = "approval_decided"
    APPROVAL_EXPIRED = "approval_expired"
    ALERT = "alert"  # WP-7.2
    LAPSE_AHEAD = "lapse_ahead"  # CPS 5.3.4
    LAPSED = "lapsed"
    STAFF_LAPSES = "staff_lapses"  # the same, to those who keep the files
    ROTATION = "rotation"  # CPS 5.3.5, to who leaves the post and who takes over
    STAFF_ROTATIONS = "staff_rotations"  # to those who keep the files
    PASSWORD_DUE = "password_due"  # noqa: S105 -- no password; CPS 6.5.1
    DEADLINE_NEAR = "deadline_near"  # CPS 4.2.3
    REQUEST_WAITS = "request_waits"  # CPS 4.9.5
    SHARE_WAITS = "share_waits"  # CPS 6.2.8: to custodians
    KEYS_SEALED = "keys_sealed"  # CPS 6.2.9
    DEVICE_TROUBLE = "device_trouble"  # CPS 6.2.11
    DRILL_DUE = "drill_due"  # CPS 6.4.2: to a custodian
    CUSTODY_WEAK = "custody_weak"  # CPS 6.2.2: to administrators
    KEY_ENDS = "key_ends"  # CPS 5.2.3: the certificate of their operator key
    ADDRESS_CHANGED = "address_changed"  # to the address before


# Where the mail points: the name of a page of the staff site.
PAGES: Mapping[Event, str] = {
    Event.APPROVAL_WAITS: "approvals",
    Event.APPROVAL_DECIDED: "approvals",
    Event.APPROVAL_EXPIRED: "approvals",
    Event.ALERT: "me",
    Event.LAPSE_AHEAD: "me",
    Event.LAPSED: "me",
    Event.STAFF_LAPSES: "staff",
    Event.ROTATION: "me",
    Event.STAFF_ROTATIONS: "staff",
    Event.PASSWORD_DUE: "password",
    Event.DEADLINE_NEAR: "queue",
    Event.REQUEST_WAITS: "online",
    Event.SHARE_WAITS: "custody",
    Event.KEYS_SEALED: "custody",
    Event.DEVICE_TROUBLE: "devices",
    Event.DRILL_DUE: "custody",
    Event.CUSTODY_WEAK: "custody",
    Event.KEY_ENDS: "my-key",
    Event.ADDRESS_CHANGED: "me",
}
