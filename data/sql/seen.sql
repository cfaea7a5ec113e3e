-- SPDX-License-Identifier: Apache-2.0
-- What was recorded before a build (:before, in the order of recording).

-- name: seen_places
SELECT p.place_no, p.created_unix_ns, l.blob_digest
FROM places p JOIN layers l ON l.layer_no = p.layer_no
WHERE p.project_id = :project_id
	AND COALESCE(substr(p.chain_id, 1, 9), p.hash) = substr(:chain_id, 1, 9)
	AND p.chain_id = :chain_id;

-- name: seen_places_at
SELECT p.place_no, p.created_unix_ns, l.blob_digest
FROM places p JOIN layers l ON l.layer_no = p.layer_no
WHERE p.project_id = :project_id
	AND COALESCE(substr(p.chain_id, 1, 9), p.hash) = substr(:chain_id, 1, 9)
	AND p.created_unix_ns = :created AND p.chain_id = :chain_id;

-- name: seen_in_scope
SELECT MIN(build_no) FROM build_layers WHERE place_no = :place_no AND scope_id = :scope_id;

-- The scopes that hold a layer, one after the other: each call one step in the index.
-- name: seen_next_scope
SELECT MIN(scope_id) FROM build_layers WHERE place_no = :place_no AND scope_id > :scope_id;

-- name: seen_build
SELECT id, scope_id, started_unix_ns, config_digest FROM builds WHERE build_no = :build_no;

-- name: scope_builds
SELECT COUNT(*) FROM builds
WHERE project_id = :project_id AND scope_id = :scope_id AND build_no < :before;

-- name: present_diff_id
SELECT 1 FROM layers l JOIN places p ON p.layer_no = l.layer_no
WHERE l.project_id = :project_id AND substr(l.diff_id, 1, 9) = substr(:diff_id, 1, 9)
	AND l.diff_id = :diff_id AND EXISTS (
	SELECT 1 FROM build_layers b
	WHERE b.place_no = p.place_no AND b.scope_id = :scope_id AND b.build_no < :before)
LIMIT 1;

-- name: present_blob
SELECT 1 FROM layers l JOIN places p ON p.layer_no = l.layer_no
WHERE l.project_id = :project_id AND substr(l.blob_digest, 1, 9) = substr(:blob_digest, 1, 9)
	AND l.blob_digest = :blob_digest AND EXISTS (
	SELECT 1 FROM build_layers b
	WHERE b.place_no = p.place_no AND b.scope_id = :scope_id AND b.build_no < :before)
LIMIT 1;

-- name: base_by_name
SELECT MAX(build_no) FROM builds WHERE project_id = :project_id AND image_ref_id = :text_id;

-- name: base_layers
SELECT l.diff_id FROM build_layers b JOIN places p ON p.place_no = b.place_no
JOIN layers l ON l.layer_no = p.layer_no
WHERE b.build_no = :build_no ORDER BY b.idx;
