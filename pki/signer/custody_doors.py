"""What is asked about custody: handing out, offers, shares, and the stop (docs/decisions/0013)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.errors import Malformed, PkiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pki.signer.calls import Call
    from pki.signer.condition import Condition
    from pki.signer.custody import Custody
    from pki.signer.protocol import Header

_Answer = tuple["Header", list[bytes]]


class CustodyDoors:
    """`expected`: public keys by label; `opened` is called when keys may sign, `sealed` when they
    may no more.
    """

    def __init__(
        self,
        custody: Custody,
        condition: Condition,
        expected: Callable[[], dict[str, bytes]],
        *,
        opened: Callable[[Call], None],
        sealed: Callable[[], None],
    ) -> None:
        self._custody, self._condition, self._expected = custody, condition, expected
        self._opened, self._sealed = opened, sealed
        self.doors: dict[str, Callable[[Call], _Answer]] = {
            "custody": self._report,
            "hand_out": self._hand_out,
            "received": self._received,
            "offer": self._offer,
            "bring": self._bring,
            "lock": self._lock,
        }

    def _report(self, _call: Call) -> _Answer:
        return {"custody": self._custody.report()}, []

    def _hand_out(self, call: Call) -> _Answer:
        custodians = call.request.get("custodians")
        if not isinstance(custodians, list) or not all(isinstance(c, dict) for c in custodians):
            raise Malformed("signer.request", "`custodians` is a list of objects.")
        handed_out = self._custody.hand_out(custodians)
        call.log("handed_out", shares=len(handed_out))
        return {"shares": handed_out}, []

    def _received(self, call: Call) -> _Answer:
        number = call.number("number")
        missing = self._custody.received(call.word("set"), number, call.only_blob())
        call.log("received", number=number, missing=missing)
        return {"missing": missing}, []

    def _offer(self, call: Call) -> _Answer:
        purpose = call.word("purpose")
        script = call.only_blob() if call.blobs else b""
        hours, signatures = call.number("hours"), call.number("signatures")
        newcomers = call.word("newcomers") if "newcomers" in call.request else ""
        offer = self._custody.offer(
            purpose, script=script, hours=hours, signatures=signatures, newcomers=newcomers
        )
        call.log("offered", purpose=purpose, hours=hours, signatures=signatures)
        return {"offer": offer}, []

    def _bring(self, call: Call) -> _Answer:
        number, signature = call.number("number"), call.octets("signature")
        progress = self._custody.bring(call.word("session"), number, signature, call.only_blob())
        call.log("share_taken", number=number, active=progress["active"])
        if progress["active"]:
            self._condition.forget()
            self._condition.compare(self._custody.use().token, self._expected())
            report = self._custody.report()
            said = {name: report[name] for name in ("purpose", "script", "until")}
            call.log("activated", **said)
            try:
                self._opened(call)
            except PkiError as error:  # active it is all the same, and says so
                self._condition.note(error)
                call.log("not_taken_up", rule=error.rule, reason=error.reason)
        return {"progress": progress}, []

    def _lock(self, call: Call) -> _Answer:
        ceremony = call.word("ceremony") if "ceremony" in call.request else ""
        sealed = self._custody.seal(ceremony)
        if sealed:
            self._sealed()
            self._condition.forget()
            call.log("locked")
        return {"sealed": sealed}, []
