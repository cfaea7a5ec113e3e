# SPDX-License-Identifier: Apache-2.0
"""Index, manifest and config: wrong digests and sizes, broken JSON, wrong types, odd histories."""
import json

from case import bad, either, good
from make import CONFIG, DROP, IN_TOTO, INDEX, LAYER, MANIFEST, Layout, encode, gz, image, sha256, small_tar

JSON = r"JSON|json|invalid|expected|depth|nest"
TYPE = r"missing|neither|not (a|an)|is not|no |must|invalid|malformed|expected|bad|wrong|digest|size|manifests|layers|config|diff_ids|history"


def simple():
    layout = Layout()
    return layout, [layout.layer(small_tar(), gz(small_tar()), LAYER + "+gzip")]


def changed(which, change):
    """An image with one descriptor changed in place: 'manifest', 'config' or 'layer'."""
    layout, layers = simple()
    if which == "layer":
        change(layers[0][0])
        return layout.index(layout.manifest(layers))
    descriptor = layout.manifest(layers)
    if which == "config":
        body = json.loads(layout.files["blobs/sha256/" + descriptor["digest"][7:]])
        change(body["config"])
        descriptor = layout.blob(body, MANIFEST, platform=descriptor["platform"])
    else:
        change(descriptor)
    return layout.index(descriptor)


def descriptors():
    for which in ("manifest", "config", "layer"):
        def flip(layout, which=which):
            documents = {k: v for k, v in layout.files.items() if k.startswith("blobs")}
            kind = {"manifest": b'"layers"', "config": b'"rootfs"', "layer": b"\x1f\x8b"}[which]
            name = next(k for k, v in documents.items() if kind in v)
            data = bytearray(documents[name])
            data[-3] ^= 1
            layout.files[name] = bytes(data)
            return layout
        bad("digest/%s-flipped" % which, flip(image([small_tar()])), "digest|does not match|" + JSON + "|gzip")
        def drop(layout, which=which):
            kind = {"manifest": b'"layers"', "config": b'"rootfs"', "layer": b"\x1f\x8b"}[which]
            name = next(k for k, v in layout.files.items() if kind in v and k.startswith("blobs"))
            del layout.files[name]
            return layout
        bad("digest/%s-missing" % which, drop(image([small_tar()])), "missing|not in|absent|no such|not found")
        for name, value in (("plus-one", lambda s: s + 1), ("minus-one", lambda s: s - 1), ("zero", lambda s: 0), ("negative", lambda s: -1),
                            ("8-EiB", lambda s: (1 << 63) - 1), ("past-64-bit", lambda s: 1 << 64), ("text", str),
                            ("fraction", lambda s: s + 0.5), ("null", lambda s: None), ("list", lambda s: [s])):
            bad("size/%s-%s" % (which, name), changed(which, lambda d, value=value: d.update(size=value(d["size"]))), r"size|bytes|" + TYPE)
        for name, value in (("empty", ""), ("no-algorithm", "a" * 64), ("md5", "md5:" + "a" * 32), ("upper-case", None), ("short", "sha256:abcd"),
                            ("long", "sha256:" + "a" * 65), ("not-hex", "sha256:" + "g" * 64), ("traversal", "sha256:../../../../etc/passwd"),
                            ("slash-algorithm", "../sha256:" + "a" * 64), ("number", 7), ("null", None), ("escape", "sha256:\x1b[31m" + "a" * 60)):
            def change(d, name=name, value=value):
                d["digest"] = d["digest"].upper().replace("SHA256", "sha256") if name == "upper-case" else value
            bad("digest/%s-%s" % (which, name), changed(which, change), r"digest|" + TYPE)
        bad("digest/%s-other" % which, changed(which, lambda d: d.update(digest="sha256:" + "0" * 64)), "missing|not in|absent|not found|no such")
        bad("digest/%s-no-field" % which, changed(which, lambda d: d.pop("digest")), TYPE)
    bad("digest/diff-id-wrong", image([small_tar()], config={"rootfs": {"type": "layers", "diff_ids": [sha256(b"other")]}}), "diff.?id|digest")
    bad("digest/diff-ids-swapped", lambda: _swapped(), "diff.?id|digest")
    for name, ids in (("too-few", []), ("too-many", [sha256(small_tar())] * 2), ("null", None), ("text", "sha256:x"), ("numbers", [1]),
                      ("bad-text", ["sha256:xyz"]), ("object", {"0": sha256(small_tar())})):
        bad("config/diff-ids-" + name, image([small_tar()], config={"rootfs": {"type": "layers", "diff_ids": ids}}), r"diff_?.?id|layers|" + TYPE)
    bad("config/no-rootfs", image([small_tar()], config={"rootfs": DROP}), "rootfs|diff_?id|layers|" + TYPE)
    bad("config/rootfs-text", image([small_tar()], config={"rootfs": "layers"}), "rootfs|diff_?id|layers|" + TYPE)


def _swapped():
    layout = Layout()
    a, b = small_tar(), small_tar(b"two\n")
    (da, ia), (db, ib) = layout.layer(a, gz(a)), layout.layer(b, gz(b))
    return layout.index(layout.manifest([(da, ib), (db, ia)]))


BROKEN = (
    ("empty", b""), ("blank", b"  \n"), ("open", b'{"schemaVersion":2'), ("comma", b'{"schemaVersion":2,}'), ("junk-behind", b"{} {}"),
    ("null", b"null"), ("number", b"7"), ("text", b'"x"'), ("list", b"[]"), ("true", b"true"), ("empty-object", b"{}"),
    ("duplicate-key", b'{"schemaVersion":2,"schemaVersion":1,"manifests":[],"layers":[],"config":{}}'),
    ("nul-byte", b'{"a":"x\0y"}'), ("nul-escape", b'{"a":"x\\u0000y"}'), ("invalid-utf8", b'{"a":"\xff\xfe"}'),
    ("overlong-utf8", b'{"a":"\xc0\xaf"}'), ("lone-surrogate", b'{"a":"\\ud800"}'), ("bom", b'\xef\xbb\xbf{"schemaVersion":2}'),
    ("utf16", '{"schemaVersion":2}'.encode("utf-16")), ("comment", b'{/* x */"a":1}'), ("single-quotes", b"{'a':1}"), ("nan", b'{"a":NaN}'),
    ("huge-exponent", b'{"a":1e999999}'), ("long-number", b'{"a":' + b"9" * 5000 + b"}"), ("depth-100", b'{"a":' + b"[" * 100 + b"]" * 100 + b"}"),
    ("depth-1000000", b"[" * 1000000), ("depth-objects", b'{"a":' * 200000 + b"1" + b"}" * 200000), ("control-in-text", b'{"a":"x\ny"}'),
)


def broken():
    for name, data in BROKEN:
        bad("json/index-" + name, Layout().index(document=data), JSON + "|" + TYPE + "|max-json-depth|no image")
        layout, layers = simple()
        bad("json/manifest-" + name, layout.index(layout.manifest(layers, manifest=data)), JSON + "|" + TYPE + "|max-json-depth")
        layout, layers = simple()
        bad("json/config-" + name, layout.index(layout.manifest(layers, config=data)), JSON + "|" + TYPE + "|max-json-depth")
        either("json/oci-layout-" + name, _with_layout_file(data))
    deep = [0]
    for _ in range(62):
        deep = [deep]
    good("json/depth-64", image(config={"x": deep}))
    bad("json/depth-65", image(config={"x": [deep]}), "max-json-depth")
    good("json/depth-65-allowed", image(config={"x": [deep]}), args=["--max-json-depth", "65"])
    room = (4 << 20) - len(next(v for k, v in image(config={"x": ""}).files.items() if b'"rootfs"' in v))
    good("json/config-of-4-MiB", image(config={"x": "y" * room}))
    bad("json/config-past-4-MiB", image(config={"x": "y" * (room + 1)}), "max-json-bytes")
    good("json/config-past-4-MiB-allowed", image(config={"x": "y" * (room + 1)}), args=["--max-json-bytes", "5000000"])
    bad("json/index-past-4-MiB", image().index(document={"x": "y" * (5 << 20)}), "max-json-bytes|" + TYPE)
    good("json/unknown-keys", image(config={"x.y": {"z": [1, None, 2.5, "\u202e"]}}, manifest={"annotations": None, "unknown": 1}))
    good("json/blanks", image(config=json.dumps({
        "architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [sha256(small_tar()), sha256(small_tar(b"two\n"))]},
    }, indent=9).encode()))
    good("json/a-million-keys", image(config={"Labels": {"k%d" % i: "" for i in range(100000)}}))


def _with_layout_file(data):
    layout = image()
    layout.files["oci-layout"] = data
    return layout


def types():
    for value in (None, "x", 7, {}, [[]], [None], ["x"], [7], [{}]):
        label = json.dumps(value).replace('"', "")
        bad("type/manifests-%s" % label, Layout().index(document={"manifests": value}), TYPE)
        bad("type/layers-%s" % label, image(manifest={"layers": value}), TYPE)
        if value != {}:
            bad("type/config-descriptor-%s" % label, image(manifest={"config": value}), TYPE)
    bad("type/config-descriptor-empty", image(manifest={"config": {}}), TYPE)
    for key, values in (
        ("history", ("x", 7, {}, [None], ["x"], [[]])), ("created", (7, [], "yesterday", "2026-13-45T99:99:99Z", "9999999-01-01T00:00:00Z", "\x1b[31m")),
        ("config", (None, "x", [])), ("os", (7, None, [])), ("architecture", (7, None, [])), ("author", (7, [])),
    ):
        for i, value in enumerate(values):
            either("type/%s-%d" % (key, i), image(config={key: value}))
    for key, value in (("created", 5), ("created", "\x1b"), ("created_by", 5), ("created_by", ["RUN", "x"]), ("empty_layer", "true"),
                       ("empty_layer", 1), ("comment", {}), ("author", False)):
        history = [{"created": "2026-01-02T03:04:05Z", "created_by": "RUN x", key: value}] * 2
        either("type/history-%s-%s" % (key, type(value).__name__), image(config={"history": history}))


def histories():
    base = {"created": "2026-01-02T03:04:05.5Z", "created_by": "RUN x # buildkit", "comment": "buildkit.dockerfile.v0"}
    good("history/none", image(config={"history": DROP}))
    good("history/null", image(config={"history": None}))
    good("history/empty", image(config={"history": []}))
    either("history/fewer-than-layers", image(config={"history": [base]}))
    either("history/more-than-layers", image(config={"history": [base] * 5}))
    good("history/many-empty", image(config={"history": [base, base] + [{**base, "empty_layer": True}] * 9000}))
    good("history/all-empty-flags-false", image(config={"history": [{**base, "empty_layer": False}] * 2}))
    for name, value in (("zero", "0001-01-01T00:00:00Z"), ("epoch", "1970-01-01T00:00:00Z"), ("past", "1969-12-31T23:59:59Z"), ("null", None),
                        ("offset", "2026-01-02T03:04:05.123456789+14:00"), ("far", "2261-01-01T00:00:00Z")):
        good("history/created-" + name, image(config={"created": value, "history": [{**base, "created": value}] * 2}))
    for name, text in (
        ("escape", "RUN \x1b[2J\x1b]0;title\x07"), ("workflow-command", "::set-output name=x::y\n::error::z"), ("carriage-return", "RUN a\rRUN b"),
        ("bidi", "RUN \u202e evil \u2066x\u2069 \u200f"), ("c1", "RUN \u009b31m"), ("html", "<script>alert(1)</script>\"'&"), ("empty", ""),
        ("csv", '=cmd|"/c calc"!A1'), ("markdown", "a|b`c`[x](http://x)\n# h"), ("mebibyte", "RUN " + "x" * (1 << 20)), ("newlines", "RUN a\n" * 1000),
        ("percent", "%s%n%x"), ("separator", "RUN a\u2028b\u2029c\u0085d"), ("zero-width", "RUN a\u200b\ufeffb"), ("arguments", "RUN |99 A=b /bin/sh -c x"),
        ("arguments-past", "RUN |99999999999999999999 A=b"), ("arguments-open", "RUN |1 A=b"), ("tab", "RUN a\tb"), ("only-blanks", "   \t  "),
        ("workflow-command-old", "##[error]x"), ("workflow-command-indented", "  ::error::x"),
    ):
        good("history/text-" + name, image(created_by=[text, text], config={"author": text}))
    hostile = "x\x1b[31m\n::error::\u202e<b>|`"
    good("text/tag", lambda: _named(hostile))
    good("text/labels", image(config={"config": {"Labels": {hostile: hostile, "org.opencontainers.image.version": hostile}}}))
    good("text/media-type", lambda: _media_type("application/\x1b[31m\n::x::"))
    either("text/platform", lambda: _platform(hostile))


def _named(name):
    layout, layers = simple()
    return layout.index(layout.manifest(layers, descriptor={"annotations": {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name}}))


def _media_type(media_type):
    layout = Layout()
    return layout.index(layout.manifest([layout.layer(small_tar(), gz(small_tar()), media_type)]))


def _platform(text):
    layout, layers = simple()
    descriptor = layout.manifest(layers, config={"os": text, "architecture": text, "variant": text})
    descriptor["platform"] = {"os": text, "architecture": text}
    return layout.index(descriptor)


def nested(depth, width=1):
    """An image below depth indexes, each of which names the next width times."""
    layout = image()
    descriptors = json.loads(layout.files["index.json"])["manifests"]
    for _ in range(depth - 1):
        descriptors = [layout.blob({"schemaVersion": 2, "mediaType": INDEX, "manifests": descriptors}, INDEX)] * width
    return layout.index(*descriptors)


def attested(predicate, subject=None, drop=False, **reference):
    """An image with an attestation manifest beside it."""
    layout, layers = simple()
    descriptor = layout.manifest(layers)
    statement = predicate if isinstance(predicate, bytes) else {
        "_type": "https://in-toto.io/Statement/v0.1", "predicateType": "https://slsa.dev/provenance/v0.2",
        "subject": [{"name": "x", "digest": {"sha256": (subject or descriptor["digest"])[7:]}}], "predicate": predicate}
    body = layout.blob(statement, IN_TOTO, annotations={"in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2"})
    config = layout.blob({"architecture": "unknown", "os": "unknown", "config": {}, "rootfs": {"type": "layers", "diff_ids": [body["digest"]]}}, CONFIG)
    manifest = layout.blob({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [body]}, MANIFEST, platform={
        "architecture": "unknown", "os": "unknown"}, annotations={
            "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": descriptor["digest"], **reference})
    if drop:
        for gone in (body, config, manifest):
            del layout.files["blobs/sha256/" + gone["digest"][7:]]
    return layout.index(descriptor, manifest)


def indexes():
    for depth in (2, 3, 4):
        good("index/depth-%d" % depth, nested(depth))
    bad("index/depth-5", nested(5), "max-index-depth")
    good("index/depth-5-allowed", nested(5), args=["--max-index-depth", "5"])
    bad("index/depth-50", nested(50), "max-index-depth")
    either("index/fan-out", nested(4, 200), slow=True)
    good("index/same-image-3000-times", lambda: _repeated(3000), slow=True)
    bad("index/10001-entries", lambda: _repeated(10001), "max-manifests", slow=True)
    bad("index/over-a-lowered-limit", lambda: _repeated(6), "max-manifests", args=["--max-manifests", "5"])
    good("index/at-a-lowered-limit", lambda: _repeated(5), args=["--max-manifests", "5"])
    bad("index/empty", Layout().index(), "no image|empty|manifests")
    good("index/only-another-platform", lambda: _one("linux/s390x"))
    bad("index/two-other-platforms", lambda: _two_platforms(), "platform|s390x|no image", status=2, args=["--platform", "linux/amd64"])
    bad("index/platform-not-there", lambda: _one("linux/s390x"), "platform|s390x|no image", status=2, args=["--platform", "linux/arm64"])
    good("index/other-platform-asked-for", lambda: _one("linux/s390x"), args=["--platform", "linux/s390x"])
    good("index/other-platforms-absent", lambda: _absent())
    bad("index/platform-nonsense", image(), "platform", status=2, args=["--platform", "linux"])
    bad("index/manifest-is-a-layer", lambda: _mistyped(LAYER), "manifest|media type|no image|" + TYPE)
    bad("index/schema-1", image(manifest={"schemaVersion": 1, "mediaType": "application/vnd.docker.distribution.manifest.v1+json", "fsLayers": [], "config": DROP, "layers": DROP}), TYPE)
    bad("index/both-kinds", image(manifest={"manifests": []}), "both|ambiguous|manifests|layers|media")
    bad("index/calls-itself-an-index", image(manifest={"mediaType": INDEX}), "media|index|manifest")
    good("index/no-media-types", image(manifest={"mediaType": DROP}).index(*json.loads(image(manifest={"mediaType": DROP}).files["index.json"])["manifests"], document={"mediaType": DROP}))
    either("index/config-of-a-helm-chart", lambda: _config_type("application/vnd.cncf.helm.config.v1+json"))
    either("index/unknown-entry-beside", lambda: _beside())
    bad("layers/over-a-lowered-limit", image([small_tar(b"%d" % i) for i in range(6)]), "max-layers", args=["--max-layers", "5"])
    good("layers/at-a-lowered-limit", image([small_tar(b"%d" % i) for i in range(5)]), args=["--max-layers", "5"])
    bad("layers/10001", lambda: _many_layers(10001), "max-layers", slow=True)
    good("layers/1000", lambda: _many_layers(1000), slow=True)
    good("layers/none", lambda: Layout.index(*_no_layers()))
    good("layers/same-twice", lambda: _same_twice())


def _no_layers():
    layout = Layout()
    return layout, layout.manifest([])


def _same_twice():
    layout, layers = simple()
    return layout.index(layout.manifest(layers * 2))


def _many_layers(n):
    layout = Layout()
    return layout.index(layout.manifest([layout.layer(small_tar(), gz(small_tar()))] * n, config={"history": DROP}))


def _repeated(n):
    layout, layers = simple()
    return layout.index(*[layout.manifest(layers)] * n)


def _one(platform):
    layout, layers = simple()
    return layout.index(layout.manifest(layers, platform=platform))


def _two_platforms():
    layout, layers = simple()
    return layout.index(layout.manifest(layers, platform="linux/s390x"), layout.manifest(layers, platform="linux/ppc64le"))


def _absent():
    layout, layers = simple()
    gone = Layout.descriptor(b"gone", MANIFEST, platform={"os": "linux", "architecture": "s390x"})
    return layout.index(gone, layout.manifest(layers))


def _mistyped(media_type):
    layout, layers = simple()
    return layout.index({**layout.manifest(layers), "mediaType": media_type})


def _config_type(media_type):
    layout, layers = simple()
    descriptor = layout.manifest(layers)
    body = json.loads(layout.files["blobs/sha256/" + descriptor["digest"][7:]])
    body["config"]["mediaType"] = media_type
    return layout.index(layout.blob(body, MANIFEST))


def _beside():
    layout, layers = simple()
    return layout.index(layout.blob(b"signature", "application/vnd.example.signature"), layout.manifest(layers))


def attestations():
    metadata = {"buildStartedOn": "2026-01-02T03:04:00Z", "buildFinishedOn": "2026-01-02T03:05:00Z"}
    good("attestation/plain", attested({"metadata": metadata}))
    good("attestation/absent-blobs", attested({"metadata": metadata}, drop=True))
    good("attestation/no-metadata", attested({}))
    for name, predicate in (
        ("started-number", {"metadata": {"buildStartedOn": 5}}), ("started-text", {"metadata": {"buildStartedOn": "soon"}}),
        ("started-far", {"metadata": {"buildStartedOn": "9999-12-31T23:59:59Z"}}), ("metadata-list", {"metadata": []}), ("predicate-null", None),
        ("finished-before-start", {"metadata": {"buildStartedOn": metadata["buildFinishedOn"], "buildFinishedOn": metadata["buildStartedOn"]}}),
        ("target-hostile", {"metadata": metadata, "invocation": {"parameters": {"args": {"target": "\x1b[31m\n::x::<b>"}}}}),
        ("source-with-token", {"metadata": {**metadata, "https://mobyproject.org/buildkit@v1#metadata": {"vcs": {"source": "https://me:hunter2@example.com/x.git"}}}}),
        ("materials-odd", {"metadata": metadata, "materials": [None, 7, {"uri": 5}, {"uri": "pkg:docker/\x1b"}, {"digest": {"sha256": "x"}}]}),
        ("not-json", b"statement"), ("json-list", b"[]"), ("empty", b""), ("v1", {"runDetails": {"metadata": {"startedOn": "2026-01-02T03:04:00Z"}}}),
        ("deep", b'{"predicate":' + b"[" * 500 + b"]" * 500 + b"}"), ("slsa-chains-odd", {"metadata": {**metadata, "https://mobyproject.org/buildkit@v1#metadata": {"layers": {"step0:0": [[None], 7, "x"]}}}}),
    ):
        either("attestation/" + name, attested(predicate))
    either("attestation/other-subject", attested({"metadata": metadata}, subject="sha256:" + "0" * 64))
    either("attestation/refers-to-nothing", attested({"metadata": metadata}, **{"vnd.docker.reference.digest": "sha256:" + "0" * 64}))
    either("attestation/refers-to-text", attested({"metadata": metadata}, **{"vnd.docker.reference.digest": "\x1b"}))


descriptors()
broken()
types()
histories()
indexes()
attestations()
