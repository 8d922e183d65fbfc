from ca.crl.tasks import issue_crl as issue_crl
from ca.crl.tasks import issue_due_crls as issue_due_crls
from ca.ocsp.tasks import answer_issued as answer_issued
from ca.ocsp.tasks import answer_status as answer_status
from ca.ocsp.tasks import sweep_status as sweep_status
from ca.overview.tasks import note_signer as note_signer
from ca.signing.tasks import sign_orders as sign_orders
from ca.signing.tasks import sweep_orders as sweep_orders
