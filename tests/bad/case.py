# SPDX-License-Identifier: Apache-2.0
"""What a case is: how its input is made and what the program has to do with it."""
import os
import socket

from make import archive

CASES = []


class Skip(Exception):
    """The case cannot be made here."""


class Case:
    def __init__(self, name, build, reason, status, args=(), slow=False, command=("analyze", "--no-ci"), operands=True, partial=False):
        self.name, self.build, self.reason, self.status = name, build, reason, status
        self.args, self.slow, self.command, self.operands = list(args), slow, list(command), operands
        self.partial = partial  # one input of several is good, and is reported and recorded

    def make(self, folder):
        """Writes the input into folder; gives the operands."""
        made = self.build(folder) if getattr(self.build, "wants_folder", False) else self.build()
        if hasattr(made, "tar"):
            made = made.tar()
        if isinstance(made, dict):
            made = archive(made)
        if isinstance(made, bytes):
            path = os.path.join(folder, "input.tar")
            with open(path, "wb") as f:
                f.write(made)
            made = [path]
        return [os.fsencode(x) for x in made] if self.operands else []


def add(name, build, reason, status, **more):
    if any(case.name == name for case in CASES):
        raise ValueError("two cases are called " + name)
    CASES.append(Case(name, build if callable(build) else lambda: build, reason, status, **more))


def bad(name, build, reason, status=3, **more):
    """Refused: this exit status (None: 2 or 3), one line that matches reason, the store as before."""
    add(name, build, reason, (2, 3) if status is None else (status,), **more)


def good(name, build, **more):
    """Odd, but valid: exit 0."""
    add(name, build, None, (0,), **more)


def either(name, build, status=(0, 3), **more):
    """Accepted or refused cleanly: readers differ, and neither answer is wrong."""
    add(name, build, "", status, **more)


def in_folder(build):
    """Marks a builder that lays files out itself and gives the operands."""
    build.wants_folder = True
    return build


def make_socket(path):
    """A socket, however long its path: bind() takes 107 bytes, a folder's descriptor is shorter."""
    fd = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.bind("/proc/self/fd/%d/s" % fd)
        os.rename("s", os.path.basename(path), src_dir_fd=fd, dst_dir_fd=fd)
    finally:
        os.close(fd)
