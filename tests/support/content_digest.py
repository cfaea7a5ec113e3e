#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Content digests of layers by the words of src/image/entries.h and layer_scan.h alone.

content_digest.py [--layer] FILE...    one line for each layer, as tests/support/layer_list prints
content_digest.py --make FOLDER        writes layers of every odd kind there

FILE is an image archive, each member of which is tried as a layer, or with --layer a layer.
Needs nothing but Python and, for zstd, the program zstd. A second implementation on purpose: it
shares no code with the library, reads tars with tarfile, and holds all of a layer in memory.
"""
import gzip
import hashlib
import io
import os
import struct
import subprocess
import sys
import tarfile

TYPES = {
    tarfile.DIRTYPE: b"d",
    tarfile.SYMTYPE: b"l",
    tarfile.LNKTYPE: b"h",
    tarfile.CHRTYPE: b"c",
    tarfile.BLKTYPE: b"b",
    tarfile.FIFOTYPE: b"p",
}
COUNTS = ["entries", "files", "directories", "symlinks", "hardlinks", "whiteouts", "devices", "fifos"]
COUNTED = {b"f": "files", b"d": "directories", b"l": "symlinks", b"h": "hardlinks", b"c": "devices",
           b"b": "devices", b"p": "fifos"}


def sha256(data):
    return hashlib.sha256(data)


def raw(text):
    return text.encode("utf-8", "surrogateescape")


def normal(path):
    parts = [p for p in path.split(b"/") if p not in (b"", b".")]
    return b"/".join(parts) or b"."


def content(ti, tar_bytes):
    """SHA-256 of a file's bytes, or of its runs of data if it has holes."""
    runs, data, at = [], b"", ti.offset_data
    for start, size in ti.sparse or [(0, ti.size)]:
        if size == 0:
            continue
        data += tar_bytes[at:at + size]
        at += size
        if runs and runs[-1][0] + runs[-1][1] == start:
            runs[-1][1] += size
        else:
            runs.append([start, size])
    if sum(size for _, size in runs) == ti.size:
        return sha256(data).digest()
    h = sha256(b"cachestat-sparse-1\n")
    for start, size in runs:
        h.update(struct.pack("<QQ", start, size))
    h.update(struct.pack("<Q", ti.size))
    h.update(sha256(data).digest())
    return h.digest()


def xattrs(ti):
    prefix = "SCHILY.xattr."
    found = sorted((b"x", raw(k[len(prefix):]), raw(v)) for k, v in ti.pax_headers.items()
                   if k.startswith(prefix))
    if any(k.startswith("SCHILY.acl.") for k in ti.pax_headers):
        raise NotImplementedError("ACLs")
    out = b""
    for kind, name, value in found:
        out += kind + struct.pack("<Q", len(name)) + name + struct.pack("<Q", len(value)) + value
    return sha256(out).digest() if out else b""


def record(ti, tar_bytes):
    """(path, type, size, canonical bytes) of one entry."""
    kind = b"f" if ti.isreg() else TYPES[ti.type]
    path, target, digest, size, device = normal(raw(ti.name)), b"", b"", 0, (0, 0)
    if kind == b"f":
        digest, size = content(ti, tar_bytes), ti.size
    elif kind == b"l":
        target = raw(ti.linkname)
    elif kind == b"h":
        target = normal(raw(ti.linkname))
    elif kind in b"cb":
        device = (ti.devmajor, ti.devminor)
    attrs = xattrs(ti)
    flags = (1 if digest else 0) | (2 if attrs else 0)
    return path, kind, size, struct.pack("<cBIqqQIIII", kind, flags, ti.mode & 0o7777, ti.uid,
                                         ti.gid, size, *device, len(path),
                                         len(target)) + path + target + digest + attrs


def decode(blob):
    if blob[:2] == b"\x1f\x8b":
        return gzip.decompress(blob)
    if blob[:4] == b"\x28\xb5\x2f\xfd" or blob[1:4] == b"\x2a\x4d\x18":
        return subprocess.run(["zstd", "-dcq"], input=blob, stdout=subprocess.PIPE,
                              check=True).stdout
    return blob


def open_tar(data):
    return tarfile.open(fileobj=io.BytesIO(data), mode="r:", encoding="utf-8",
                        errors="surrogateescape")


def layer_line(where, name, blob):
    tar_bytes = decode(blob)
    records, counts, file_bytes = [], dict.fromkeys(COUNTS, 0), 0
    for ti in open_tar(tar_bytes):
        path, kind, size, canonical = record(ti, tar_bytes)
        records.append((path.split(b"/"), len(records), canonical))
        counts["entries"] += 1
        if path.split(b"/")[-1].startswith(b".wh."):
            counts["whiteouts"] += 1
        else:
            counts[COUNTED[kind]] += 1
            file_bytes += size
    h = sha256(b"cachestat-entries-1\n")
    for _, _, canonical in sorted(records):
        h.update(canonical)
    fields = [where, name, "sha256:" + sha256(blob).hexdigest(), len(blob),
              "sha256:" + sha256(tar_bytes).hexdigest(), len(tar_bytes), "sha256:" + h.hexdigest()]
    return " ".join(map(str, fields + [counts[c] for c in COUNTS] + [file_bytes]))


def archive_lines(path):
    with open(path, "rb") as f:
        outer = decode(f.read())
    for member in open_tar(outer):
        if not member.isreg() or member.size == 0:
            continue
        blob = outer[member.offset_data:member.offset_data + member.size]
        try:
            yield layer_line(path, member.name, blob)
        except tarfile.ReadError:
            pass  # a document


def add(tar, name, data=None, **fields):
    ti = tarfile.TarInfo(name)
    ti.size = len(data or b"")
    for key, value in fields.items():
        setattr(ti, key, value)
    tar.addfile(ti, io.BytesIO(data or b""))


def add_all(tar):
    add(tar, "./", type=tarfile.DIRTYPE, mode=0o755)
    add(tar, "a/b", b"one", mode=0o644, mtime=7)
    add(tar, "a-b", b"two", mode=0o4755, uid=1 << 20, gid=65534, uname="root", gname="wheel")
    add(tar, "a", type=tarfile.DIRTYPE, mode=0o1777)
    add(tar, "./a/b", b"three" * 40000)
    add(tar, "a/" + "long/" * 60 + "name", b"x")
    add(tar, "l" * 99 + "/" + "n" * 99, b"")
    add(tar, "a//hard", type=tarfile.LNKTYPE, linkname="./a/b")
    add(tar, "a/soft", type=tarfile.SYMTYPE, linkname="../x/" * 40, mode=0o777)
    add(tar, "dev/null", type=tarfile.CHRTYPE, devmajor=1, devminor=3)
    add(tar, "dev/disk", type=tarfile.BLKTYPE, devmajor=259, devminor=7)
    add(tar, "dev/none", type=tarfile.CHRTYPE)
    add(tar, "dev/fifo", type=tarfile.FIFOTYPE)
    add(tar, "etc/.wh.passwd")
    add(tar, "etc/.wh..wh..opq")
    add(tar, "etc/.wh.not/file", b"file")
    add(tar, "odd\n name\udcff\udc80.txt", b"odd")
    add(tar, "\u00e4\u0308/\u4e2d", b"words")
    add(tar, "../up", b"up")
    add(tar, "-first", b"1")


def add_pax(tar):
    add(tar, "attrs", b"x", pax_headers={"SCHILY.xattr.user.b": "2\n2=3",
                                         "SCHILY.xattr.user.a": "",
                                         "SCHILY.xattr.security.capability": "\x01\x02\udcff"})
    add(tar, "folder", type=tarfile.DIRTYPE, pax_headers={"SCHILY.xattr.user.d": "d"})
    add(tar, "early", b"e", mtime=-5.25)
    add(tar, "big", b"b", uid=1 << 33, gid=(1 << 33) + 1)
    for name, size, runs in (("holes", 1 << 40, [(0, 3), (4096, 2), (1 << 40, 0)]),
                             ("touch", 20, [(0, 1), (1, 2), (10, 2)]),
                             ("front", 9, [(4, 5)]), ("none", 5, [(0, 5)]), ("all", 4096, [(4096, 0)])):
        data = b"abcde"[:sum(n for _, n in runs)]
        add(tar, "x-" + name, data, pax_headers={
            "GNU.sparse.size": str(size), "GNU.sparse.numblocks": str(len(runs)),
            "GNU.sparse.map": ",".join("%d,%d" % r for r in runs),
            "GNU.sparse.name": "sparse/" + name})
        data = b"%d\n" % len(runs) + b"".join(b"%d\n%d\n" % r for r in runs)
        add(tar, "y-" + name, data.ljust(512, b"\0") + b"abcde"[:sum(n for _, n in runs)],
            pax_headers={"GNU.sparse.major": "1", "GNU.sparse.minor": "0",
                         "GNU.sparse.realsize": str(size), "GNU.sparse.name": "sparse/1.0-" + name})


def make(folder):
    for name, form in (("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)):
        path = os.path.join(folder, name + ".tar")
        with tarfile.open(path, "w:", format=form, encoding="utf-8",
                          errors="surrogateescape") as tar:
            add_all(tar)
            if name == "pax":
                add_pax(tar)
        with open(path, "rb") as f, open(path + ".gz", "wb") as out:
            data = f.read()
            # Two members, the second at an odd place.
            out.write(gzip.compress(data[:777], mtime=0) + gzip.compress(data[777:], mtime=0))


def main(argv):
    if argv[:1] == ["--make"]:
        make(argv[1])
        return
    for path in argv[argv[:1] == ["--layer"]:]:
        if argv[0] == "--layer":
            with open(path, "rb") as f:
                print(layer_line(path, "-", f.read()))
        else:
            for line in archive_lines(path):
                print(line)


main(sys.argv[1:])
