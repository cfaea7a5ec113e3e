# SPDX-License-Identifier: Apache-2.0
"""Layers whose digests are right and whose insides are not: compression, tar headers, names, bombs."""
import bz2
import lzma
import struct
import zlib

from case import bad, either, good
from make import (EOF, LAYER, MIB, Layout, entry, gz, gz_member, image, one_layer, padded, pax, sha256, skippable, small_tar, tar,
                  zeros_gz, zstd, zstd_block)

GZIP, ZSTD = LAYER + "+gzip", LAYER + "+zstd"
DAMAGED = r"damaged|truncated|unfinished|crc|checksum|length|junk|trailing|gzip|zstd|end|tar|decode|invalid"
TAR = r"tar|damaged|truncated|header|checksum|entry|end|format|not "


def packed(data, blob, media_type=GZIP):
    return one_layer(data, blob, media_type)


def compression():
    data = small_tar()
    half = len(data) // 2
    good("layer/plain", packed(data, data, LAYER))
    good("layer/gzip-called-plain", packed(data, gz(data), LAYER))
    good("layer/plain-called-gzip", packed(data, data))
    good("layer/zstd-called-gzip", packed(data, zstd(data)))
    good("layer/gzip-called-zstd", packed(data, gz(data), ZSTD))
    good("layer/docker-media-type", packed(data, gz(data), "application/vnd.docker.image.rootfs.diff.tar.gzip"))
    good("layer/unknown-media-type", packed(data, gz(data), "application/vnd.example.layer"))
    bad("layer/document-media-type", packed(data, gz(data), "application/vnd.example+json"), "no file system")
    good("layer/gzip-members", packed(data, b"".join(gz(data[i : i + 100]) for i in range(0, len(data), 100))))
    good("layer/gzip-10000-empty-members", packed(data, gz(b"") * 10000 + gz(data)))
    good("layer/gzip-header-fields", packed(data, gz_member(data, 0x1C, b"\x04\0abcdname\0comment\0")))
    head = b"\x1f\x8b\x08\x02" + bytes(4) + b"\0\xff"
    good("layer/gzip-header-crc", packed(data, head + struct.pack("<H", zlib.crc32(head) & 0xFFFF) + gz_member(data)[10:]))
    good("layer/gzip-stored", packed(data, gz(data, 0)))
    good("layer/zstd", packed(data, zstd(data), ZSTD))
    good("layer/zstd-frames", packed(data, zstd(data[:half]) + zstd(data[half:]), ZSTD))
    good("layer/zstd-skippable-first", packed(data, skippable(b"toc") + zstd(data), ZSTD))
    good("layer/zstd-skippable-behind", packed(data, zstd(data) + skippable(bytes(100)) + skippable(b"", 7), ZSTD))
    good("layer/zstd-empty-frames", packed(data, zstd(b"") * 3000 + zstd(data) + zstd(b"") * 3000, ZSTD))
    good("layer/zstd-content-size", packed(data, zstd(data, descriptor=0xC0, content_size=len(data)), ZSTD))
    for at in (10, 11, 40, len(gz(data)) - 9, len(gz(data)) - 8, len(gz(data)) - 1):
        bad("layer/gzip-cut-at-%d" % at, packed(data, gz(data)[:at]), DAMAGED)
    for at in (5, 6, 9, half, len(zstd(data)) - 1):
        bad("layer/zstd-cut-at-%d" % at, packed(data, zstd(data)[:at], ZSTD), DAMAGED)
    bad("layer/gzip-second-member-cut", packed(data, gz(data[:half]) + gz(data[half:])[:-4]), DAMAGED)
    bad("layer/gzip-wrong-crc", packed(data, gz_member(data, crc=0)), DAMAGED)
    bad("layer/gzip-wrong-length", packed(data, gz_member(data, isize=5)), DAMAGED)
    bad("layer/gzip-first-of-two-wrong-crc", packed(data, gz_member(data[:half], crc=0) + gz(data[half:])), DAMAGED)
    bad("layer/gzip-junk-behind", packed(data, gz(data) + b"junk behind"), DAMAGED)
    good("layer/gzip-zeros-behind", packed(data, gz(data) + bytes(512)))
    bad("layer/gzip-zeros-and-junk-behind", packed(data, gz(data) + bytes(512) + b"x"), DAMAGED)
    bad("layer/gzip-plain-behind", packed(data, gz(data[:half]) + data[half:]), DAMAGED)
    bad("layer/gzip-half-magic-behind", packed(data, gz(data) + b"\x1f"), DAMAGED)
    bad("layer/gzip-zstd-behind", packed(data, gz(data[:half]) + zstd(data[half:])), DAMAGED)
    bad("layer/gzip-method-0", packed(data, gz_member(data, method=0)), DAMAGED)
    bad("layer/gzip-reserved-flags", packed(data, gz_member(data, 0xE0)), DAMAGED)
    bad("layer/gzip-endless-name", packed(data, b"\x1f\x8b\x08\x08" + bytes(4) + b"\0\xff" + b"n" * 100000), DAMAGED)
    bad("layer/gzip-bad-distance", packed(data, b"\x1f\x8b\x08\0" + bytes(4) + b"\0\xff" + b"\x63\x00\x82\xff\xff\xff" * 20), DAMAGED)
    bad("layer/gzip-only-header", packed(b"", b"\x1f\x8b\x08\0" + bytes(4) + b"\0\xff"), DAMAGED)
    bad("layer/zstd-junk-behind", packed(data, zstd(data) + b"junk", ZSTD), DAMAGED)
    bad("layer/zstd-gzip-behind", packed(data, zstd(data[:half]) + gz(data[half:]), ZSTD), DAMAGED)
    bad("layer/zstd-skippable-cut", packed(data, zstd(data) + skippable(bytes(100))[:50], ZSTD), DAMAGED)
    bad("layer/zstd-reserved-block", packed(data, zstd(blocks=[zstd_block(b"x", 3, last=True)]), ZSTD), DAMAGED)
    bad("layer/zstd-reserved-bit", packed(data, zstd(data, descriptor=0x08), ZSTD), DAMAGED)
    bad("layer/zstd-wrong-check-sum", packed(data, zstd(data, descriptor=0x04) + b"\1\2\3\4", ZSTD), DAMAGED)
    bad("layer/zstd-content-size-lies", packed(data, zstd(data, descriptor=0xC0, content_size=len(data) + 1), ZSTD), DAMAGED)
    bad("layer/zstd-dictionary", packed(data, zstd(data, descriptor=0x01, extra=b"\x07"), ZSTD), DAMAGED + "|dictionary")
    bad("layer/zstd-bad-compressed-block", packed(data, zstd(blocks=[zstd_block(b"\xff" * 40, 2, last=True)]), ZSTD), DAMAGED)
    bad("layer/zstd-block-too-large", packed(data, zstd(window_log=10, blocks=[zstd_block(bytes(4096), last=True)]), ZSTD), DAMAGED)
    bad("layer/zstd-no-last-block", packed(data, zstd(blocks=[zstd_block(data)]), ZSTD), DAMAGED)
    good("layer/zstd-window-128-MiB", packed(data, zstd(data, window_log=27), ZSTD))
    bad("layer/zstd-window-256-MiB", packed(data, zstd(data, window_log=28), ZSTD), "max-zstd-window")
    bad("layer/zstd-window-2-TiB", packed(data, zstd(data, window_log=41), ZSTD), "max-zstd-window|zstd")
    bad("layer/zstd-window-over-lowered", packed(data, zstd(data, window_log=20), ZSTD), "max-zstd-window", args=["--max-zstd-window", str(MIB // 2)])
    good("layer/zstd-window-at-lowered", packed(data, zstd(data, window_log=20), ZSTD), args=["--max-zstd-window", str(MIB)])
    bad("layer/zstd-single-segment-8-EiB", packed(data, zstd(data, descriptor=0xE0, content_size=(1 << 63) - 1), ZSTD), "max-zstd-window|zstd")
    bad("layer/gzip-twice", packed(data, gz(gz(data))), TAR)
    bad("layer/gzip-in-zstd", packed(data, zstd(gz(data)), ZSTD), TAR)
    bad("layer/xz", packed(data, lzma.compress(data), LAYER), "xz|unsupported|" + TAR)
    bad("layer/bzip2", packed(data, bz2.compress(data), LAYER), "bzip2|unsupported|" + TAR)
    bad("layer/encrypted", packed(data, bytes(i * 131 % 256 for i in range(3000)), LAYER + "+gzip+encrypted"), "encrypted|unsupported|" + TAR)
    for name, other in (("cpio", b"070701" + b"00000000" * 13 + bytes(200)), ("zip", b"PK\3\4" + bytes(200)), ("ar", b"!<arch>\n" + b"x" * 200),
                        ("text", b"hello world\n" * 100), ("json", b"{}"), ("mtree", b"#mtree\n./a type=file\n" * 30), ("7z", b"7z\xbc\xaf\x27\x1c" + bytes(500)),
                        ("noise", bytes(i * 7919 % 251 for i in range(4096)))):
        bad("layer/is-" + name, packed(other, gz(other)), TAR)
    iso = bytes(32769) + b"CD001" + bytes(4096)  # begins like a tar's end
    either("layer/is-iso", packed(iso, gz(iso)))
    either("layer/no-bytes", packed(b"", b"", LAYER))
    either("layer/gzip-of-nothing", packed(b"", gz(b"")))
    good("layer/empty-tar", packed(EOF, gz(EOF)))
    good("layer/512-zeros", packed(bytes(512), gz(bytes(512))))


def bounds():
    def zeros(size):
        """A tar of one file of zeros, as its gzip and with its diff-id made piecewise."""
        import hashlib
        head = entry("zeros", size=size)
        h = hashlib.sha256(head)
        piece = bytes(16 * MIB)
        for _ in range(size // len(piece)):
            h.update(piece)
        h.update(EOF)
        layout = Layout()
        blob = gz(head) + zeros_gz(size) + gz(EOF)
        return layout.index(layout.manifest([(layout.blob(blob, GZIP), "sha256:" + h.hexdigest())]))
    good("bomb/200-MiB-of-zeros", lambda: zeros(208 * MIB), slow=True)
    bad("bomb/2-GiB-of-zeros-gzip", lambda: packed(b"", gz(entry("zeros", size=4 << 30)) + zeros_gz(2 << 30)), "max-ratio", slow=True)
    bad("bomb/2-GiB-of-zeros-zstd", lambda: packed(b"", zstd(
        window_log=17, blocks=[zstd_block(entry("zeros", size=8 << 30))] + [zstd_block(b"\0", 1, 131072)] * 16384 + [zstd_block(b"", last=True)]), ZSTD),
        "max-ratio", slow=True)
    bad("bomb/one-layer-over", lambda: zeros(16 * MIB), "max-layer-bytes", args=["--max-layer-bytes", "16000000"])
    good("bomb/one-layer-under", lambda: zeros(16 * MIB), args=["--max-layer-bytes", "17000000"])
    bad("bomb/two-layers-over", image([tar(entry("a", bytes(60000))), tar(entry("b", bytes(60000)))]), "max-image-bytes", args=["--max-image-bytes", "100000"])
    good("bomb/same-layer-counted-once", lambda: _twice(tar(entry("a", bytes(60000)))), args=["--max-image-bytes", "100000"])
    bad("bomb/behind-the-trailer", lambda: packed(b"", gz(small_tar()) + zeros_gz(2 << 30)), "max-ratio", slow=True)
    either("bomb/two-million-empty-members", lambda: packed(b"", gz(b"") * 2000000), slow=True)
    names = tar(*(entry("f%d" % i) for i in range(100)))
    bad("bound/entries-over", one_layer(names), "max-layer-entries", args=["--max-layer-entries", "99"])
    good("bound/entries-at", one_layer(names), args=["--max-layer-entries", "100"])
    good("bound/200000-entries", lambda: one_layer(tar(*(entry("d%d/f%d" % (i % 500, i)) for i in range(200000)))), slow=True)
    good("bound/path-at-lowered", one_layer(tar(pax([("path", "p" * 900)]) + entry("x"))), args=["--max-path-bytes", "1000"])
    bad("bound/path-over-lowered", one_layer(tar(pax([("path", "p" * 1001)]) + entry("x"))), "max-path-bytes", args=["--max-path-bytes", "1000"])
    bad("bound/path-2-MiB-pax", lambda: one_layer(tar(pax([("path", "p" * (2 * MIB))]) + entry("x"))), "max-path-bytes|" + TAR, slow=True)
    bad("bound/path-2-MiB-gnu", lambda: one_layer(tar(entry("././@LongLink", b"p" * (2 * MIB), b"L") + entry("x"))), "max-path-bytes|" + TAR, slow=True)
    bad("bound/pax-over-lowered", one_layer(tar(pax([("comment", "p" * 3000)]) + entry("x"))), "max-pax-bytes", args=["--max-pax-bytes", "2000"])
    bad("bound/pax-20-MiB", lambda: one_layer(tar(pax([("SCHILY.xattr.user.x", "p" * (20 * MIB))]) + entry("x"))), "max-pax-bytes|" + TAR, slow=True)
    either("bound/pax-many-records", one_layer(tar(pax([("SCHILY.xattr.user.%d" % i, "v") for i in range(20000)]) + entry("x"))), slow=True)


def _twice(data):
    layout = Layout()
    return layout.index(layout.manifest([layout.layer(data, gz(data), GZIP)] * 3))


def headers():
    file = entry("a", b"x")
    lenient = ("pax-length-zero", "pax-length-too-large", "pax-length-huge", "pax-length-text", "pax-no-equals", "pax-no-newline",
               "pax-size-negative", "pax-size-text", "pax-alone", "gnu-name-alone", "size-letters")
    for name, data in (
        ("checksum", tar(entry("a", b"x", checksum=1))), ("checksum-of-second", tar(file, entry("b", b"y", checksum=1))), ("cut-in-header", file[:300]),
        ("cut-in-second-header", file + file[:300]), ("cut-in-data", entry("a", b"x" * 5000)[:3000]), ("cut-in-padding", file[:700]),
        ("size-negative", tar(entry("a", size=-1))), ("size-8-EiB", tar(entry("a", size=(1 << 63) - 1))), ("size-past-64-bit", tar(entry("a", size=b"\x80" + b"\xff" * 11))),
        ("size-letters", tar(entry("a", b"x", size=b"zzzzzzzzzzz"))), ("size-too-large", entry("a", b"x", size=100000) + EOF),
        ("pax-length-zero", tar(pax(b"0 path=x\n") + file)), ("pax-length-too-large", tar(pax(b"99 path=x\n") + file)),
        ("pax-length-huge", tar(pax(b"99999999999999999999 path=x\n") + file)), ("pax-no-equals", tar(pax(b"8 pathx\n") + file)),
        ("pax-length-text", tar(pax(b"xx path=y\n") + file)), ("pax-no-newline", tar(pax(b"9 path=xy") + file)), ("pax-cut", pax([("path", "x" * 2000)])[:1000]),
        ("pax-size-lies", tar(pax([("size", "100000")]) + file)), ("pax-size-negative", tar(pax([("size", "-1")]) + file)),
        ("pax-size-text", tar(pax([("size", "many")]) + file)), ("pax-alone", pax([("path", "x")])), ("gnu-name-alone", entry("././@LongLink", b"x\0", b"L")),
        ("gnu-name-size-huge", tar(entry("././@LongLink", b"x", b"L", size=1 << 40) + file)), ("noise-behind-first", file + b"\xaa" * 1024),
    ):
        if name in lenient:
            either("header/" + name, one_layer(data))
        else:
            bad("header/" + name, one_layer(data), TAR + "|pax|size|limit|large")
    either("header/no-trailer", one_layer(file))
    either("header/one-block-trailer", one_layer(file + bytes(512)))
    either("header/junk-behind-trailer", one_layer(tar(file) + b"junk" * 200))
    either("header/second-archive-behind", one_layer(tar(file) + tar(entry("b", b"y"))))
    either("header/chain-of-pax", one_layer(tar(pax([("comment", "x")]) * 30000 + file)), slow=True)
    either("header/chain-of-gnu-names", one_layer(tar(entry("././@LongLink", b"n\0", b"L") * 30000 + file)), slow=True)
    either("header/chain-of-globals", one_layer(tar(pax([("comment", "x")], b"g") * 30000 + file)), slow=True)
    for kind in b"12346":
        good("header/kind-%c" % kind, one_layer(tar(entry("a", kind=bytes([kind]), link="b", major=5, minor=6))))
    for kind in b"789AMNDVXZ\xff":
        either("header/kind-%d" % kind, one_layer(tar(entry("a", b"x", bytes([kind])))))
    for name, data in (
        ("mtime-negative", entry("a", mtime=-5)), ("mtime-far", entry("a", mtime=(1 << 63) - 1)), ("uid-base-256", entry("a", uid=1 << 40, gid=1 << 40)),
        ("uid-negative", entry("a", uid=-2)), ("mode-all", entry("a", mode=0o7777)), ("mode-odd", entry("a", mode=b"999999\0")),
        ("names-full", entry(b"n" * 100, uname=b"u" * 32, gname=b"g" * 32, prefix=b"p" * 155)), ("name-empty", entry("")),
        ("folder-with-size", entry("d/", kind=b"5", size=0) + entry("d", b"x")), ("same-name-twice", entry("a", b"1") + entry("a", b"2")),
        ("file-and-folder", entry("a", b"1") + entry("a/", kind=b"5") + entry("a/b")), ("v7", entry("a", b"x", magic=b"", tail=b"")),
        ("gnu-magic", entry("a", b"x", magic=b"ustar  \0")), ("pax-mtime-fraction", pax([("mtime", "1.123456789123")]) + entry("a")),
        ("pax-mtime-odd", pax([("mtime", "abc"), ("atime", "-1"), ("ctime", "1e9")]) + entry("a")), ("pax-uid-huge", pax([("uid", "99999999999999999999")]) + entry("a")),
        ("pax-unknown", pax([("NOBODY.knows", "x"), ("", "y"), ("=", "z")]) + entry("a")), ("pax-empty-path", pax([("path", "")]) + entry("a")),
        ("pax-binary-charset", pax([("hdrcharset", "BINARY"), ("path", b"\xff\xfe")]) + entry("a")), ("pax-bad-charset", pax([("hdrcharset", "EBCDIC"), ("path", "x")]) + entry("a")),
        ("pax-xattrs", pax([("SCHILY.xattr.security.capability", b"\1\0\0\2" + bytes(16)), ("LIBARCHIVE.xattr.user.x", "eA==")]) + entry("a")),
        ("pax-xattr-bad-base64", pax([("LIBARCHIVE.xattr.user.x", "!!!")]) + entry("a")), ("pax-acl", pax([("SCHILY.acl.access", "user::rw-,group::r--,other::r--")]) + entry("a")),
        ("pax-acl-odd", pax([("SCHILY.acl.access", "\x1b[31m,,,:::"), ("SCHILY.acl.ace", "x")]) + entry("a")), ("pax-devices", pax([("SCHILY.devmajor", "-1"), ("SCHILY.dev", "99999999999999999999")]) + entry("a", kind=b"3")),
        ("pax-global-path", pax([("path", "everywhere")], b"g") + entry("a") + entry("b")), ("pax-linkpath-long", pax([("linkpath", "l" * 5000)]) + entry("a", kind=b"2", link="x")),
        ("gnu-long-link", entry("././@LongLink", b"l" * 5000 + b"\0", b"K") + entry("a", kind=b"2", link="x")), ("fflags", pax([("SCHILY.fflags", "nodump,\x1b")]) + entry("a")),
    ):
        lenient = ("mode-odd", "pax-mtime-odd", "pax-uid-huge", "pax-unknown", "pax-empty-path", "pax-bad-charset", "pax-xattr-bad-base64",
                   "pax-acl-odd", "pax-devices", "name-empty", "mtime-far", "uid-negative")
        (either if name in lenient else good)("header/" + name, one_layer(tar(data)))


def names():
    for i, name in enumerate((
        "../../../etc/passwd", "/etc/passwd", "a/../../b", "./a", ".", "..", "/", "//a//b/", "a\nb", "a\r", "\x1b[2J", "\x1b]0;x\x07", "::set-output name=x::y",
        "\u202egnp.exe", "\u009b31m", "a\u2028b", "<script>", "=cmd()", "|`$(id)", "a\tb", " ", "a ", "\\..\\..\\x", "C:\\x", "con", ".wh.", ".wh..wh..opq", ".wh..wh.aufs",
        ".wh.a", "a/.wh..wh..opq", ".wh.../x", "d/.wh.a\n", "x" * 255, "/".join("d" * 400)[:800], "%s%n", "-rf", "~root", "stargz.index.json", "\u00e9", "e\u0301",
    )):
        data = entry("x/", kind=b"5") + pax([("path", name)]) + entry("x", b"1")
        (either if name.endswith("/") else good)("name/%02d" % i, one_layer(tar(data)))
    for i, name in enumerate((b"\xff\xfe", b"\xc0\xaf..", b"a\xe2\x80", b"\x80", b"a\x7f\x01", "f\u00fcr".encode("latin-1"))):
        good("name/bytes-%d" % i, one_layer(tar(entry(name, b"1"))))
    for kind, what in ((b"2", "symlink"), (b"1", "hardlink")):
        for i, target in enumerate(("../../../../etc/passwd", "/etc/passwd", "a", "", "\x1b[31m\n::x::", "x" * 100, "missing", "b/../..", "/proc/self/fd/0")):
            (either if target == "" else good)("name/%s-%d" % (what, i), one_layer(tar(entry("l", kind=kind, link=target))))
    good("name/hardlink-with-data", one_layer(tar(entry("a", b"x"), entry("l", kind=b"1", link="a"))))
    either("name/hardlink-with-body", one_layer(tar(entry("a", b"x"), entry("l", b"xyz", b"1", link="a"))))
    good("name/link-loop", one_layer(tar(entry("a", kind=b"2", link="b"), entry("b", kind=b"2", link="a"))))
    for kind, what in ((b"3", "char"), (b"4", "block"), (b"6", "fifo")):
        good("name/device-" + what, one_layer(tar(entry("dev", kind=kind, major=1, minor=3))))
    good("name/whiteout-device", one_layer(tar(entry("gone", kind=b"3"))))
    good("name/device-numbers-huge", one_layer(tar(entry("dev", kind=b"3", major=(1 << 31) - 1, minor=(1 << 32) - 1))))


def sparse():
    def old_gnu(pairs, real, data, more=0):
        tail = bytes(24 + 12 + 4 + 1) + b"".join(b"%011o\0%011o\0" % p for p in pairs[:4]).ljust(96, b"\0") + bytes([more]) + (b"%011o\0" % real if real < 8 ** 11 else b"\x80" + real.to_bytes(11, "big"))
        return entry("s", data, b"S", magic=b"ustar  \0", tail=tail)
    good("sparse/old-gnu", one_layer(tar(old_gnu([(0, 512), (1 << 20, 512)], (1 << 20) + 512, b"x" * 1024))))
    either("sparse/old-gnu-8-EiB", one_layer(tar(old_gnu([(0, 512)], (1 << 63) - 1, b"x" * 512))))
    either("sparse/old-gnu-overlap", one_layer(tar(old_gnu([(0, 512), (100, 512)], 1 << 20, b"x" * 1024))))
    either("sparse/old-gnu-backwards", one_layer(tar(old_gnu([(4096, 512), (0, 512)], 8192, b"x" * 1024))))
    either("sparse/old-gnu-past-end", one_layer(tar(old_gnu([(1 << 30, 512)], 1024, b"x" * 512))))
    either("sparse/old-gnu-more-missing", one_layer(tar(old_gnu([(0, 512)] * 4, 4096, b"x" * 2048, more=1))))
    either("sparse/old-gnu-more-forever", one_layer(tar(old_gnu([(0, 0)] * 4, 4096, b"", more=1) + (bytes(504) + b"\1" + bytes(7)) * 5000)))
    good("sparse/pax-0.0", one_layer(tar(pax([("GNU.sparse.size", "1049088"), ("GNU.sparse.numblocks", "1"), ("GNU.sparse.offset", "1048576"), ("GNU.sparse.numbytes", "512")]) + entry("s", b"x" * 512))))
    good("sparse/pax-0.1", one_layer(tar(pax([("GNU.sparse.size", "1049088"), ("GNU.sparse.numblocks", "1"), ("GNU.sparse.map", "1048576,512"), ("GNU.sparse.name", "real")]) + entry("s", b"x" * 512))))
    def one(sparse_map, real, data):
        return pax([("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "real"), ("GNU.sparse.realsize", str(real))]) + entry("s", padded(sparse_map) + data)
    good("sparse/pax-1.0", one_layer(tar(one(b"1\n1048576\n512\n", 1049088, b"x" * 512))))
    good("sparse/pax-1.0-1-TiB", one_layer(tar(one(b"1\n%d\n512\n" % (1 << 40), (1 << 40) + 512, b"x" * 512))))
    either("sparse/pax-1.0-8-EiB", one_layer(tar(one(b"1\n%d\n512\n" % ((1 << 63) - 513), (1 << 63) - 1, b"x" * 512))))
    either("sparse/pax-1.0-past-64-bit", one_layer(tar(one(b"1\n99999999999999999999\n512\n", 1 << 62, b"x" * 512))))
    either("sparse/pax-1.0-count-lies", one_layer(tar(one(b"99999999\n0\n512\n", 512, b"x" * 512))))
    either("sparse/pax-1.0-count-negative", one_layer(tar(one(b"-1\n", 512, b"x" * 512))))
    either("sparse/pax-1.0-text", one_layer(tar(one(b"many\nholes\n", 512, b"x" * 512))))
    either("sparse/pax-1.0-200000-holes", one_layer(tar(one(b"200000\n" + b"".join(b"%d\n0\n" % (i * 512) for i in range(200000)), 200000 * 512, b""))), slow=True)
    either("sparse/pax-map-odd", one_layer(tar(pax([("GNU.sparse.size", "10"), ("GNU.sparse.map", "1,2,3,,,x"), ("GNU.sparse.major", "9")]) + entry("s", b"x" * 512))))
    either("sparse/pax-size-negative", one_layer(tar(pax([("GNU.sparse.size", "-5"), ("GNU.sparse.map", "0,1")]) + entry("s", b"x" * 512))))


def digests():
    import hashlib
    data = small_tar()
    layout = Layout()
    blob = gz(data)
    hexa = hashlib.sha512(blob).hexdigest()
    layout.files["blobs/sha512/" + hexa] = blob
    good("digest/sha512-blob", layout.index(layout.manifest([({"mediaType": GZIP, "digest": "sha512:" + hexa, "size": len(blob)}, sha256(data))])))
    layout = Layout()
    layout.files["blobs/sha512/" + hexa] = blob + b"x"
    bad("digest/sha512-blob-wrong", layout.index(layout.manifest([({"mediaType": GZIP, "digest": "sha512:" + hexa, "size": len(blob) + 1}, sha256(data))])), "digest|match|junk")
    layout = Layout()
    good("digest/sha512-diff-id", layout.index(layout.manifest([(layout.blob(blob, GZIP), "sha512:" + hashlib.sha512(data).hexdigest())])))
    layout = Layout()
    bad("digest/sha512-diff-id-wrong", layout.index(layout.manifest([(layout.blob(blob, GZIP), "sha512:" + hashlib.sha512(b"x").hexdigest())])), "diff.?id|digest|match")


compression()
bounds()
headers()
names()
sparse()
digests()
