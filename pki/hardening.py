"""Keep the process's memory to itself."""

from __future__ import annotations

import ctypes
import os
import resource

_SET_DUMPABLE, _SET_NO_NEW_PRIVILEGES = 4, 38
_LOCK_CURRENT, _LOCK_FUTURE, _LOCK_ON_FAULT = 1, 2, 4


def harden() -> dict[str, bool]:
    """No dumps, no tracing by others, no swapping; says what the system granted.

    Locking memory needs CAP_IPC_LOCK or a generous RLIMIT_MEMLOCK, so it may be refused.
    """
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    return {
        "not_dumpable": libc.prctl(_SET_DUMPABLE, 0, 0, 0, 0) == 0,
        "no_core_dumps": resource.getrlimit(resource.RLIMIT_CORE) == (0, 0),
        "no_new_privileges": libc.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0,
        "memory_locked": libc.mlockall(_LOCK_CURRENT | _LOCK_FUTURE | _LOCK_ON_FAULT) == 0,
    }
