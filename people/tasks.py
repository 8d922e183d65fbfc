from people.approvals.tasks import expire_approvals as expire_approvals
from people.trust.tasks import note_lapses as note_lapses
