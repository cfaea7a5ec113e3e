# SPDX-License-Identifier: Apache-2.0
"""A second reading of images: Python's tarfile, zlib, lzma and hashlib, and the zstd program.

It shares nothing with the program under test and is written to be read, not to be fast: whole files
in memory, no bounds, an exception for whatever is wrong. Only for images that we trust.
"""
import gzip
import hashlib
import io
import json
import lzma
import os
import re
import subprocess
import tarfile


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def decoded(data, xz=False):
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    magic = int.from_bytes(data[:4], "little")
    if magic == 0xFD2FB528 or 0x184D2A50 <= magic <= 0x184D2A5F:
        return subprocess.run(["zstd", "-dcq"], input=data, stdout=subprocess.PIPE, check=True).stdout
    if xz and data[:6] == b"\xfd7zXZ\0":
        return lzma.decompress(data)
    return data


def members(path):
    """name -> bytes of an archive or a folder, links followed inside it."""
    if os.path.isdir(path):
        found = {}
        for folder, _, names in os.walk(path):
            for name in names:
                full = os.path.join(folder, name)
                with open(full, "rb") as f:
                    found[os.path.relpath(full, path)] = f.read()
        return found
    with open(path, "rb") as f:
        archive = tarfile.open(fileobj=io.BytesIO(decoded(f.read(), xz=True)))
    found = {}
    for member in archive:
        if member.isfile():
            found[os.path.normpath(member.name)] = archive.extractfile(member).read()
    for member in archive:
        if member.issym():
            name = os.path.normpath(member.name)
            found[name] = found[os.path.normpath(os.path.join(os.path.dirname(name), member.linkname))]
    return found


def platform_of(config):
    names = {"x86_64": "amd64", "aarch64": "arm64"}
    arch = config.get("architecture", "")
    arch = names.get(arch, arch)
    variant = config.get("variant", "")
    if (arch, variant) == ("arm64", "v8"):
        variant = ""
    return "/".join(x for x in (config.get("os", ""), arch, variant) if x)


def time_ns(text):
    """RFC 3339 to nanoseconds since 1970; None for none and for Go's zero time."""
    if not text or text.startswith("0001-01-01"):
        return None
    m = re.fullmatch(r"(\d+)-(\d+)-(\d+)[Tt](\d+):(\d+):(\d+)(\.\d+)?([Zz]|[+-]\d\d:\d\d)", text)
    y, mo, d, h, mi, s = (int(x) for x in m.groups()[:6])
    y2, m2 = (y - 1, mo + 12) if mo <= 2 else (y, mo)
    days = 365 * y2 + y2 // 4 - y2 // 100 + y2 // 400 + (153 * (m2 - 3) + 2) // 5 + d - 719469
    seconds = days * 86400 + h * 3600 + mi * 60 + s
    if m.group(8) not in "Zz":
        sign = -1 if m.group(8)[0] == "+" else 1
        seconds += sign * (int(m.group(8)[1:3]) * 3600 + int(m.group(8)[4:]) * 60)
    fraction = (m.group(7) or ".0")[1:10].ljust(9, "0")
    return seconds * 10**9 + int(fraction)


class Image:
    def __init__(self, config_bytes, manifest_bytes, layers):
        """layers: (bytes of the blob, media type or None), lowest first."""
        config = json.loads(config_bytes)
        self.manifest_bytes, self.config_bytes = manifest_bytes, config_bytes
        self.manifest_digest = digest(manifest_bytes) if manifest_bytes else None
        self.config_digest = digest(config_bytes)
        self.platform = platform_of(config)
        self.created = time_ns(config.get("created"))
        filled = [h for h in config.get("history") or [] if not h.get("empty_layer")]
        if len(filled) != len(layers):
            raise ValueError("history does not match the layers")
        self.layers = []
        chain = None
        for i, ((blob, media_type), said, history) in enumerate(
            zip(layers, config["rootfs"]["diff_ids"], filled)
        ):
            tar = decoded(blob)
            diff_id = digest(tar)
            if diff_id != said:
                raise ValueError("layer %d: diff-id %s, the config says %s" % (i, diff_id, said))
            chain = diff_id if chain is None else digest((chain + " " + diff_id).encode())
            self.layers.append({
                "index": i, "media_type": media_type, "blob_digest": digest(blob),
                "blob_bytes": len(blob), "diff_id": diff_id, "tar_bytes": len(tar),
                "chain_id": chain, "files": count_files(tar),
                "created_by": history.get("created_by"),
                "created_at": time_ns(history.get("created")),
            })

    def total(self, key):
        return sum(layer[key] for layer in self.layers)


def count_files(tar):
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        return sum(
            m.isreg() and not os.path.basename(m.name).startswith(".wh.") for m in archive
        )


def blob(files, descriptor):
    algo, hexa = descriptor["digest"].split(":")
    data = files.get("blobs/%s/%s" % (algo, hexa))
    if data is None:
        data = files[hexa]  # skopeo's dir:
    if digest(data) != descriptor["digest"] or len(data) != descriptor["size"]:
        raise ValueError("blob %s is not what its descriptor says" % descriptor["digest"])
    return data


def is_attestation(descriptor):
    return "vnd.docker.reference.type" in (descriptor.get("annotations") or {})


def from_manifest(files, data):
    manifest = json.loads(data)
    layers = [(blob(files, d), d["mediaType"]) for d in manifest["layers"]]
    return Image(blob(files, manifest["config"]), data, layers)


def walk(files, index):
    for descriptor in index["manifests"]:
        if is_attestation(descriptor):
            continue
        try:
            data = blob(files, descriptor)
        except KeyError:
            continue  # docker save leaves out platforms that the store lacks
        document = json.loads(data)
        if "manifests" in document:
            yield from walk(files, document)
        else:
            yield from_manifest(files, data)


def images(path, docker=False):
    """Every image, distinct by config, in the order of the index."""
    files = members(path)
    if "index.json" in files and not docker:
        found = walk(files, json.loads(files["index.json"]))
    else:
        document = json.loads(files["manifest.json"])
        if isinstance(document, dict):
            found = iter([from_manifest(files, files["manifest.json"])])
        else:
            found = (
                Image(
                    files[os.path.normpath(entry["Config"])], None,
                    [(files[os.path.normpath(name)], None) for name in entry["Layers"]],
                )
                for entry in document
            )
    distinct = {}
    for image in found:
        distinct.setdefault(image.config_digest, image)
    return list(distinct.values())
