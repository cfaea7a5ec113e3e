-- SPDX-License-Identifier: Apache-2.0
-- What was recorded before a build (:before, in the order of recording).

-- name: seen_chains
SELECT chain_no FROM chains WHERE project_id = :project_id AND chain_id = :chain_id;

-- name: seen_in_scope
SELECT MIN(build_no) FROM build_layers WHERE chain_no = :chain_no AND scope_id = :scope_id;

-- The first that holds the chain with this time. Layers that many builds share have one time, so
-- the index is left at its first row; it is walked only past builds that ran the step again.
-- name: seen_in_scope_at
SELECT build_no FROM build_layers
WHERE chain_no = :chain_no AND scope_id = :scope_id AND created_unix_ns = :created
ORDER BY build_no LIMIT 1;

-- The scopes that hold a chain, one after the other: each call one step in the index.
-- name: seen_next_scope
SELECT MIN(scope_id) FROM build_layers WHERE chain_no = :chain_no AND scope_id > :scope_id;

-- name: seen_build
SELECT b.id, b.scope_id, b.started_unix_ns, b.config_digest, l.created_unix_ns
FROM build_layers l JOIN builds b ON b.build_no = l.build_no
WHERE l.build_no = :build_no AND l.chain_no = :chain_no ORDER BY l.idx;

-- name: scope_builds
SELECT COUNT(*) FROM builds
WHERE project_id = :project_id AND scope_id = :scope_id AND build_no < :before;

-- name: present_diff_id
SELECT 1 FROM layers l JOIN chains c ON c.layer_no = l.layer_no
WHERE l.project_id = :project_id AND l.diff_id = :diff_id AND EXISTS (
	SELECT 1 FROM build_layers b
	WHERE b.chain_no = c.chain_no AND b.scope_id = :scope_id AND b.build_no < :before)
LIMIT 1;

-- name: present_blob
SELECT 1 FROM layers l JOIN chains c ON c.layer_no = l.layer_no
WHERE l.project_id = :project_id AND l.blob_digest = :blob_digest AND EXISTS (
	SELECT 1 FROM build_layers b
	WHERE b.chain_no = c.chain_no AND b.scope_id = :scope_id AND b.build_no < :before)
LIMIT 1;

-- name: base_by_manifest
SELECT MAX(build_no) FROM builds
WHERE project_id = :project_id AND manifest_digest = :digest;

-- name: base_by_config
SELECT MAX(build_no) FROM builds WHERE project_id = :project_id AND config_digest = :digest;

-- name: base_by_name
SELECT MAX(build_no) FROM builds WHERE project_id = :project_id AND image_ref_id = :text_id;

-- name: base_layers
SELECT l.diff_id FROM build_layers b JOIN chains c ON c.chain_no = b.chain_no
JOIN layers l ON l.layer_no = c.layer_no
WHERE b.build_no = :build_no ORDER BY b.idx;
