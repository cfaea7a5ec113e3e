# SPDX-License-Identifier: Apache-2.0
"""The file itself: not an image, cut short, packed once, twice, wrongly."""
import bz2
import lzma
import os
import struct
import zlib

from case import bad, either, good, in_folder, make_socket
from make import EOF, Layout, archive, docker, entry, gz, gz_member, image, pax, skippable, small_tar, tar, zeros_gz, zstd

NOT_IMAGE = r"(no image|not an image|neither|not .*(tar|archive|layout)|no (index|manifest)\.json|unrecognized|unknown|empty|damaged|truncated|tar)"


def not_images():
    for name, data in (
        ("empty", b""), ("one-byte", b"\0"), ("text", b"FROM scratch\n" * 50), ("noise", bytes(i * 7919 % 251 for i in range(4096))),
        ("elf", b"\x7fELF\2\1\1" + bytes(600)), ("zip", b"PK\3\4" + bytes(600)), ("7z", b"7z\xbc\xaf\x27\x1c" + bytes(600)),
        ("rar", b"Rar!\x1a\7\1\0" + bytes(600)), ("cpio", b"070701" + b"0" * 600), ("ar", b"!<arch>\n" + bytes(600)),
        ("iso", bytes(32769) + b"CD001" + bytes(2048)), ("sqlite", b"SQLite format 3\0" + bytes(600)), ("json", b'{"a":1}'),
        ("zeros", EOF), ("many-zeros", bytes(1 << 20)), ("gzip-of-nothing", gz(b"")), ("gzip-of-text", gz(b"x" * 5000)),
        ("zstd-of-nothing", zstd(b"")), ("xz-of-text", lzma.compress(b"x" * 5000)), ("layer-alone", small_tar()),
        ("mtree", b"#mtree\n./a type=file\n" * 40), ("warc", b"WARC/1.0\r\nWARC-Type: warcinfo\r\n" + bytes(600)),
        ("shar", b"#!/bin/sh\n# This is a shell archive\n" * 20), ("uuencode", b"begin 644 image.tar\n" + b"M" * 600),
        ("only-oci-layout", archive({"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'})),
        ("only-blobs", archive({k: v for k, v in image().files.items() if k.startswith("blobs")})),
        ("only-repositories", archive({"repositories": b'{"app":{"1":"' + b"a" * 64 + b'"}}'})),
    ):
        bad("not-image/" + name, data, NOT_IMAGE + "|unsupported|repositories|1\\.10")


def truncated():
    plain = image().tar()
    end = len(plain) - len(EOF)
    for at in sorted({1, 100, 511, 512, 513, 1024, 1300, 2048, end // 3, end // 2, end - 1024, end - 600, end - 512, end - 511}):
        bad("truncated/oci-at-%d" % at, plain[:at], r"truncated|damaged|missing|neither|no (image|index|manifest)|not |end")
    either("truncated/no-trailer", plain[:end])
    good("truncated/trailer-of-one-block", plain[: end + 512])
    packed = gz(plain)
    for at in (1, 9, 10, 11, len(packed) // 4, len(packed) // 2, len(packed) - 9, len(packed) - 8, len(packed) - 4, len(packed) - 1):
        bad("truncated/gzip-at-%d-of-%d" % (at, len(packed)), packed[:at], r"gzip|truncated|unfinished|end|" + NOT_IMAGE)
    packed = zstd(plain, window_log=20)
    for at in (3, 4, 5, 6, 8, len(packed) // 2, len(packed) - 1):
        bad("truncated/zstd-at-%d" % at, packed[:at], r"zstd|truncated|unfinished|end|" + NOT_IMAGE)
    packed = lzma.compress(plain, preset=0)
    for at in (5, 6, 12, len(packed) // 2, len(packed) - 12, len(packed) - 1):
        bad("truncated/xz-at-%d-of-%d" % (at, len(packed)), packed[:at], r"xz|truncated|unfinished|end|" + NOT_IMAGE)
    plain = archive(docker())
    end = len(plain) - len(EOF)
    for at in (512, 1500, end // 2, end - 512, end - 100):
        bad("truncated/docker-at-%d" % at, plain[:at], r"truncated|damaged|missing|no (image|index|manifest)|not |end")


def packed():
    plain = image().tar()
    half = len(plain) // 2
    good("packed/gzip", gz(plain))
    good("packed/gzip-two-members", gz(plain[:half]) + gz(plain[half:]))
    good("packed/gzip-empty-members", gz(b"") * 2000 + gz(plain) + gz(b"") * 2000)
    good("packed/gzip-all-header-fields", gz_member(plain, 0x1C, b"\x04\0abcd" + b"na\x1b[31mme\0" + b"comment\0"))
    good("packed/gzip-stored", gz(plain, 0))
    good("packed/zstd", zstd(plain))
    good("packed/zstd-two-frames", zstd(plain[:half]) + zstd(plain[half:]))
    good("packed/zstd-skippable-frames", skippable(b"x" * 100) + zstd(plain) + skippable(b"y" * 100, 15))
    good("packed/xz", lzma.compress(plain, preset=0))
    good("packed/xz-two-streams", lzma.compress(plain[:half], preset=0) + lzma.compress(plain[half:], preset=0))
    wrong = r"gzip|crc|length|junk|trailing|damaged"
    bad("packed/gzip-wrong-crc", gz_member(plain, crc=1), wrong)
    bad("packed/gzip-wrong-length", gz_member(plain, isize=1), wrong)
    bad("packed/gzip-junk-behind", gz(plain) + b"junk", wrong)
    bad("packed/gzip-method-7", gz_member(plain, method=7), wrong)
    bad("packed/gzip-bad-block", gz(plain)[:10] + b"\xff" * 400, wrong)
    bad("packed/zstd-junk-behind", zstd(plain) + b"junk", "zstd|junk|trailing")
    bad("packed/zstd-reserved-block", zstd(b"", blocks=[b"\7\0\0"]), "zstd")
    bad("packed/xz-junk-behind", lzma.compress(plain, preset=0) + b"junk", "xz|junk|trailing")
    bad("packed/xz-dictionary-3-GiB", _large_dictionary(plain), "xz|memory")
    bad("packed/twice-gzip", gz(gz(plain)), NOT_IMAGE)
    bad("packed/twice-zstd-gzip", zstd(gz(plain)), NOT_IMAGE)
    nested = plain
    for _ in range(40):
        nested = gz(nested, 1)
    bad("packed/forty-times", nested, NOT_IMAGE)
    bad("packed/bzip2", bz2.compress(plain), r"bzip2|unsupported|" + NOT_IMAGE)
    bad("packed/lzma-alone", lzma.compress(plain, format=lzma.FORMAT_ALONE), NOT_IMAGE)
    bad("packed/lz4", b"\x04\x22\x4d\x18" + bytes(200), NOT_IMAGE)
    bad("packed/lrzip", b"LRZI\0\6" + bytes(200), NOT_IMAGE)
    bad("packed/bomb-of-zeros", lambda: zeros_gz(2 << 30), "ratio|" + NOT_IMAGE, slow=True)
    either("packed/bomb-behind-image", lambda: gz(plain) + zeros_gz(3 << 30), slow=True)


def _large_dictionary(data):
    """An xz stream whose block asks for 3 GiB of memory, with a right check sum."""
    made = bytearray(lzma.compress(data, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 4096}], check=lzma.CHECK_NONE))
    end = 12 + (made[12] + 1) * 4
    at = made.index(b"\x21\x01", 12, end)
    made[at + 2] = 39
    made[end - 4 : end] = struct.pack("<I", zlib.crc32(bytes(made[12 : end - 4])))
    return bytes(made)


def outer_tar():
    files = image().files
    names = list(files)
    wrong = r"tar|damaged|header|checksum|truncated|not "
    good("outer/reversed", archive(files, names[::-1]))
    good("outer/dot-slash", archive({"./" + k: v for k, v in files.items()}))
    good("outer/folders-too", tar(entry("./", kind=b"5"), entry("blobs/", kind=b"5"), entry("blobs/sha256/", kind=b"5"),
                                  *(entry(k, v) for k, v in files.items())))
    good("outer/unknown-members", archive({**files, "README": b"x", "extra/\x1b[2Jx": b"y", "blobs/sha256/zz": b"z"}))
    good("outer/pax-names", tar(*(pax([("path", k), ("mtime", "1.5"), ("comment", "x")]) + entry("short", v) for k, v in files.items())))
    good("outer/gnu-long-names", tar(*(entry("././@LongLink", k.encode() + b"\0", b"L") + entry(k[:99], v) for k, v in files.items())))
    good("outer/v7-headers", tar(*(entry(k, v, magic=b"", tail=b"") for k, v in files.items())))
    good("outer/padding-behind", archive(files) + bytes(10240))
    good("outer/global-header", pax([("comment", "made by git archive")], b"g") + archive(files))
    either("outer/junk-behind", archive(files) + b"junk" * 300)
    either("outer/two-indexes", tar(entry("index.json", files["index.json"]), *(entry(k, v) for k, v in files.items())))
    either("outer/second-index-empty", tar(*(entry(k, v) for k, v in files.items()), entry("index.json", b"{}")))
    either("outer/second-archive-behind", archive(files) + archive(docker()))
    bad("outer/bad-checksum", archive(files)[:148] + b"000000\0 " + archive(files)[156:], wrong)
    bad("outer/bad-checksum-in-the-middle", tar(*(entry(k, v) for k, v in list(files.items())[:-1]),
                                                entry("index.json", files["index.json"], checksum=1)), wrong + "|no index")
    bad("outer/index-is-a-folder", tar(*(entry(k, v) for k, v in files.items() if k != "index.json"), entry("index.json", kind=b"5")),
        NOT_IMAGE)
    bad("outer/index-is-a-fifo", tar(*(entry(k, v) for k, v in files.items() if k != "index.json"), entry("index.json", kind=b"6")),
        NOT_IMAGE)
    bad("outer/index-links-out", tar(*(entry(k, v) for k, v in files.items() if k != "index.json"),
                                     entry("index.json", kind=b"2", link="/etc/passwd")), NOT_IMAGE + "|link")
    bad("outer/index-links-itself", tar(*(entry(k, v) for k, v in files.items() if k != "index.json"),
                                        entry("index.json", kind=b"2", link="index.json")), NOT_IMAGE + "|link")
    blob = next(k for k in names if k.startswith("blobs"))
    bad("outer/blob-links-out", tar(*(entry(k, v) for k, v in files.items() if k != blob), entry(blob, kind=b"2", link="../../../etc/passwd")),
        "missing|not in|link|no such|digest")
    bad("outer/blob-is-a-device", tar(*(entry(k, v) for k, v in files.items() if k != blob), entry(blob, kind=b"3", major=1, minor=5)),
        "missing|not in|device|no such")
    bad("outer/claims-8-EiB", tar(entry("index.json", files["index.json"], size=(1 << 63) - 1)), wrong + "|large|limit|" + NOT_IMAGE)
    bad("outer/negative-size", tar(entry("index.json", files["index.json"], size=-1)), wrong)
    bad("outer/too-many-members", archive({"m%d" % i: b"" for i in range(50)} | files), "max-members", args=["--max-members", "10"])
    good("outer/members-at-the-limit", archive(files), args=["--max-members", str(len(files))])
    good("outer/100000-members", lambda: tar(*(entry("m%d" % i) for i in range(100000)), *(entry(k, v) for k, v in files.items())), slow=True)
    bad("outer/30000-tiny-layers", lambda: gz(entry("a", bytes(1024)) * 30000 + archive(files)), "max-layers", slow=True)
    good("outer/30000-tiny-layers-allowed", lambda: gz(entry("a", bytes(1024)) * 30000 + archive(files)), args=["--max-layers", "30000"], slow=True)
    big = {"j%d" % i: b'{"a":"' + b"x" * 200000 + b'"}' for i in range(30)}
    either("outer/much-json", archive({**big, **files}), args=["--max-held-bytes", "1000000"])


@in_folder
def _fifo(folder):
    os.mkfifo(os.path.join(folder, "fifo.tar"))
    return [os.path.join(folder, "fifo.tar")]


@in_folder
def _socket(folder):
    make_socket(os.path.join(folder, "s.tar"))
    return [os.path.join(folder, "s.tar")]


@in_folder
def _empty_folder(folder):
    os.mkdir(os.path.join(folder, "empty"))
    return [os.path.join(folder, "empty")]


def named(name):
    @in_folder
    def build(folder):
        path = os.path.join(os.fsencode(folder), name)
        with open(path, "wb") as f:
            f.write(b"no image")
        return [path]
    return build


def places():
    bad("place/fifo", _fifo, "FIFO|regular")
    bad("place/socket", _socket, "socket|regular")
    bad("place/empty-folder", _empty_folder, NOT_IMAGE)
    bad("place/device-null", [b"/dev/null"], "device|regular")
    bad("place/device-zero", [b"/dev/zero"], "device|regular")
    bad("place/absent", [b"no-such-file.tar"], "cannot open|no such|not found", status=2)
    bad("place/name-too-long", [b"x" * 300 + b".tar"], "cannot open|too long", status=2)
    bad("place/containers-storage", [b"containers-storage:acme/app:1"], "podman", status=None)
    bad("place/registry-with-no-host", [b"docker://"], "docker://|reference|name", status=None)
    bad("place/oci-absent", [b"oci:no-such-folder"], "no such", status=None)
    for name, raw in (("escape", b"a\x1b[31m.tar"), ("newline", b"a\n::set-output name=x::y.tar"), ("workflow-command", b"::error::x.tar"),
                      ("carriage-return", b"a\rok.tar"), ("bidi", "a\u202erat.tar".encode()), ("invalid-utf8", b"a\xff\xfe.tar"),
                      ("c1", "a\u009b31m.tar".encode()), ("delete", b"a\x7f.tar"), ("percent-n", b"%n%n%s.tar")):
        bad("place/name-with-" + name, named(raw), NOT_IMAGE)
    bad("place/two-operands-one-bad", _two_operands, NOT_IMAGE, partial=True)


@in_folder
def _two_operands(folder):
    paths = []
    for name, data in (("0-bad.tar", b"no image"), ("1-good.tar", image([small_tar(b"other\n")]).tar())):
        paths.append(os.path.join(folder, name))
        with open(paths[-1], "wb") as f:
            f.write(data)
    return paths


not_images()
truncated()
packed()
outer_tar()
places()
