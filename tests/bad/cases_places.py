# SPDX-License-Identifier: Apache-2.0
"""Docker archives, folders with links and devices in them, and stores that are not ours."""
import json
import os
import sqlite3

from case import Skip, bad, either, good, in_folder, make_socket
from make import DROP, archive, docker, encode, entry, gz, image, pax, sha256, small_tar, tar, zstd

MISSING = r"missing|not in|no such|not found|absent|link|outside|leads|refused|not an? |no "
TYPE = r"manifest\.json|lists 0 layers|missing|not (a|an)|no |must|invalid|malformed|expected|bad|empty|JSON"


def manifest(document, files=None):
    found = dict(files or docker())
    found["manifest.json"] = encode(document)
    return found


def with_links(files, links, kind=b"2"):
    """The archive with some members as links (name -> target)."""
    return tar(*(entry(k, v) for k, v in files.items() if k not in links), *(pax([("path", k)]) + entry("l", kind=kind, link=t) for k, t in links.items()))


def docker_archives():
    good("docker/plain", docker())
    good("docker/gzip-layers", lambda: _packed_layers(gz))
    good("docker/zstd-layers", lambda: _packed_layers(zstd))
    good("docker/manifest-last-and-first", archive(docker(), list(docker())[::-1]))
    good("docker/dot-slash", archive({"./" + k: v for k, v in docker().items()}))
    good("docker/no-tags", docker(entry_more={"RepoTags": None}))
    good("docker/tags-hostile", docker(entry_more={"RepoTags": ["\x1b[31m\n::x::", "\u202e", "<b>:1"]}))
    good("docker/unknown-keys", docker(entry_more={"Parent": "x", "LayerSources": {"x": 5}}))
    good("docker/config-without-json-suffix", lambda: _renamed("sha256:" + _config_hex()))
    good("docker/same-image-twice", lambda: manifest(json.loads(docker()["manifest.json"]) * 2))
    good("docker/no-layers", lambda: docker_empty())
    for name, value in (("null", None), ("object", {}), ("text", "x"), ("number", 7), ("empty", []), ("list-of-null", [None]), ("list-of-text", ["x"]),
                        ("list-of-lists", [[]]), ("empty-entry", [{}])):
        bad("docker/manifest-" + name, manifest(value), TYPE)
    for key in ("Config", "Layers"):
        for name, value in (("absent", DROP), ("null", None), ("number", 7), ("empty", ""), ("object", {})):
            bad("docker/%s-%s" % (key.lower(), name), docker(entry_more={key: value}), TYPE + "|" + MISSING)
    for name, value in (("traversal", "../../../../etc/passwd"), ("absolute", "/etc/passwd"), ("escape", "\x1b[31m.json"), ("newline", "a\n::error::x"), ("dot", "."), ("folder", "blobs/")):
        bad("docker/config-" + name, docker(entry_more={"Config": value}), MISSING)
        bad("docker/layer-" + name, docker(entry_more={"Layers": [value, value]}), MISSING)
    bad("docker/layer-missing", docker(entry_more={"Layers": ["gone/layer.tar"] * 2}), MISSING)
    bad("docker/layers-too-few", lambda: _layers(slice(0, 1)), "layers|diff_?.?id")
    bad("docker/layers-too-many", lambda: _layers(None), "layers|diff_?.?id")
    bad("docker/layers-swapped", lambda: _layers(slice(None, None, -1)), "diff.?id|digest|match")
    bad("docker/layer-changed", lambda: _changed_layer(), "diff.?id|digest|match|tar|checksum|damaged")
    bad("docker/layer-appended", lambda: _changed_layer(bytes(512)), "diff.?id|digest|match")
    bad("docker/config-name-lies", docker(config_name="0" * 64 + ".json"), "digest|name|match")
    bad("docker/blob-name-lies", docker(config_name="blobs/sha256/" + "0" * 64), "digest|name|match")
    good("docker/config-named-freely", docker(config_name="config.json"))
    bad("docker/repositories-only", archive({"repositories": b'{"a":{"1":"x"}}', "x/layer.tar": small_tar(), "x/json": b"{}", "x/VERSION": b"1.0"}), "1\\.10|repositories|old|no ")
    files = docker()
    names = [n for n in files if n.endswith("layer.tar")]
    same = docker([small_tar(), small_tar()], names=["a/layer.tar", "b/layer.tar"])
    good("docker/layer-links-to-layer", with_links(same, {"b/layer.tar": "../a/layer.tar"}))
    good("docker/layer-hard-link", with_links(same, {"b/layer.tar": "a/layer.tar"}, b"1"))
    good("docker/link-before-its-target", tar(entry("b/layer.tar", kind=b"2", link="../a/layer.tar"), *(entry(k, v) for k, v in same.items() if k != "b/layer.tar")))
    bad("docker/layer-links-out", with_links(files, {names[0]: "../../../../etc/passwd"}), MISSING)
    bad("docker/layer-links-absolute", with_links(files, {names[0]: "/etc/passwd"}), MISSING)
    bad("docker/layer-links-itself", with_links(files, {names[0]: "layer.tar"}), MISSING + "|loop|itself")
    bad("docker/layers-link-in-a-ring", with_links(files, {names[0]: "../" + names[1], names[1]: "../" + names[0]}), MISSING + "|loop")
    bad("docker/layer-links-to-folder", with_links(files, {names[0]: "."}), MISSING)
    bad("docker/config-links-out", with_links(files, {next(iter(files)): "/etc/passwd"}), MISSING)
    bad("docker/manifest-links-out", with_links(files, {"manifest.json": "/etc/passwd"}), MISSING)
    bad("docker/layer-is-a-fifo", tar(*(entry(k, v) for k, v in files.items() if k != names[0]), pax([("path", names[0])]) + entry("f", kind=b"6")), MISSING)
    bad("docker/layer-is-a-folder", tar(*(entry(k, v) for k, v in files.items() if k != names[0]), pax([("path", names[0])]) + entry("f", kind=b"5")), MISSING)
    links = {"l%d" % i: "l%d" % (i + 1) for i in range(2000)}
    bad("docker/chain-of-2000-links", lambda: with_links({**docker(names=["l0", "x"]), **{k: b"" for k in links}}, {**links}), MISSING + "|loop|depth|links")
    either("docker/two-layers-of-one-name", tar(*(entry(k, v) for k, v in files.items()), pax([("path", names[0])]) + entry("x", b"other")))
    either("docker/both-layouts-disagree", archive({**image([small_tar(b"oci\n")]).files, **files}))
    bad("docker/config-is-not-json", lambda: _config(b"\x7fELF" + bytes(100)), "JSON|json")
    bad("docker/config-duplicate-key", lambda: _config(b'{"os":"linux","os":"windows","rootfs":{"diff_ids":[]}}'), "JSON|json|duplicate")
    bad("docker/manifest-5-MiB", manifest([{"x": "y" * (5 << 20)}]), "max-json-bytes")
    either("docker/20000-entries", lambda: manifest(json.loads(docker()["manifest.json"]) * 20000), slow=True)


def _config(data):
    name = sha256(data)[7:] + ".json"
    files = docker(entry_more={"Config": name})
    return {**files, name: data}


def _config_hex():
    return next(iter(docker()))[:64]


def _renamed(name):
    return docker(config_name=name)


def docker_empty():
    files = docker(entry_more={"Layers": []}, config={"rootfs": {"type": "layers", "diff_ids": []}, "history": []})
    return {k: v for k, v in files.items() if not k.endswith("layer.tar")}


def _packed_layers(pack):
    files = docker()
    return {k: pack(v) if k.endswith("layer.tar") else v for k, v in files.items()}


def _layers(part):
    files = docker()
    document = json.loads(files["manifest.json"])
    layers = document[0]["Layers"]
    document[0]["Layers"] = layers + layers[:1] if part is None else layers[part]
    return manifest(document, files)


def _changed_layer(more=None):
    files = docker()
    name = next(n for n in files if n.endswith("layer.tar"))
    data = files[name]
    files[name] = data + more if more else data.replace(b"hello", b"HELLO")
    return files


def folder(change, target="layout"):
    """An OCI folder after change(path)."""
    @in_folder
    def build(where):
        path = os.path.join(where, target)
        image().write(path)
        change(path)
        return [path]
    return build


def a_blob(path, kind=b"\x1f\x8b"):
    blobs = os.path.join(path, "blobs", "sha256")
    for name in sorted(os.listdir(blobs)):
        with open(os.path.join(blobs, name), "rb") as f:
            if kind in f.read():
                return os.path.join(blobs, name)
    raise LookupError


def replaced(what, by):
    """by(path) makes something else of index.json, of a layer's blob or of a folder."""
    def change(path):
        target = {"layer": lambda: a_blob(path), "manifest": lambda: a_blob(path, b'"layers"'), "index": lambda: os.path.join(path, "index.json"),
                  "blobs": lambda: os.path.join(path, "blobs"), "marker": lambda: os.path.join(path, "oci-layout")}[what]()
        os.rename(target, path + ".aside")
        by(target, path + ".aside")
    return change


def to_link(target, aside):
    os.symlink(aside, target)


def to_passwd(target, aside):
    os.symlink("/etc/passwd", target)


def to_fifo(target, aside):
    os.mkfifo(target)


def to_folder(target, aside):
    os.mkdir(target)


def to_socket(target, aside):
    make_socket(target)


def to_device(target, aside):
    try:
        os.mknod(target, 0o600 | 0o020000, os.makedev(1, 5))
    except PermissionError as error:
        raise Skip("making a device needs root") from error


def to_nothing(target, aside):
    pass


def to_holes(target, aside):
    with open(target, "wb") as f:
        f.truncate(1 << 40)


def folders():
    good("folder/plain", folder(lambda path: None))
    either("folder/no-marker", folder(replaced("marker", to_nothing)))
    good("folder/strange-files", folder(lambda path: [os.mkfifo(os.path.join(path, "fifo")), os.symlink("/etc/passwd", os.path.join(path, "x.json"))]))
    for what in ("index", "manifest", "layer"):
        for by, name in ((to_link, "link-aside"), (to_passwd, "link-to-passwd"), (to_fifo, "fifo"), (to_folder, "folder"), (to_socket, "socket"),
                         (to_device, "device"), (to_nothing, "absent"), (to_holes, "1-TiB-of-holes")):
            bad("folder/%s-%s" % (what, name), folder(replaced(what, by)), MISSING + r"|FIFO|socket|device|folder|regular|size|large|max-json|cannot open|bytes")
    for by, name in ((to_link, "link-aside"), (to_fifo, "fifo"), (to_nothing, "absent")):
        bad("folder/blobs-" + name, folder(replaced("blobs", by)), MISSING + "|regular|cannot open|folder")
    good("folder/reached-through-a-link", _linked_folder)
    good("folder/by-transport", _transport("oci:"))
    either("folder/by-wrong-transport", _transport("docker-archive:"))
    bad("folder/by-wrong-transport-dir", _transport("dir:"), "manifest|not |no ")
    bad("folder/tag-absent", _transport("oci:", ":nosuch"), "nosuch", status=None)
    bad("folder/name-hostile", folder(replaced("layer", to_nothing), "a\x1b[31m\n::error::x"), MISSING)


@in_folder
def _linked_folder(where):
    image().write(os.path.join(where, "real"))
    os.symlink("real", os.path.join(where, "link"))
    return [os.path.join(where, "link")]


def _transport(prefix, suffix=""):
    @in_folder
    def build(where):
        path = os.path.join(where, "layout")
        image().write(path)
        return [prefix + path + suffix]
    return build


def store(change):
    """A sound image and a store that change(path) has been at."""
    @in_folder
    def build(where):
        path = os.path.join(where, "input.tar")
        with open(path, "wb") as f:
            f.write(image([small_tar(b"for the store\n")]).tar())
        change(os.path.join(where, "store.db"))
        return [path]
    return build


def written(data):
    def change(path):
        clean(path)
        with open(path, "wb") as f:
            f.write(data)
    return change


def clean(path):
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(path + suffix):
            os.unlink(path + suffix)


def sql(*statements, fresh=False):
    def change(path):
        if fresh:
            clean(path)
        with sqlite3.connect(path) as db:
            for statement in statements:
                db.execute(statement)
        db.close()
    return change


def damage(at, data):
    def change(path):
        settle(path)
        with open(path, "r+b") as f:
            f.seek(int(os.path.getsize(path) * at) if at < 1 else at)
            f.write(data)
    return change


def settle(path):
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    for suffix in ("-wal", "-shm"):
        if os.path.exists(path + suffix):
            os.unlink(path + suffix)


def cut(path):
    settle(path)
    os.truncate(path, os.path.getsize(path) // 2)


def as_fifo(path):
    clean(path)
    os.mkfifo(path)


def as_folder(path):
    clean(path)
    os.mkdir(path)


def as_loop(path):
    clean(path)
    os.symlink("store.db", path)


def stores():
    reason = r"store|database|db|schema|newer|damaged|malformed|foreign|not .*cachestat|folder|regular|FIFO|open"
    good("store/zero-length", store(written(b"")))
    good("store/absent", store(clean))
    for name, change in (
        ("text", written(b"not a database\n" * 100)), ("noise", written(bytes(i * 7919 % 251 for i in range(8192)))), ("short", written(b"SQLite format 3\0")),
        ("foreign", sql("CREATE TABLE t (a)", "INSERT INTO t VALUES (1)", fresh=True)), ("foreign-id", sql("PRAGMA application_id = 7", "CREATE TABLE t (a)", fresh=True)),
        ("our-id-no-tables", _our_id), ("newer", sql("PRAGMA user_version = 999999")), ("header-broken", damage(16, b"\xff" * 80)),
        ("schema-broken", damage(100, b"\xff" * 300)), ("cut", cut), ("folder", as_folder), ("fifo", as_fifo), ("link-loop", as_loop),
    ):
        bad("store/" + name, store(change), reason, status=2)
        bad("store/%s-read" % name, store(change), reason, status=2, command=("ls",), operands=False)
    either("store/middle-broken", store(damage(0.5, b"\xa5" * 4096)), status=(0, 2))
    either("store/middle-broken-read", store(damage(0.5, b"\xa5" * 4096)), status=(0, 2), command=("stats",), operands=False)
    either("store/trigger-added", store(_triggered))
    either("store/view-added", store(sql("CREATE VIEW v AS SELECT load_extension('x')")))
    bad("store/locked", store(_locked), "lock|busy", status=2, slow=True)


def _our_id(path):
    with sqlite3.connect(path) as db:
        mine = db.execute("PRAGMA application_id").fetchone()[0]
    db.close()
    sql("PRAGMA application_id = %d" % mine, "PRAGMA user_version = 1", "CREATE TABLE other (a)", fresh=True)(path)


def _triggered(path):
    with sqlite3.connect(path) as db:
        table = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchone()[0]
        db.execute("CREATE TRIGGER t AFTER INSERT ON \"%s\" BEGIN SELECT load_extension('x'); END" % table)
    db.close()


LOCKS = []


def _locked(path):
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute("BEGIN EXCLUSIVE")
    LOCKS.append(db)


docker_archives()
folders()
stores()
