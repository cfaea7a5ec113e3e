# SPDX-License-Identifier: Apache-2.0
"""Twelve builds of one app: an image each that shares all but its topmost layer with the others."""
import json
import os
import random
import shutil
import subprocess
import tarfile
import tempfile

from common import WORK, measure, summed
import images

IMAGES = 12
# Distinct bytes of all: 12 own layers of 3 % and the shared rest once.
DISTINCT = 0.11
MAX_OF_FULL_SCANS = 0.2


def blob(folder, digest):
    return os.path.join(folder, "blobs", "sha256", digest.split(":")[1])


def document(folder, digest):
    with open(blob(folder, digest), encoding="utf-8") as f:
        return json.load(f)


def app_layer(path, number, size):
    """A tar that packs to about size bytes: files of words, as sources are."""
    chance = random.Random(number)
    words = ["%x" % chance.getrandbits(chance.randrange(4, 40)) for _ in range(4000)]
    with open(path + ".file", "w", encoding="ascii") as f:
        while f.tell() < size * 2:
            f.write(" ".join(chance.choices(words, k=500)) + "\n")
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        total = os.path.getsize(path + ".file")
        with open(path + ".file", "rb") as f:
            for i in range(0, total, 65536):
                info = tarfile.TarInfo("app/part-%05d.js" % (i // 65536))
                info.size = min(65536, total - i)
                tar.addfile(info, f)
    os.unlink(path + ".file")


def make(image):
    """The archives beside the image they are made of; once."""
    folder = image + "-series"
    paths = [os.path.join(folder, "%02d.tar" % i) for i in range(IMAGES)]
    if os.path.exists(os.path.join(folder, "done")):
        return paths
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    base = os.path.join(image, "gzip")
    with open(os.path.join(base, "index.json"), encoding="ascii") as f:
        manifest = document(base, json.load(f)["manifests"][0]["digest"])
    diff_ids = document(base, manifest["config"]["digest"])["rootfs"]["diff_ids"]
    shared = sum(layer["size"] for layer in manifest["layers"])
    own = shared * (DISTINCT * IMAGES - 1) / (IMAGES - DISTINCT * IMAGES)
    for number, path in enumerate(paths):
        with tempfile.TemporaryDirectory(dir=WORK) as scratch:
            layout, tar = os.path.join(scratch, "layout"), os.path.join(scratch, "app")
            os.makedirs(os.path.join(layout, "blobs", "sha256"))
            for layer in manifest["layers"]:
                os.link(blob(base, layer["digest"]), blob(layout, layer["digest"]))
            app_layer(tar, number, own)
            packed = images.pack(os.path.join(layout, "blobs", "sha256"), tar, ["gzip", "-n"], "+gzip")
            images.write_documents(layout, manifest["layers"] + [packed], diff_ids + ["sha256:" + images.digest_of(tar)],
                                   ["layer%d" % i for i in range(len(diff_ids))] + ["app-%d" % number])
            images.pack_folder(layout, path)
    open(os.path.join(folder, "done"), "w", encoding="ascii").close()
    return paths


def bench(program, quick, rounds):
    paths = make(images.small_image() if quick else images.full_image())
    subprocess.run(["cat", *paths], check=True, stdout=subprocess.DEVNULL)  # into the page cache
    files = " ".join("'%s'" % path for path in paths)
    with tempfile.TemporaryDirectory(dir=WORK) as scratch:
        run = "'%s' --db '%s/%%s.db' --no-ci --no-progress" % (program, scratch)
        fresh = "rm -f '%s'/%%s.db*; " % scratch
        commands = {
            "12 full scans": "for f in %s; do %s%s \"$f\" > /dev/null; done" % (files, fresh % "one", run % "one"),
            "series, one call": fresh % "all" + run % "all" + " %s > /dev/null" % files,
            "series, one call, known": run % "all" + " %s > /dev/null" % files,
            "series, a call each": fresh % "each" + "for f in %s; do %s \"$f\" > /dev/null; done" % (files, run % "each"),
            "openssl of the files": "openssl sha256 %s > /dev/null" % files,
        }
        if not shutil.which("openssl"):
            del commands["openssl of the files"]
        taken = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                taken[name].append(measure(command, scratch))
    rows = {name: summed(t) for name, t in taken.items()}
    for row in rows.values():
        row["of_full_scans"] = row["wall_seconds"] / rows["12 full scans"]["wall_seconds"]
    sizes = [os.path.getsize(path) for path in paths]
    return {"images": IMAGES, "bytes": sum(sizes), "results": rows}


def table(found):
    print("\nseries of %d images, %.0f MB in all" % (found["images"], found["bytes"] / 1e6))
    print("%-24s %8s %17s %8s %10s %14s" % ("", "wall s", "min–max", "CPU s", "peak MiB", "of full scans"))
    for name, row in found["results"].items():
        print("%-24s %8.3f %8.3f–%-8.3f %8.2f %10.1f %14.2f" % (
            name, row["wall_seconds"], row["wall_seconds_min"], row["wall_seconds_max"], row["cpu_seconds"], row["peak_rss_mib"], row["of_full_scans"]))


def missed(found):
    problems = []
    for name in ("series, one call", "series, a call each"):
        row = found["results"][name]
        if row["of_full_scans"] > MAX_OF_FULL_SCANS:
            problems.append("%s: %.2f of 12 full scans, wanted %.2f" % (name, row["of_full_scans"], MAX_OF_FULL_SCANS))
        if row["peak_rss_mib"] > images.MAX_RSS_MIB:
            problems.append("%s: peak RSS %.1f MiB, granted %d" % (name, row["peak_rss_mib"], images.MAX_RSS_MIB))
    return problems
