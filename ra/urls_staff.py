"""The registration authority's addresses on the staff site, below /w/."""

from django.urls import URLPattern, path

from ra.agreements import views as agreements
from ra.blacklist import views as blacklist
from ra.certificates import views as certificates
from ra.consents import views as consents
from ra.disclosures import views as disclosures
from ra.domains import views as domains
from ra.evidence import views as evidence
from ra.fees import views as fees
from ra.holds import views as holds
from ra.imports import views as imports
from ra.intake import views as intake
from ra.invoices import views as invoices
from ra.notices import views as notices
from ra.offices import views as offices
from ra.online import views as online
from ra.partners import views as partners
from ra.procedures import views as procedures
from ra.publications import views as publications
from ra.receipts import views as receipts
from ra.requests import views as requests
from ra.retention import views as retention
from ra.review.views import case, decision, queue
from ra.revocations import views as revocations
from ra.sampling import views as sampling
from ra.statistics import views as statistics
from ra.subscribers import views as subscribers


def desk(pages: requests.Pages) -> list[URLPattern]:
    """What each desk of requests against certificates has: holds/, holds/FZ20261120-0001/, ..."""
    room, noun, given = pages.desk.room, pages.desk.noun, {"pages": pages}
    one = f"{room}/<str:number>/"
    return [
        path(f"{room}/", requests.index, given, room),
        path(one, requests.show, given, noun),
        path(f"{one}refuse/", requests.refuse, given, pages.refuse),
        path(f"{one}withdraw/", requests.withdraw, given, pages.withdraw),
    ]


urlpatterns = [
    path("queue/", queue.queue, name="queue"),
    path("queue/next/", queue.claim_next, name="queue-next"),
    path("cases/<str:number>/", case.case, name="case"),
    path("cases/<str:number>/claim/", queue.claim, name="case-claim"),
    path("cases/<str:number>/release/", queue.release, name="case-release"),
    path("cases/<str:number>/pass-on/", queue.pass_on, name="case-pass-on"),
    path("cases/<str:number>/verdict/", case.verdict, name="case-verdict"),
    path("cases/<str:number>/agree/", case.agree, name="case-agree"),
    path("cases/<str:number>/approve/", decision.approve, name="case-approve"),
    path("cases/<str:number>/return/", decision.send_back, name="case-return"),
    path("cases/<str:number>/reject/", decision.decline, name="case-reject"),
    path("cases/<str:number>/reveal/", case.reveal, name="case-reveal"),
    path("cases/<str:number>/lookups/", case.lookups, name="case-lookups"),
    path("cases/<str:number>/readings/", case.readings, name="case-readings"),
    path("cases/<str:number>/names/", domains.names, name="case-names"),
    path("cases/<str:number>/names/ask/", domains.ask, name="case-names-ask"),
    path("cases/<str:number>/names/<int:proof_id>/", domains.check, name="case-name-check"),
    path("documents/<int:document_id>/pages/<int:page>/", evidence.page, name="document-page"),
    path("documents/<int:document_id>/small/", evidence.thumbnail, name="document-thumbnail"),
    path("documents/<int:document_id>/original/", evidence.original, name="document-original"),
    path("watermark.svg", evidence.watermark, name="watermark"),
    path("online/", online.index, name="online"),
    path("online/<str:number>/", online.show, name="online-submission"),
    path("online/<str:number>/take/", online.take, name="online-take"),
    path("online/<str:number>/refuse/", online.refuse, name="online-refuse"),
    path("intake/", intake.intake, name="intake"),
    path("intake/check/", intake.check, name="intake-check"),
    path("intake/<str:number>/", intake.page, name="intake-page"),
    path("intake/<str:number>/save/", intake.save, name="intake-save"),
    path("intake/<str:number>/submit/", intake.submit, name="intake-submit"),
    path("intake/<str:number>/request/", intake.attach_request, name="intake-request"),
    path("intake/<str:number>/agreement/", intake.accept_agreement, name="intake-agreement"),
    path("intake/<str:number>/verifications/", intake.verify, name="intake-verify"),
    path("intake/<str:number>/propose-again/", intake.propose_again, name="intake-propose-again"),
    path("intake/<str:number>/lookups/", intake.lookups, name="intake-lookups"),
    path("intake/<str:number>/take-over/", intake.take_over, name="intake-take-over"),
    path("intake/<str:number>/open-again/", intake.open_again, name="intake-open-again"),
    path("intake/<str:number>/cancel/", intake.cancel, name="intake-cancel"),
    path("intake/<str:number>/documents/", evidence.add, name="document-add"),
    path(
        "intake/<str:number>/documents/<int:document_id>/remove/",
        evidence.remove,
        name="document-remove",
    ),
    path("intake/<str:number>/receipt.pdf", receipts.receipt, name="receipt-pdf"),
    path("handover/", certificates.handover, name="handover"),
    path("handover/<str:number>/", certificates.handover_page, name="handover-page"),
    path("handover/<str:number>/codes/", certificates.codes, name="handover-codes"),
    path("handover/<str:number>/replace/", certificates.replace_codes, name="handover-replace"),
    path("handover/<str:number>/codes.pdf", receipts.codes, name="codes-pdf"),
    path("handover/<str:number>/access-code/", certificates.access_code, name="access-code"),
    path("certificates/<int:certificate_id>/", certificates.certificate, name="certificate"),
    path(
        "certificates/<int:certificate_id>/file.<str:form>",
        certificates.download,
        name="certificate-file",
    ),
    path("certificates/<int:certificate_id>/renew/", procedures.begin, name="procedure-begin"),
    path("signed-request/", procedures.signed, name="signed-request"),
    path("certificates/<int:certificate_id>/revoke/", revocations.ask, name="revocation-ask"),
    path("certificates/<int:certificate_id>/freeze/", holds.ask, {"act": "freeze"}, "freeze-ask"),
    path(
        "certificates/<int:certificate_id>/unfreeze/",
        holds.ask,
        {"act": "unfreeze"},
        "unfreeze-ask",
    ),
    *desk(holds.PAGES),
    path("holds/<str:number>/agree/", holds.agree, name="hold-agree"),
    *desk(revocations.PAGES),
    path("revocations/<str:number>/revoke/", revocations.revoke, name="revocation-revoke"),
    path("consents/<str:number>/", consents.show, name="consents"),
    path("consents/<str:number>/withdraw/", consents.withdraw, name="consent-withdraw"),
    path("retention/", retention.index, name="retention"),
    path("invoices/", invoices.index, name="invoices"),
    path("invoices/for/<str:number>/", invoices.ask, name="invoice-ask"),
    path("invoices/<str:number>/", invoices.show, name="invoice"),
    path("invoices/<str:number>/issued/", invoices.issued, name="invoice-issued"),
    path("invoices/<str:number>/reverse/", invoices.reverse, name="invoice-reverse"),
    path("invoices/<str:number>/decline/", invoices.decline, name="invoice-decline"),
    path("fees/", fees.index, name="fees"),
    path("fees/schedule/", fees.schedule, name="fee-schedule"),
    path("fees/agreements/", fees.agreements, name="fee-agreements"),
    path("fees/<str:number>/", fees.order, name="fee-order"),
    path("fees/<str:number>/pay/", fees.pay, name="fee-pay"),
    path("fees/<str:number>/ask-waiver/", fees.ask_waiver, name="fee-ask-waiver"),
    path("fees/<str:number>/ask-refund/", fees.ask_refund, name="fee-ask-refund"),
    path("notices/", notices.index, name="notices"),
    path("notices/of/<str:number>/", notices.of_application, name="notices-of"),
    path("notices/<int:notice_id>/", notices.show, name="notice"),
    path("notices/<int:notice_id>/resend/", notices.resend, name="notice-resend"),
    path("notices/<int:notice_id>/tell/", notices.tell, name="notice-tell"),
    path("disclosures/", disclosures.index, name="disclosures"),
    path("disclosures/ask/", disclosures.ask, name="disclosure-ask"),
    path("disclosures/<str:number>/", disclosures.show, name="disclosure"),
    path("disclosures/<str:number>/decide/", disclosures.decide, name="disclosure-decide"),
    path("disclosures/<str:number>/withdraw/", disclosures.withdraw, name="disclosure-withdraw"),
    path("disclosures/<str:number>/produce/", disclosures.produce, name="disclosure-produce"),
    path("disclosures/<str:number>/extract/", disclosures.extract, name="disclosure-extract"),
    path("disclosures/<str:number>/hand-over/", disclosures.hand_over, name="disclosure-hand-over"),
    path("imports/", imports.index, name="imports"),
    path("imports/template/<str:profile>.csv", imports.template, name="import-template"),
    path("imports/<str:number>/", imports.show, name="import"),
    path("imports/<str:number>/go-on/", imports.go_on, name="import-go-on"),
    path("imports/<str:number>/take/", imports.take, name="import-take"),
    path("imports/<str:number>/failures/", imports.failures, name="import-failures"),
    path("imports/<str:number>/close/", imports.close, name="import-close"),
    path("rechecks/", sampling.index, name="rechecks"),
    path("rechecks/<int:recheck_id>/", sampling.show, name="recheck"),
    path("rechecks/<int:recheck_id>/judge/", sampling.judge, name="recheck-judge"),
    path("publications/", publications.index, name="publications"),
    path("publications/propose/", publications.propose, name="publication-propose"),
    path("publications/<int:publication_id>/", publications.show, name="publication"),
    path("publications/<int:publication_id>/file/", publications.proof, name="publication-file"),
    path("statistics/", statistics.index, name="statistics"),
    path("statistics/offices.csv", statistics.table, name="statistics-table"),
    path("blacklist/", blacklist.index, name="blacklist"),
    path("blacklist/ask/", blacklist.ask, name="blacklist-ask"),
    path("blacklist/<int:entry_id>/", blacklist.show, name="blacklist-entry"),
    path("blacklist/<int:entry_id>/decide/", blacklist.decide, name="blacklist-decide"),
    path("blacklist/<int:entry_id>/lift/", blacklist.lift, name="blacklist-lift"),
    path("blacklist/<int:entry_id>/withdraw/", blacklist.withdraw, name="blacklist-withdraw"),
    path("offices/", offices.index, name="offices"),
    path("offices/open/", offices.open_office, name="office-open"),
    path("offices/<str:code>/", offices.show, name="office"),
    path("offices/<str:code>/rename/", offices.rename, name="office-rename"),
    path("offices/<str:code>/authority/", offices.authority, name="office-authority"),
    path("offices/<str:code>/stop/", offices.stop, name="office-stop"),
    path("offices/<str:code>/hand-over/", offices.hand_over, name="office-estate"),
    path("ca-agreements/", agreements.index, name="ca-agreements"),
    path("subscribers/<int:subscriber_id>/", subscribers.show, name="subscriber"),
    path("partner-keys/", partners.index, name="partner-keys"),
    path("partner-keys/<str:number>/hand-out/", partners.hand_out, name="partner-key-hand-out"),
    path("partner-keys/<str:number>/revoke/", partners.revoke, name="partner-key-revoke"),
    path("search/", certificates.find, name="search"),
]
