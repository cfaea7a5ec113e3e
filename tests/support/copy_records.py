#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""copy_records.py OUT N RECORD…: N copies of .dockerbuild records, each of a build of its own.

A copy has a new ref, starts later, and is a whole archive again: the history record's digest changes,
so the manifest's and the index's do.
"""
import gzip
import hashlib
import io
import json
import os
import sys
import tarfile


def members(path):
    with tarfile.open(path, "r:gz") as tar:
        return [(m.name, tar.extractfile(m).read() if m.isfile() else None) for m in tar]


def blob_name(digest):
    return "blobs/" + digest.replace(":", "/")


def replaced(data, name, old, new):
    """The blobs with one in another's place; returns the new descriptor's digest and size."""
    data.pop(blob_name(old))
    digest = "sha256:" + hashlib.sha256(new).hexdigest()
    data[blob_name(digest)] = new
    return digest, len(new)


def ref_of(number):
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    h, text = int(hashlib.sha256(b"%d" % number).hexdigest(), 16), ""
    while len(text) < 25:
        h, d = divmod(h, 36)
        text += digits[d]
    return text


def copy(files, number):
    data = {name: blob for name, blob in files if blob is not None}
    index = json.loads(data["index.json"])
    entry = index["manifests"][0]
    manifest = json.loads(data[blob_name(entry["digest"])])
    record = json.loads(data[blob_name(manifest["config"]["digest"])])
    record["Ref"] = ref_of(number)
    for key in ("CreatedAt", "CompletedAt"):
        if key in record:
            record[key]["seconds"] += 60 * number
    c = manifest["config"]
    c["digest"], c["size"] = replaced(data, "config", c["digest"], json.dumps(record).encode())
    entry["digest"], entry["size"] = replaced(data, "manifest", entry["digest"], json.dumps(manifest).encode())
    data["index.json"] = json.dumps(index).encode()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(data):
            info = tarfile.TarInfo(name)
            info.size = len(data[name])
            tar.addfile(info, io.BytesIO(data[name]))
    return gzip.compress(out.getvalue(), 6, mtime=0)


def main():
    folder, n, records = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    os.makedirs(folder, exist_ok=True)
    originals = [members(path) for path in records]
    with open(os.path.join(folder, "builds.jsonl"), "w", encoding="ascii") as batch:
        for i in range(n):
            with open(os.path.join(folder, "%06d.dockerbuild" % i), "wb") as f:
                f.write(copy(originals[i % len(originals)], i))
            batch.write(json.dumps({"dockerbuild": "%06d.dockerbuild" % i, "run_id": i}) + "\n")


if __name__ == "__main__":
    main()
