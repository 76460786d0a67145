"""The last step before a server: takes its identity, ties its life to its parent's, then becomes the server.

Run by path, with the standard library alone: `launch.py PARENT_PID SIGNAL IDENTITY PROGRAM [ARGUMENT...]`.
A small program of its own rather than a `preexec_fn`, because Python code between fork and exec may dead-lock
as soon as the parent has a second thread, and because the order below matters:

1. identity: `self`, `namespace` (root only: a user namespace in which root is called nobody) or `UID:GID`;
2. the death signal, *after* the identity, because the kernel forgets it when credentials change;
3. the parent may have died before step 2: look once;
4. exec: the death signal survives it.

PostgreSQL refuses to run as root. In a user namespace it sees itself as nobody, yet the kernel still knows the
owner of its files, so that a data folder under /root works. Where namespaces are forbidden, another user does it.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
NOBODY = 65534
EXIT_NO_IDENTITY = 97  # the parent tells this failure from the server's own
EXIT_ORPHAN = 98


def _libc_call(name: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _enter_namespace() -> None:
    """Becomes nobody inside a new user namespace, and stays what it was outside."""
    uid, gid = os.geteuid(), os.getegid()
    _libc_call("unshare", CLONE_NEWUSER)
    # The kernel wants `deny` before it lets an ordinary process map its group.
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1")


def take_identity(identity: str) -> None:
    """Becomes who the server has to be; raises OSError when the machine forbids it."""
    if identity == "namespace":
        _enter_namespace()
    elif identity != "self":
        uid, gid = (int(number) for number in identity.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def main(arguments: list[str]) -> None:
    """Replaces this process by the server, or exits with a code of its own."""
    parent, death_signal, identity, *command = arguments
    try:
        take_identity(identity)
    except OSError as error:
        sys.stderr.write(f"cannot become {identity}: {error}\n")
        sys.exit(EXIT_NO_IDENTITY)
    _libc_call("prctl", PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit(EXIT_ORPHAN)
    # Python ignores these two, and an ignored signal is inherited through exec.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    os.execv(command[0], command)  # nosec B606 # the words come from our own parent


if __name__ == "__main__":
    main(sys.argv[1:])
