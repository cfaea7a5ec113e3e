# SPDX-License-Identifier: Apache-2.0
"""Exported build caches whose documents are wrong, and some that are odd."""
import base64
import os

from case import bad, good, in_folder
from make import MANIFEST, Layout, encode, gz, image, small_tar

CONFIG = "application/vnd.buildkit.cacheconfig.v0"
D = "sha256:" + "1" * 64
COMMAND = {"command": ("cache",)}


def layer(parent=None, blob=D, **more):
    return {"blob": blob, **({} if parent is None else {"parent": parent}), **more}


def record(*links, digest=D, **more):
    return {"digest": digest, **({"inputs": [[{"link": i}] for i in links]} if links else {}), **more}


def cache(config, index=False, more=None):
    """An OCI layout of one cache with that config."""
    layout = Layout()
    blob = gz(small_tar())
    entry = layout.blob(blob, "application/vnd.oci.image.layer.v1.tar+gzip")
    described = layout.blob(encode(config), CONFIG)
    described.update(more or {})
    if index:
        document = {"schemaVersion": 2, "manifests": [entry, described]}
        return layout.index(layout.blob(encode(document), "application/vnd.oci.image.index.v1+json"))
    document = {"schemaVersion": 2, "config": described, "layers": [entry]}
    return layout.index(layout.blob(encode(document), MANIFEST))


def config_of(layers=(), records=()):
    return {"layers": list(layers), "records": list(records)}


def configs():
    good("cache/empty", cache({}), **COMMAND)
    good("cache/null", cache({"layers": None, "records": None}), **COMMAND)
    good("cache/index", cache(config_of([layer(-1)], [record()]), index=True), **COMMAND)
    good("cache/hostile-annotation", cache(config_of([layer(-1, annotations={"mediaType": "\x1b[31m", "size": 1 << 60, "createdAt": "\n::error::"})])), **COMMAND)
    good("cache/huge-sizes", cache(config_of([layer(-1, annotations={"size": (1 << 63) - 1}), layer(-1, "sha256:" + "2" * 64, annotations={"size": 9})])), **COMMAND)
    for name, config, reason in (
        ("no-object", [1], "object"),
        ("no-json", b"\x1f\x8b\x08", "config"),
        ("cut", b'{"layers":[', "config"),
        ("layers-object", {"layers": {}}, "no list"),
        ("records-text", {"records": "x"}, "no list"),
        ("layer-number", config_of([7]), "no blob"),
        ("blob-short", config_of([layer(-1, "sha256:11")]), "layer 0"),
        ("blob-md5", config_of([layer(-1, "md5:" + "1" * 32)]), "layer 0"),
        ("parent-self", config_of([layer()]), "below itself"),
        ("parent-loop", config_of([layer(-1), layer(2), layer(1)]), "below itself"),
        ("parent-beyond", config_of([layer(1)]), "not in the list"),
        ("parent-negative", config_of([layer(-2)]), "not in the list"),
        ("parent-huge", config_of([layer(1 << 62)]), "not in the list"),
        ("parent-real", config_of([layer(0.5)]), "whole number"),
        ("link-beyond", config_of([], [record(1)]), "not in the list"),
        ("link-negative", config_of([], [record(-1)]), "not in the list"),
        ("link-self", config_of([], [record(0)]), "loop"),
        ("link-loop", config_of([], [record(2), record(0), record(1)]), "loop"),
        ("input-empty", config_of([], [record(), {"digest": D, "inputs": [[]]}]), "no alternative"),
        ("result-beyond", config_of([layer(-1)], [record(layers=[{"layer": 1}])]), "not in the list"),
        ("chain-beyond", config_of([layer(-1)], [record(chains=[{"layers": [0, 1]}])]), "not in the list"),
        ("chain-empty", config_of([layer(-1)], [record(chains=[{"layers": []}])]), "no layers"),
        ("digest-none", config_of([], [{}]), "no digest"),
    ):
        bad("cache/" + name, cache(config), reason, **COMMAND)
    bad("cache/config-digest", cache({}, more={"digest": D}), "missing", **COMMAND)
    bad("cache/config-size", cache({}, more={"size": 3}), "size is", **COMMAND)
    bad("cache/image", image(), "no inline cache", **COMMAND)
    bad("cache/not-a-tar", b"hello " * 200, "not a tar", **COMMAND)


def chain(n):
    """As deep as it goes: n layers and n records, each on the one before."""
    return config_of([layer(i - 1, "sha256:%064x" % i) for i in range(n)],
                     [record(*([i - 1] if i else []), digest="sha256:%064x" % i, layers=[{"layer": i}]) for i in range(n)])


def large():
    good("cache/deep", lambda: cache(chain(12000)), **COMMAND)
    good("cache/wide", lambda: cache(config_of([layer(-1)], [record()] + [record(*[0] * 50) for _ in range(2000)])), **COMMAND)
    bad("cache/bytes", lambda: cache(encode({}) + b" " * (5 << 20)), "--max-json-bytes", **COMMAND)
    bad("cache/values", lambda: cache({"x": [0] * 600000}), "--max-json-values", **COMMAND)
    bad("cache/nested", lambda: cache(b"[" * 5000), "config", **COMMAND)


def inline(value):
    return image(config={"moby.buildkit.cache.v0": value})


def inlines():
    def records(*v):
        return base64.b64encode(encode(list(v))).decode()

    good("cache/inline", inline(records(record(layers=[{"layer": 1}]))), **COMMAND)
    bad("cache/inline-layer-beyond", inline(records(record(layers=[{"layer": 2}]))), "not in the list", **COMMAND)
    bad("cache/inline-loop", inline(records(record(0))), "loop", **COMMAND)
    bad("cache/inline-no-base64", inline("\x1b[31m"), "base64", **COMMAND)
    bad("cache/inline-number", inline(7), "no inline cache", **COMMAND)


@in_folder
def links_and_devices(folder):
    """type=local whose blobs are links out of the folder, a FIFO and a folder: none is followed or opened."""
    top = os.path.join(folder, "cache")
    cache(config_of([layer(-1)])).write(top)
    blobs = os.path.join(top, "blobs", "sha256")
    os.symlink("/etc/passwd", os.path.join(blobs, "2" * 64))
    os.mkfifo(os.path.join(blobs, "3" * 64))
    os.mkdir(os.path.join(blobs, "4" * 64))
    os.symlink("/", os.path.join(top, "blobs", "sha512"))
    return [top]


@in_folder
def manifest_alone(folder):
    """A manifest as a registry serves it, without its config."""
    path = os.path.join(folder, "manifest.json")
    with open(path, "wb") as f:
        f.write(encode({"schemaVersion": 2, "config": {"mediaType": CONFIG, "digest": D, "size": 2}, "layers": []}))
    return [path]


configs()
large()
inlines()
good("cache/links", links_and_devices, **COMMAND)
bad("cache/manifest-alone", manifest_alone, "missing", **COMMAND)
