# SPDX-License-Identifier: Apache-2.0
"""An image of 1 GB out of Debian packages, and a race over it: cachestat beside tools that do a part of its work."""
import hashlib
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile

from common import SLOW_SECONDS, TOP, WORK, make, measure, summed

LAYERS = (
    ("libraries", ["libllvm14"]),
    ("toolchain", ["gcc-12", "cpp-12", "g++-12", "llvm-14-dev"]),
    ("headers", ["golang-1.19-src", "libboost1.74-dev"]),
    ("icons", ["papirus-icon-theme"]),
    ("application", ["node-typescript", "python3-sympy", "python3-django"]),
)
# What the full run is held to: no slower than those who do the same hashing, and a bound on memory.
NOT_SLOWER_THAN = ("umoci unpack", "gzip | sha256sum", "zstd | sha256sum")
MAX_RSS_MIB = 64
# flavour, whose time, over whose, at most
TARGETS = (
    ("gzip", "cachestat", "skopeo copy", 1.35),
    ("gzip", "cachestat", "igzip | openssl", 0.45),
    ("zstd", "cachestat", "zstd | openssl", 0.7),
    ("docker", "cachestat", "skopeo copy", 0.7),
    ("gzip", "cachestat again", "openssl of the file", 1.2),
)
MAX_WALL_OF_HALF_CPU = 1.15
MAX_TRUSTED_SECONDS = 0.020
OCI = "application/vnd.oci.image."


def digest_of(path):
    h = hashlib.sha256()
    with open(path, "rb") as f:
        while block := f.read(1 << 20):
            h.update(block)
    return h.hexdigest()


def make_layer(name, packages, out):
    """The packages' files as one tar; folders that several bring are written once."""
    seen = set()
    with tarfile.open(out, "w", format=tarfile.PAX_FORMAT) as tar:
        for package in packages:
            found = [f for f in os.listdir(WORK + "/packages") if f.startswith(package + "_")]
            with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", os.path.join(WORK, "packages", found[0])], stdout=subprocess.PIPE) as dpkg:
                with tarfile.open(fileobj=dpkg.stdout, mode="r|") as packed:
                    for member in packed:
                        if member.name in seen:
                            continue
                        seen.add(member.name)
                        tar.addfile(member, packed.extractfile(member) if member.isreg() else None)
            if dpkg.returncode:
                sys.exit("scripts/bench: dpkg-deb failed for " + package)
    print("made layer %s: %d entries, %.0f MB" % (name, len(seen), os.path.getsize(out) / 1e6), file=sys.stderr)


def keep(blobs, data):
    name = hashlib.sha256(data).hexdigest()
    with open(os.path.join(blobs, name), "wb") as f:
        f.write(data)
    return {"digest": "sha256:" + name, "size": len(data)}


def pack(blobs, tar, program, suffix):
    """The blob of a layer, packed by a program; returns its descriptor."""
    packed = os.path.join(blobs, "packed")
    with open(tar, "rb") as source, open(packed, "wb") as target:
        subprocess.run(program, stdin=source, stdout=target, check=True)
    found = digest_of(packed)
    os.rename(packed, os.path.join(blobs, found))
    return {"mediaType": OCI + "layer.v1.tar" + suffix, "digest": "sha256:" + found, "size": os.path.getsize(os.path.join(blobs, found))}


def write_documents(folder, layers, diff_ids, names):
    """What makes an OCI folder of blobs, tagged 'latest'; returns the config."""
    blobs = os.path.join(folder, "blobs", "sha256")
    history = [{"created": "2026-01-02T03:04:%02d.5Z" % i, "created_by": "COPY %s / # buildkit" % name, "comment": "buildkit.dockerfile.v0"}
               for i, name in enumerate(names)]
    config = json.dumps({
        "architecture": "amd64", "os": "linux", "created": history[-1]["created"], "config": {}, "history": history,
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    }).encode()
    manifest = json.dumps({"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json", "layers": layers,
                           "config": {"mediaType": OCI + "config.v1+json", **keep(blobs, config)}}).encode()
    entry = {"mediaType": OCI + "manifest.v1+json", **keep(blobs, manifest), "annotations": {"org.opencontainers.image.ref.name": "latest"},
             "platform": {"os": "linux", "architecture": "amd64"}}
    for name, text in (("oci-layout", {"imageLayoutVersion": "1.0.0"}), ("index.json", {"schemaVersion": 2, "manifests": [entry]})):
        with open(os.path.join(folder, name), "w", encoding="ascii") as f:
            json.dump(text, f)
    return config


def write_layout(folder, tars, program, suffix):
    blobs = os.path.join(folder, "blobs", "sha256")
    os.makedirs(blobs)
    layers = [pack(blobs, tar, program, suffix) for _, tar in tars]
    return write_documents(folder, layers, ["sha256:" + digest_of(tar) for _, tar in tars], [name for name, _ in tars])


def write_docker(path, tars, config):
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as out:
        names = []
        for _, tar in tars:
            names.append(digest_of(tar) + ".tar")
            out.add(tar, names[-1])
        config_name = hashlib.sha256(config).hexdigest() + ".json"
        for name, data in ((config_name, config), ("manifest.json", json.dumps([{"Config": config_name, "RepoTags": ["bench:latest"], "Layers": names}]).encode())):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))


def pack_folder(folder, path):
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as out:
        for name in ("oci-layout", "blobs", "index.json"):
            out.add(os.path.join(folder, name), name)


def prepare(folder, tars):
    """Every flavour from the layers' tars; a finished set is kept."""
    done = os.path.join(folder, "done")
    if os.path.exists(done):
        return
    config = b""
    for flavour, program, suffix in (("gzip", ["gzip", "-n"], "+gzip"), ("zstd", ["zstd", "-qc"], "+zstd")):
        layout = os.path.join(folder, flavour)
        shutil.rmtree(layout, ignore_errors=True)
        config = write_layout(layout, tars, program, suffix)
        pack_folder(layout, layout + ".tar")
    write_docker(os.path.join(folder, "docker.tar"), tars, config)
    for _, tar in tars:
        shutil.copy(tar, os.path.join(folder, digest_of(tar) + ".layer"))
    open(done, "w", encoding="ascii").close()


def full_image():
    packages = [p for _, names in LAYERS for p in names]
    folder = os.path.join(WORK, "image-" + hashlib.sha256(" ".join(packages).encode()).hexdigest()[:12])
    if not os.path.exists(os.path.join(folder, "done")):
        os.makedirs(WORK + "/packages", exist_ok=True)
        os.makedirs(folder, exist_ok=True)
        missing = [p for p in packages if not any(f.startswith(p + "_") for f in os.listdir(WORK + "/packages"))]
        if missing:
            print("downloading %d packages" % len(missing), file=sys.stderr)
            subprocess.run(["apt-get", "-qq", "download", *missing], cwd=WORK + "/packages", check=True, stderr=subprocess.DEVNULL)
        with tempfile.TemporaryDirectory(dir=WORK) as scratch:
            tars = [(name, os.path.join(scratch, name)) for name, _ in LAYERS]
            for (name, tar), (_, names) in zip(tars, LAYERS):
                make_layer(name, names, tar)
            prepare(folder, tars)
    return folder


def small_image():
    """The layers of the sample, made anew in each flavour."""
    folder = os.path.join(WORK, "quick")
    os.makedirs(folder, exist_ok=True)
    if not os.path.exists(os.path.join(folder, "done")):
        import gzip
        tars = []
        with tempfile.TemporaryDirectory(dir=WORK) as scratch, tarfile.open(os.path.join(TOP, "data/sample/1-test.tar")) as sample:
            blobs = {m.name: sample.extractfile(m).read() for m in sample if m.isfile()}
            for i, name in enumerate(json.loads(blobs["manifest.json"])[0]["Layers"]):
                tars.append(("layer%d" % i, os.path.join(scratch, "layer%d" % i)))
                with open(tars[-1][1], "wb") as f:
                    f.write(gzip.decompress(blobs[name]))
            prepare(folder, tars)
    return folder


def contenders(folder, flavour, scratch, program):
    """name -> (shell command, True if it writes into scratch/out)"""
    image = os.path.join(folder, flavour + ".tar")
    blobs = os.path.join(folder, flavour, "blobs", "sha256")
    store = "--db '%s/store.db' --no-ci --no-progress '%s' > /dev/null" % (scratch, image)
    found = {"cachestat": "'%s' %s" % (program, store), "cachestat again": "'%s' %s" % (program, store),
             "cachestat --trust-known": "'%s' --trust-known %s" % (program, store)}
    if shutil.which("openssl"):
        found["openssl of the file"] = "openssl sha256 '%s' > /dev/null" % image
    kind = "docker-archive" if flavour == "docker" else "oci-archive"
    if shutil.which("skopeo"):
        found["skopeo copy"] = "skopeo --tmpdir '%s' --insecure-policy copy -q %s:'%s' dir:'%s/out'" % (scratch, kind, image, scratch)
    rootless = "" if os.geteuid() == 0 else "--rootless "
    if flavour == "gzip" and shutil.which("umoci"):
        found["umoci unpack"] = "umoci unpack %s--image '%s':latest '%s/out' 2> /dev/null" % (rootless, os.path.join(folder, "gzip"), scratch)
    layers = "for f in $(ls -S '%s'); do f='%s'/$f; case $(head -c1 $f) in '{') continue;; esac; " % (blobs, blobs)
    if flavour == "gzip":
        found["gzip | sha256sum"] = layers + "sha256sum < $f; gzip -dc < $f | sha256sum; done > /dev/null"
        if shutil.which("igzip") and shutil.which("openssl"):
            found["igzip | openssl"] = layers + "openssl sha256 < $f; igzip -dc < $f | openssl sha256; done > /dev/null"
    elif flavour == "zstd":
        if shutil.which("openssl"):
            found["zstd | openssl"] = layers + "openssl sha256 < $f; zstd -dcq < $f | openssl sha256; done > /dev/null"
        found["zstd | sha256sum"] = layers + "sha256sum < $f; zstd -dcq < $f | sha256sum; done > /dev/null"
    else:
        found["sha256sum"] = "for f in '%s'/*.layer; do sha256sum < $f; done > /dev/null" % folder
        if shutil.which("openssl"):
            found["openssl"] = "for f in '%s'/*.layer; do openssl sha256 < $f; done > /dev/null" % folder
    return found


def file_bytes(folder):
    """Of the contents of all files in all layers; counted once."""
    kept = os.path.join(folder, "file_bytes")
    if not os.path.exists(kept):
        total = 0
        for name in os.listdir(folder):
            if name.endswith(".layer"):
                with tarfile.open(os.path.join(folder, name), "r:") as tar:
                    total += sum(member.size for member in tar if member.isreg())
        with open(kept, "w", encoding="ascii") as f:
            f.write("%d\n" % total)
    with open(kept, encoding="ascii") as f:
        return f.read().strip()


def floor_command(folder, flavour):
    """What the hardware and the libraries that are used grant at best (tests/bench/floor.c)."""
    if flavour == "docker":
        blobs = [os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".layer")]
    else:
        blobs = [os.path.join(folder, flavour, "blobs", "sha256", name) for name in os.listdir(os.path.join(folder, flavour, "blobs", "sha256"))]
        blobs = [path for path in blobs if not is_document(path)]
    return [make("tests/bench/floor"), {"docker": "none"}.get(flavour, flavour), file_bytes(folder), *blobs]


def is_document(path):
    with open(path, "rb") as f:
        return f.read(1) == b"{"


def floor_summary(taken, row):
    """Medians of the parts, and how far above them the whole analysis stands."""
    parts = {name: statistics.median(t[name] for t in taken) for name in taken[0]}
    return {**parts, "cachestat_cpu_ratio": row["cpu_seconds"] / parts["cpu_seconds"],
            "cachestat_wall_ratio": row["wall_seconds"] / (parts["cpu_seconds"] / os.cpu_count())}


def race(folder, flavour, program, rounds):
    results, floor, floors = {}, floor_command(folder, flavour), []
    subprocess.run("cat '%s/%s.tar' '%s/%s'/blobs/sha256/* '%s'/*.layer > /dev/null 2>&1 || true" % (folder, flavour, folder, flavour, folder),
                   shell=True, check=False)  # into the page cache
    with tempfile.TemporaryDirectory(dir=WORK) as scratch:
        entrants = contenders(folder, flavour, scratch, program)
        names = list(entrants)
        for round_no in range(rounds):
            floors.append(json.loads(subprocess.run(floor, check=True, stdout=subprocess.PIPE).stdout))
            at = round_no % len(names)
            order = names[at:] + names[:at]
            # Both need the store of a first time, which cachestat leaves right before them.
            for name in ("cachestat --trust-known", "cachestat again"):
                order.remove(name)
                order.insert(order.index("cachestat") + 1, name)
            for name in order:
                if len(results.get(name, [])) >= 2 and results[name][0][0] > SLOW_SECONDS:
                    continue
                shutil.rmtree(os.path.join(scratch, "out"), ignore_errors=True)
                if name == "cachestat":
                    for suffix in ("", "-wal", "-shm"):
                        if os.path.exists(os.path.join(scratch, "store.db" + suffix)):
                            os.unlink(os.path.join(scratch, "store.db" + suffix))
                results.setdefault(name, []).append(measure(entrants[name], scratch))
    return results, floors


def summary(results):
    rows = {name: summed(taken) for name, taken in results.items()}
    for row in rows.values():
        row["wall_ratio"] = row["wall_seconds"] / rows["cachestat"]["wall_seconds"]
    return rows


def targets(flavour, rows):
    """(what, ratio, at most) of those whose peers are here"""
    for at, ours, peer, limit in TARGETS:
        if at == flavour and peer in rows:
            yield "%s / %s" % (ours, peer), rows[ours]["wall_seconds"] / rows[peer]["wall_seconds"], limit
    row = rows["cachestat"]
    if flavour == "gzip":
        yield "wall of cachestat / (CPU/%d)" % os.cpu_count(), row["wall_seconds"] / (row["cpu_seconds"] / os.cpu_count()), MAX_WALL_OF_HALF_CPU
    yield "--trust-known / 20 ms", rows["cachestat --trust-known"]["wall_seconds"] / MAX_TRUSTED_SECONDS, 1.0


def table_floor(floor):
    read, decode, sha = (floor[part + "_seconds"] for part in ("read", "decode", "hash"))
    print("  at best %.2f CPU s (reading %.2f, decoding %.2f, SHA-256 two abreast %.2f): CPU of cachestat is %.2f times that, wall %.2f times it/%d" % (
        floor["cpu_seconds"], read, decode, sha, floor["cachestat_cpu_ratio"], floor["cachestat_wall_ratio"], os.cpu_count()))


def table(flavour, rows, size, with_targets, floor):
    print("\n%s, %.0f MB" % (flavour, size / 1e6))
    print("%-24s %8s %17s %8s %10s %8s" % ("", "wall s", "min–max", "CPU s", "peak MiB", "ratio"))
    for name, row in rows.items():
        print("%-24s %8.3f %8.3f–%-8.3f %8.2f %10.1f %8.2f" % (
            name, row["wall_seconds"], row["wall_seconds_min"], row["wall_seconds_max"], row["cpu_seconds"], row["peak_rss_mib"], row["wall_ratio"]))
    for name, ratio, limit in targets(flavour, rows) if with_targets else ():
        print("  %-40s %6.2f, at most %.2f" % (name, ratio, limit))
    if with_targets:
        table_floor(floor)


def missed(flavour, rows):
    found = []
    for name in NOT_SLOWER_THAN:
        if name in rows and rows[name]["wall_ratio"] < 1:
            found.append("%s: slower than %s (%.2f of our time)" % (flavour, name, rows[name]["wall_ratio"]))
    for name, ratio, limit in targets(flavour, rows):
        if ratio > limit:
            found.append("%s: %s is %.2f, wanted %.2f" % (flavour, name, ratio, limit))
    for name, row in rows.items():
        if name.startswith("cachestat") and row["peak_rss_mib"] > MAX_RSS_MIB:
            found.append("%s: peak RSS of %s is %.1f MiB, granted %d" % (flavour, name, row["peak_rss_mib"], MAX_RSS_MIB))
    return found


def bench(program, quick, rounds):
    folder = small_image() if quick else full_image()
    report = {}
    for flavour in ("gzip", "zstd", "docker"):
        results, floors = race(folder, flavour, program, rounds)
        rows = summary(results)
        report[flavour] = {"image_bytes": os.path.getsize(os.path.join(folder, flavour + ".tar")), "results": rows,
                           "floor": floor_summary(floors, rows["cachestat"]),
                           "targets": {name: {"ratio": ratio, "at_most": limit} for name, ratio, limit in targets(flavour, rows)}}
    return report
