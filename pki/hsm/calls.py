"""The few PKCS#11 functions that are called past python-pkcs11, by ctypes."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

from pki.errors import TokenError

if TYPE_CHECKING:
    from pathlib import Path

_OS_LOCKING_OK = 2
_ALREADY_INITIALIZED, _ALREADY_LOGGED_IN = 0x191, 0x100
SECURITY_OFFICER, NORMAL_USER = 0, 1
_WRONG = 0xA0
_BAD_PIN = {  # never tried twice: devices count
    _WRONG: "The PIN is wrong.",
    0xA2: "The PIN has a wrong length.",
    0xA3: "The PIN has expired.",
    0xA4: "The PIN is locked.",
}


class _InitializeArguments(ctypes.Structure):
    _fields_ = (
        ("create_mutex", ctypes.c_void_p),
        ("destroy_mutex", ctypes.c_void_p),
        ("lock_mutex", ctypes.c_void_p),
        ("unlock_mutex", ctypes.c_void_p),
        ("flags", ctypes.c_ulong),
        ("reserved", ctypes.c_void_p),
    )


class _FunctionList(ctypes.Structure):
    _fields_ = (("version", ctypes.c_ubyte * 2), ("functions", ctypes.c_void_p * 20))


# Places in CK_FUNCTION_LIST.
_INITIALIZE, _FINALIZE, _SET_PIN, _LOGIN, _LOGOUT = 0, 1, 11, 18, 19


class Calls:
    """The functions that are called past the binding."""

    def __init__(self, module: Path) -> None:
        library = ctypes.CDLL(str(module))
        listed = ctypes.POINTER(_FunctionList)()
        library.C_GetFunctionList.restype = ctypes.c_ulong
        library.C_GetFunctionList.argtypes = (ctypes.c_void_p,)
        result = library.C_GetFunctionList(ctypes.byref(listed))
        if result:
            raise _failure("C_GetFunctionList", result)
        self._library, self._functions = library, listed.contents.functions

    def _call(self, place: int, *arguments: Any) -> int:
        kinds = [
            ctypes.c_ulong if isinstance(argument, int) else ctypes.c_void_p
            for argument in arguments
        ]
        function = ctypes.CFUNCTYPE(ctypes.c_ulong, *kinds)(self._functions[place])
        return int(function(*arguments))

    def initialize(self) -> None:
        arguments = _InitializeArguments(flags=_OS_LOCKING_OK)
        result = self._call(_INITIALIZE, ctypes.byref(arguments))
        if result not in (0, _ALREADY_INITIALIZED):
            raise _failure("C_Initialize", result)

    def finalize(self) -> None:
        self._call(_FINALIZE, None)

    def login(self, session: int, pin: bytearray, who: int = NORMAL_USER) -> None:
        """The PIN is wiped whatever happens."""
        room = (ctypes.c_char * len(pin)).from_buffer(pin)
        try:
            result = self._call(_LOGIN, session, who, ctypes.byref(room), len(pin))
        finally:
            ctypes.memset(room, 0, len(pin))
        if result in _BAD_PIN:
            raise TokenError("token.pin", _BAD_PIN[result], permanent=True, wrong=result == _WRONG)
        if result not in (0, _ALREADY_LOGGED_IN):
            raise _failure("C_Login", result)

    def set_pin(self, session: int, old: bytearray, new: bytearray) -> None:
        """The user's PIN becomes `new`. Neither is wiped."""
        rooms = [(ctypes.c_char * len(pin)).from_buffer(pin) for pin in (old, new)]
        arguments = [part for room in rooms for part in (ctypes.byref(room), len(room))]
        result = self._call(_SET_PIN, session, *arguments)
        if result in _BAD_PIN:
            raise TokenError("token.pin", _BAD_PIN[result], permanent=True, wrong=result == _WRONG)
        if result:
            raise _failure("C_SetPIN", result)

    def logout(self, session: int) -> None:
        self._call(_LOGOUT, session)


def _failure(function: str, result: int) -> TokenError:
    return TokenError("token.device", f"{function} answered {result:#x}.", permanent=False)
