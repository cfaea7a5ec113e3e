-- SPDX-License-Identifier: Apache-2.0
-- Layers, their places, their entry lists.

-- name: layer_by_blob
SELECT layer_no, blob_digest, diff_id, blob_bytes, tar_bytes, content_digest, entries, files,
	directories, symlinks, hardlinks, whiteouts, devices, fifos, sparse, file_bytes
FROM layers WHERE project_id = :project_id
	AND substr(blob_digest, 1, 9) = substr(:blob_digest, 1, 9) AND blob_digest = :blob_digest;

-- name: layer_by_diff_id
SELECT layer_no, blob_digest, diff_id, blob_bytes, tar_bytes, content_digest, entries, files,
	directories, symlinks, hardlinks, whiteouts, devices, fifos, sparse, file_bytes
FROM layers WHERE project_id = :project_id
	AND substr(diff_id, 1, 9) = substr(:diff_id, 1, 9) AND diff_id = :diff_id;

-- name: layer_insert
INSERT INTO layers (project_id, blob_digest, diff_id, blob_bytes, tar_bytes, content_digest,
	entries, files, directories, symlinks, hardlinks, whiteouts, devices, fifos, sparse,
	file_bytes)
VALUES (:project_id, :blob_digest, :diff_id, :blob_bytes, :tar_bytes, :content_digest, :entries,
	:files, :directories, :symlinks, :hardlinks, :whiteouts, :devices, :fifos, :sparse,
	:file_bytes);

-- name: layer_update
UPDATE layers SET blob_digest = :blob_digest, diff_id = :diff_id, blob_bytes = :blob_bytes,
	tar_bytes = :tar_bytes, content_digest = :content_digest, entries = :entries,
	files = :files, directories = :directories, symlinks = :symlinks, hardlinks = :hardlinks,
	whiteouts = :whiteouts, devices = :devices, fifos = :fifos, sparse = :sparse,
	file_bytes = :file_bytes
WHERE layer_no = :layer_no;

-- name: place_find
SELECT p.place_no, l.content_digest IS NOT NULL
FROM places p JOIN layers l ON l.layer_no = p.layer_no
WHERE p.project_id = :project_id AND COALESCE(substr(p.chain_id, 1, 9), p.hash) = :key
	AND p.created_unix_ns IS :created_unix_ns AND p.hash = :hash;

-- name: place_insert
INSERT INTO places (project_id, hash, chain_id, layer_no, media_type_id, has_history,
	created_unix_ns, created_by_id, comment_id, author_id)
VALUES (:project_id, :hash, :chain_id, :layer_no, :media_type_id, :has_history,
	:created_unix_ns, :created_by_id, :comment_id, :author_id);

-- name: manifest_has
SELECT 1 FROM manifests WHERE project_id = :project_id AND diff_id = :diff_id AND part = 0;

-- name: manifest_insert
INSERT INTO manifests (project_id, diff_id, part, data)
VALUES (:project_id, :diff_id, :part, :data);

-- name: manifest_get
SELECT data FROM manifests WHERE project_id = :project_id AND diff_id = :diff_id ORDER BY part;

-- name: build_layer_insert
INSERT INTO build_layers (build_no, idx, place_no, scope_id, verdict, seen_scope_id,
	seen_build, why_id)
VALUES (:build_no, :idx, :place_no, :scope_id, :verdict, :seen_scope_id, :seen_build, :why_id);

-- name: layers_get
SELECT l.layer_no, l.blob_digest, l.diff_id, l.blob_bytes, l.tar_bytes, l.content_digest,
	l.entries, l.files, l.directories, l.symlinks, l.hardlinks, l.whiteouts, l.devices,
	l.fifos, l.sparse, l.file_bytes,
	p.chain_id, p.media_type_id, p.has_history, p.created_unix_ns, p.created_by_id,
	p.comment_id, p.author_id,
	b.verdict, b.seen_scope_id, b.seen_build, b.why_id
FROM build_layers b JOIN places p ON p.place_no = b.place_no
JOIN layers l ON l.layer_no = p.layer_no
WHERE b.build_no = :build_no ORDER BY b.idx;
