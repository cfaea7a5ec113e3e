# SPDX-License-Identifier: Apache-2.0
"""Bytes for the cases: tar headers field by field, zstd frames block by block, layouts blob by blob.

Libraries that write archives refuse to write what these cases need, so the formats are laid out here.
Everything is deterministic.
"""
import gzip
import hashlib
import io
import json
import os
import struct
import zlib

EOF = bytes(1024)
MIB = 1 << 20
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
IN_TOTO = "application/vnd.in-toto+json"


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def encode(document):
    return document if isinstance(document, bytes) else json.dumps(document, separators=(",", ":")).encode()


# --- tar ---


def octal(value, width):
    """A number field; base-256 where octal has no room or the number is negative."""
    if isinstance(value, bytes):
        return value.ljust(width, b"\0")[:width]
    text = b"%0*o\0" % (width - 1, value) if value >= 0 else b""
    if value >= 0 and len(text) == width:
        return text
    return bytes([0x80 if value >= 0 else 0xFF]) + (value & ((1 << (8 * (width - 1))) - 1)).to_bytes(width - 1, "big")


def padded(data):
    return data + bytes(-len(data) % 512)


def entry(name, data=b"", kind=b"0", size=None, mode=0o644, uid=0, gid=0, mtime=0, link=b"", magic=b"ustar\0" + b"00",
          uname=b"", gname=b"", major=0, minor=0, prefix=b"", checksum=None, tail=None):
    """One header with its data; every field as given, the sum right unless told otherwise."""
    name = name if isinstance(name, bytes) else name.encode()
    link = link if isinstance(link, bytes) else link.encode()
    size = len(data) if size is None else size
    head = (
        name[:100].ljust(100, b"\0") + octal(mode, 8) + octal(uid, 8) + octal(gid, 8) + octal(size, 12)
        + octal(mtime, 12) + b" " * 8 + kind + link[:100].ljust(100, b"\0") + magic.ljust(8, b"\0")
        + uname.ljust(32, b"\0") + gname.ljust(32, b"\0") + octal(major, 8) + octal(minor, 8)
    )
    rest = prefix.ljust(155, b"\0") + bytes(12) if tail is None else tail.ljust(167, b"\0")
    head = head + rest
    total = sum(head) if checksum is None else checksum
    return head[:148] + b"%06o\0 " % total + head[156:] + padded(data)


def pax_records(records):
    out = b""
    for key, value in records:
        key = key if isinstance(key, bytes) else key.encode()
        value = value if isinstance(value, bytes) else value.encode()
        body = b" " + key + b"=" + value + b"\n"
        n = len(body) + 1
        while len(str(n)) + len(body) != n:
            n = len(str(n)) + len(body)
        out += str(n).encode() + body
    return out


def pax(records, kind=b"x"):
    data = records if isinstance(records, bytes) else pax_records(records)
    return entry("PaxHeaders/x", data, kind)


def tar(*parts):
    return b"".join(parts) + EOF


def small_tar(text=b"hello\n"):
    return tar(entry("etc/", kind=b"5", mode=0o755), entry("etc/greeting", text))


def archive(files, order=None):
    """An outer tar of name -> bytes."""
    names = order or list(files)
    return tar(*(entry(name, files[name]) if len(name) <= 100 else pax([("path", name)]) + entry(name, files[name])
                 for name in names))


# --- compression ---


def gz(data, level=6):
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0, compresslevel=level) as f:
        f.write(data)
    return out.getvalue()


def gz_member(data, flags=0, extra=b"", crc=None, isize=None, method=8):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packer.compress(data) + packer.flush()
    head = b"\x1f\x8b" + bytes([method, flags]) + bytes(4) + b"\0\xff" + extra
    crc = zlib.crc32(data) if crc is None else crc
    isize = len(data) if isize is None else isize
    return head + body + struct.pack("<II", crc & 0xFFFFFFFF, isize & 0xFFFFFFFF)


def zeros_gz(total, piece=16 * MIB):
    """Members of zeros: cheap to make, dear to read."""
    member = gz(bytes(piece), 9)
    return member * (total // piece) + gz(bytes(total % piece), 9)


ZSTD = b"\x28\xb5\x2f\xfd"


def zstd_block(data=None, kind=0, size=None, last=False):
    """kind 0: stored, 1: one byte size times, 3: reserved."""
    data = data or b""
    size = len(data) if size is None else size
    return struct.pack("<I", (size << 3) | (kind << 1) | int(last))[:3] + data


def zstd(data=b"", window_log=17, blocks=None, descriptor=0, extra=b"", content_size=None):
    """One frame of stored blocks. Without content size and check sum unless told otherwise."""
    if blocks is None:
        pieces = [data[i : i + 65536] for i in range(0, len(data), 65536)] or [b""]
        blocks = [zstd_block(p, last=i == len(pieces) - 1) for i, p in enumerate(pieces)]
    head = bytes([descriptor])
    if not descriptor & 0x20:
        head += bytes([(window_log - 10) << 3])
    if content_size is not None:
        head += struct.pack("<Q", content_size)
    return ZSTD + head + extra + b"".join(blocks)


def skippable(data=b"", nibble=0):
    return struct.pack("<II", 0x184D2A50 + nibble, len(data)) + data


# --- layouts ---


class Layout:
    """An OCI layout: blobs by digest and an index."""

    def __init__(self):
        self.files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}

    def blob(self, data, media_type, **more):
        """Stores the bytes and gives their descriptor; more overrides its fields (None drops one)."""
        data = encode(data)
        self.files["blobs/sha256/" + sha256(data)[7:]] = data
        return self.descriptor(data, media_type, **more)

    @staticmethod
    def descriptor(data, media_type, **more):
        found = {"mediaType": media_type, "digest": sha256(data), "size": len(data), **more}
        return {k: v for k, v in found.items() if v is not None}

    def layer(self, tar_bytes, packed=None, media_type=LAYER, **more):
        return self.blob(tar_bytes if packed is None else packed, media_type, **more), sha256(tar_bytes)

    def manifest(self, layers, config=None, manifest=None, descriptor=None, platform="linux/amd64", created_by=None):
        """layers: (descriptor, diff-id). The other arguments override fields of the documents."""
        os_name, arch = platform.split("/")
        created_by = created_by or ["COPY part%d / # buildkit" % i for i in range(len(layers))]
        document = {
            "architecture": arch, "os": os_name, "created": "2026-01-02T03:04:05.000000006Z",
            "config": {"Env": ["PATH=/bin"]},
            "rootfs": {"type": "layers", "diff_ids": [diff for _, diff in layers]},
            "history": [
                {"created": "2026-01-02T03:04:%02d.5Z" % (i % 60), "created_by": text, "comment": "buildkit.dockerfile.v0"}
                for i, text in enumerate(created_by)
            ],
        }
        if isinstance(config, bytes):
            document = config
        else:
            document.update(config or {})
            document = {k: v for k, v in document.items() if v is not DROP}
        body = {
            "schemaVersion": 2, "mediaType": MANIFEST, "config": self.blob(document, CONFIG),
            "layers": [d for d, _ in layers],
        }
        if isinstance(manifest, bytes):
            body = manifest
        else:
            body.update(manifest or {})
            body = {k: v for k, v in body.items() if v is not DROP}
        return self.blob(body, MANIFEST, platform={"os": os_name, "architecture": arch}, **(descriptor or {}))

    def index(self, *descriptors, document=None):
        if isinstance(document, bytes):
            self.files["index.json"] = document
        else:
            body = {"schemaVersion": 2, "mediaType": INDEX, "manifests": list(descriptors), **(document or {})}
            self.files["index.json"] = encode({k: v for k, v in body.items() if v is not DROP})
        return self

    def tar(self, order=None):
        return archive(self.files, order)

    def write(self, folder):
        for name, data in self.files.items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(data)


DROP = object()


def image(layer_tars=None, **more):
    """A layout of one image, gzipped layers; more goes to manifest()."""
    layout = Layout()
    layers = [layout.layer(t, gz(t), LAYER + "+gzip") for t in (layer_tars or [small_tar(), small_tar(b"two\n")])]
    return layout.index(layout.manifest(layers, **more))


def one_layer(tar_bytes, packed=None, media_type=LAYER):
    """A layout whose only layer is exactly these bytes; its diff-id is that of tar_bytes."""
    layout = Layout()
    return layout.index(layout.manifest([layout.layer(tar_bytes, packed, media_type)]))


def docker(layer_tars=None, names=None, config_name=None, entry_more=None, config=None):
    """name -> bytes of a docker archive."""
    layer_tars = layer_tars or [small_tar(), small_tar(b"two\n")]
    document = {
        "architecture": "amd64", "os": "linux", "created": "2026-01-02T03:04:05Z",
        "rootfs": {"type": "layers", "diff_ids": [sha256(t) for t in layer_tars]},
        "history": [{"created": "2026-01-02T03:04:05.5Z", "created_by": "COPY part%d /" % i} for i in range(len(layer_tars))],
    }
    data = encode({**document, **(config or {})})
    config_name = config_name or sha256(data)[7:] + ".json"
    names = names or ["%s/layer.tar" % sha256(t)[7:] for t in layer_tars]
    files = {config_name: data, **dict(zip(names, layer_tars))}
    body = {"Config": config_name, "RepoTags": ["acme/app:1"], "Layers": names, **(entry_more or {})}
    files["manifest.json"] = encode([{k: v for k, v in body.items() if v is not DROP}])
    return files
