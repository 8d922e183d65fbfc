"""Locks the process it is called in: from then on it computes, reads 0, writes 1, and ends.

Landlock takes the file system away, seccomp every system call that is not in `ALLOWED`; neither can
be undone. Standard library only, over libseccomp (which makes the filter) and the kernel.

`python -m ra.evidence.sandbox` names what this machine lacks, if anything.
"""

import ctypes
import errno
import os
import resource
from pathlib import Path

MEMORY = 1536 * 1024 * 1024  # bytes of address space
SECONDS = 40  # of processor time

LIMITS = (
    (resource.RLIMIT_AS, MEMORY),
    (resource.RLIMIT_CPU, SECONDS),
    (resource.RLIMIT_NOFILE, 0),  # what is open stays open, nothing else can be
    (resource.RLIMIT_NPROC, 0),
    (resource.RLIMIT_FSIZE, 0),
    (resource.RLIMIT_CORE, 0),
)


def lock() -> list[str]:
    """Load all you need before: there is no way back.

    Answers what could not be done, of `landlock` and `seccomp`; the limits hold in any case. And
    `threads`, when a library has started some: what is locked is the one that calls.
    """
    lacking = [] if len(list(Path("/proc/self/task").iterdir())) == 1 else ["threads"]
    libseccomp = _libseccomp()  # while files can still be read
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, _long(1), _long(0), _long(0), _long(0))
    if not _close_the_file_system():
        lacking.append("landlock")
    for which, limit in LIMITS:
        resource.setrlimit(which, (limit, limit))
    if libseccomp is None or not _close_the_kernel(libseccomp):
        lacking.append("seccomp")
    return lacking


_libc = ctypes.CDLL(None, use_errno=True)
_long = ctypes.c_long

# --- Landlock, linux/landlock.h: no right to any file is left ----------------------------------

_PR_SET_NO_NEW_PRIVS = 38
_CREATE_RULESET, _RESTRICT_SELF = _long(444), _long(446)  # the same on every processor
_GET_VERSION = _long(1)
_RIGHTS = (13, 14, 15, 15, 16)  # how many there are to take, by version of the interface


def _close_the_file_system() -> bool:
    version = _libc.syscall(_CREATE_RULESET, None, _long(0), _GET_VERSION)
    if version < 1:
        return False
    rights = ctypes.c_uint64((1 << _RIGHTS[min(version, len(_RIGHTS)) - 1]) - 1)
    size = _long(ctypes.sizeof(rights))
    ruleset = _libc.syscall(_CREATE_RULESET, ctypes.byref(rights), size, _long(0))
    if ruleset < 0:
        return False
    done = bool(_libc.syscall(_RESTRICT_SELF, _long(ruleset), _long(0)) == 0)
    os.close(ruleset)
    return done


# --- seccomp: what is not named here is refused ------------------------------------------------

_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_EQUAL, _MASKED = 4, 7
_PROT_EXEC = 4


class _Compare(ctypes.Structure):
    """`struct scmp_arg_cmp`: which argument, how, and two operands."""

    _fields_ = (
        ("argument", ctypes.c_uint),
        ("how", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


_NO_CODE = _Compare(2, _MASKED, _PROT_EXEC, 0)
ALLOWED = (
    ("read", _Compare(0, _EQUAL, 0, 0)),
    ("write", _Compare(0, _EQUAL, 1, 0)),
    ("mmap", _NO_CODE),
    ("mprotect", _NO_CODE),
    *(
        (name, None)
        for name in (
            "munmap", "mremap", "madvise", "brk", "futex", "clock_gettime", "gettimeofday",
            "getrandom", "sched_yield", "rt_sigreturn", "restart_syscall", "exit", "exit_group",
        )
    ),
)  # fmt: skip


def _libseccomp() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL("libseccomp.so.2")
    except OSError:
        return None


def _close_the_kernel(library: ctypes.CDLL) -> bool:
    library.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(library.seccomp_init(_REFUSE))
    for name, condition in ALLOWED:
        number = library.seccomp_syscall_resolve_name(name.encode())
        only = (0, None) if condition is None else (1, ctypes.byref(condition))
        if library.seccomp_rule_add_array(rules, _ALLOW, number, *only) != 0:
            return False
    return bool(library.seccomp_load(rules) == 0)


if __name__ == "__main__":
    os.write(1, " ".join(lock()).encode())
    os._exit(0)
