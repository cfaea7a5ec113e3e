-- SPDX-License-Identifier: Apache-2.0
-- Forgetting. Everything only one build used goes with it; dictionaries are swept afterwards.

-- name: prune_build_facts
SELECT project_id, run_no FROM builds WHERE build_no = :build_no;

-- name: prune_build_chains
SELECT DISTINCT c.chain_no, c.layer_no, l.diff_id
FROM build_layers b JOIN chains c ON c.chain_no = b.chain_no
JOIN layers l ON l.layer_no = c.layer_no
WHERE b.build_no = :build_no;

-- name: prune_labels
DELETE FROM build_labels WHERE build_no = :build_no;

-- name: prune_steps
DELETE FROM steps WHERE build_no = :build_no;

-- name: prune_build_layers
DELETE FROM build_layers WHERE build_no = :build_no;

-- name: prune_build
DELETE FROM builds WHERE build_no = :build_no;

-- name: prune_run
DELETE FROM runs WHERE run_no = :run_no
	AND NOT EXISTS (SELECT 1 FROM builds WHERE run_no = :run_no);

-- name: prune_chain
DELETE FROM chains WHERE chain_no = :chain_no
	AND NOT EXISTS (SELECT 1 FROM build_layers WHERE chain_no = :chain_no);

-- name: prune_layer_unused
SELECT layer_no FROM layers WHERE layer_no = :layer_no
	AND NOT EXISTS (SELECT 1 FROM chains WHERE layer_no = :layer_no);

-- name: prune_layer
DELETE FROM layers WHERE layer_no = :layer_no;

-- name: prune_manifest
DELETE FROM manifests WHERE project_id = :project_id AND diff_id = :diff_id
	AND NOT EXISTS (SELECT 1 FROM layers
		WHERE project_id = :project_id AND diff_id = :diff_id);

-- name: prune_layer_users
SELECT b.build_no FROM chains c JOIN build_layers b ON b.chain_no = c.chain_no
WHERE c.layer_no = :layer_no;

-- name: prune_last_build
SELECT COALESCE(MAX(build_no), 0) FROM builds;

-- Uses of the dictionaries by builds behind :after; every column is a number in them or NULL.
-- name: uses_defs_steps
SELECT def_no FROM steps WHERE build_no > :after;

-- name: uses_texts_builds
SELECT scope_id, event_raw_id, ref_id, workflow_id, job_id, target_id, platform_id, image_ref_id
FROM builds WHERE build_no > :after;

-- name: uses_texts_labels
SELECT key_id, value_id FROM build_labels WHERE build_no > :after;

-- name: uses_texts_steps
SELECT error_id FROM steps WHERE build_no > :after AND error_id IS NOT NULL;

-- name: uses_texts_layers
SELECT scope_id, media_type_id, created_by_id, comment_id, author_id, seen_scope_id, why_id
FROM build_layers WHERE build_no > :after;

-- Runs and definitions are not numbered by builds: they are read whole.
-- name: uses_texts_runs
SELECT workflow_id, event_raw_id, ref_id, conclusion_id FROM runs;

-- name: uses_texts_defs
SELECT name_id, stage_id, instruction_id, platform_id FROM step_defs;

-- name: all_defs
SELECT def_no FROM step_defs ORDER BY def_no;

-- name: all_texts
SELECT text_id FROM texts ORDER BY text_id;

-- name: prune_def
DELETE FROM step_defs WHERE def_no = :no;

-- name: prune_text
DELETE FROM texts WHERE text_id = :no;
