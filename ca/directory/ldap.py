"""The only module that knows the LDAP library: put, read, list, remove."""

import ssl
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from ca.directory.rules import Entry, Value

with warnings.catch_warnings():  # its last release calls names that pyasn1 has renamed since
    warnings.filterwarnings("ignore", r"(tagMap|typeMap) is deprecated", DeprecationWarning)
    import ldap3
    from ldap3.core.exceptions import LDAPException, LDAPStartTLSError

CONNECT_WITHIN, ANSWER_WITHIN = 5, 20  # seconds
PAGE = 500
# RFC 4511 4.1.9
SUCCESS, NO_SUCH_OBJECT, INVALID_CREDENTIALS, ALREADY_EXISTS = 0, 32, 49, 68


class Unreachable(Exception):
    """No entry can be put at present. `fault`: unreachable, tls, credentials, refused, lost."""

    def __init__(self, fault: str, detail: str) -> None:
        super().__init__(f"{fault}: {detail}")
        self.fault = fault
        self.detail = detail


class NotTaken(Exception):
    """The directory refuses this entry; `code` such as `ldap 50`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Place:
    """How a directory is reached. `ca_file` "": whom the system believes.

    `start_tls`: on an ldap:// address, before the password is sent.
    """

    url: str
    base: str
    user: str
    password: str
    start_tls: bool
    ca_file: str


class Directory:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def put(self, entry: Entry) -> None:
        """Make the entry say this, whether it was there or not. Raises NotTaken."""
        code, detail = self._add(entry)
        if code == NO_SUCH_OBJECT:
            for parent in entry.above:
                self._add(parent)  # what is wrong with it is said by the next line
            code, detail = self._add(entry)
        if code == ALREADY_EXISTS:
            said = {"objectClass": list(entry.classes), **_lists(entry.attributes)}
            changes = {name: [(ldap3.MODIFY_REPLACE, values)] for name, values in said.items()}
            code, detail = self._ask("modify", entry.dn, changes)
        _check(code, detail)

    def read(self, dn: str, attribute: str) -> bytes | None:
        """The value of an attribute with one value; None where there is no such entry."""
        answer = self._call(
            "search", dn, "(objectClass=*)", search_scope=ldap3.BASE, attributes=[attribute]
        )
        if answer[1]["result"] == NO_SUCH_OBJECT:
            return None
        _check(answer[1]["result"], answer[1]["message"])
        values = _raw(answer[2][0], attribute) if answer[2] else []
        return values[0] if values else None

    def below(self, dn: str, class_: str, attribute: str) -> Iterator[tuple[str, bytes]]:
        """(name, value) of entries of this class right below; page by page (RFC 2696)."""
        cookie: bytes | None = None
        while True:
            answer = self._call(
                "search",
                *(dn, f"(objectClass={class_})"),
                search_scope=ldap3.LEVEL,
                attributes=[attribute],
                paged_size=PAGE,
                paged_cookie=cookie,
            )
            if answer[1]["result"] == NO_SUCH_OBJECT:
                return
            _check(answer[1]["result"], answer[1]["message"])
            for row in answer[2]:
                for value in _raw(row, attribute):
                    yield row["dn"], value
            controls = answer[1].get("controls", {}).get("1.2.840.113556.1.4.319", {})
            cookie = controls.get("value", {}).get("cookie")
            if not cookie:
                return

    def remove(self, dn: str) -> None:
        """Raises NotTaken."""
        code, detail = self._ask("delete", dn)
        if code != NO_SUCH_OBJECT:
            _check(code, detail)

    def _add(self, entry: Entry) -> tuple[int, str]:
        return self._ask("add", entry.dn, list(entry.classes), _lists(entry.attributes))

    def _ask(self, operation: str, *arguments: Any) -> tuple[int, str]:
        _, result, _, _ = self._call(operation, *arguments)
        return result["result"], result["message"] or result["description"]

    def _call(self, operation: str, *arguments: Any, **more: Any) -> Any:
        try:
            return getattr(self._connection, operation)(*arguments, **more)
        except (LDAPException, OSError) as error:
            raise Unreachable("lost", _said(error)) from error


@contextmanager
def connect(place: Place) -> Iterator[Directory]:
    """Signed in. Raises Unreachable."""
    connection = _connection(place)
    try:
        _open(connection, place)
        yield Directory(connection)
    finally:
        _close(connection)


def _connection(place: Place) -> Any:
    server = ldap3.Server(
        place.url, tls=_Tls(place.ca_file), connect_timeout=CONNECT_WITHIN, get_info=ldap3.NONE
    )
    return ldap3.Connection(
        server,
        user=place.user or None,
        password=place.password or None,
        client_strategy=ldap3.SAFE_SYNC,
        receive_timeout=ANSWER_WITHIN,
        check_names=False,
        auto_referrals=False,  # the password is for this server, and no other one it names
    )


def _open(connection: Any, place: Place) -> None:
    ldaps = connection.server.ssl
    try:
        connection.open()
        if place.start_tls and not ldaps:
            connection.start_tls()
        result = connection.bind()[1]
    except LDAPStartTLSError as error:
        raise Unreachable("tls", _said(error)) from error
    except (LDAPException, OSError) as error:
        fault = "tls" if ldaps and "SSL" in _said(error) else "unreachable"
        raise Unreachable(fault, _said(error)) from error
    if result["result"] != SUCCESS:
        wrong = result["result"] == INVALID_CREDENTIALS
        raise Unreachable("credentials" if wrong else "refused", result["description"])


def _close(connection: Any) -> None:
    """The library leaves sockets open on which something went wrong."""
    with suppress(LDAPException, OSError):
        connection.unbind()
    if connection.socket is not None:
        connection.socket.close()


class _Tls(ldap3.Tls):  # type: ignore[misc]
    """The library's own way to compare names is one that Python has taken away."""

    def __init__(self, ca_file: str) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._ca_file = ca_file or None

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 -- the library's
        context = ssl.create_default_context(cafile=self._ca_file)
        host = connection.server.host
        connection.socket = context.wrap_socket(connection.socket, server_hostname=host)


def _lists(attributes: Mapping[str, Value]) -> dict[str, list[Value]]:
    return {name: [value] for name, value in attributes.items()}


def _raw(row: Mapping[str, Any], attribute: str) -> list[bytes]:
    found = row.get("raw_attributes", {})
    return list(found.get(attribute, ()))


def _check(code: int, detail: str) -> None:
    if code != SUCCESS:
        raise NotTaken(f"ldap {code}", detail)


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
