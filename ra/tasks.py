from ra.evidence.tasks import sweep_evidence as sweep_evidence
from ra.handover.tasks import hand_over as hand_over
from ra.handover.tasks import note_status as note_status
from ra.handover.tasks import sweep_issued as sweep_issued
from ra.notices.tasks import remind_expiring as remind_expiring
from ra.notices.tasks import send_notices as send_notices
