-- SPDX-License-Identifier: Apache-2.0
-- Forgetting. Everything only one build used goes with it; dictionaries are swept afterwards.

-- name: prune_build_facts
SELECT project_id, run_no FROM builds WHERE build_no = :build_no;

-- name: prune_build_places
SELECT DISTINCT p.place_no, p.layer_no, l.diff_id
FROM build_layers b JOIN places p ON p.place_no = b.place_no
JOIN layers l ON l.layer_no = p.layer_no
WHERE b.build_no = :build_no;

-- name: prune_labels
DELETE FROM build_labels WHERE build_no = :build_no;

-- name: prune_steps
DELETE FROM build_steps WHERE build_no = :build_no;

-- name: prune_build_layers
DELETE FROM build_layers WHERE build_no = :build_no;

-- name: prune_build
DELETE FROM builds WHERE build_no = :build_no;

-- name: prune_result
DELETE FROM build_results WHERE project_id = :project_id AND head = :head AND kind = :kind
	AND time_unix_ns = :time_unix_ns AND build_no = :build_no;

-- name: prune_run_unused
SELECT run_no FROM runs WHERE run_no = :run_no
	AND NOT EXISTS (SELECT 1 FROM builds WHERE run_no = :run_no);

-- name: prune_run_labels
DELETE FROM run_labels WHERE run_no = :run_no;

-- name: prune_run_jobs
DELETE FROM run_jobs WHERE run_no = :run_no;

-- name: prune_run
DELETE FROM runs WHERE run_no = :run_no;

-- name: prune_place
DELETE FROM places WHERE place_no = :place_no
	AND NOT EXISTS (SELECT 1 FROM build_layers WHERE place_no = :place_no);

-- name: prune_layer_unused
SELECT layer_no FROM layers WHERE layer_no = :layer_no
	AND NOT EXISTS (SELECT 1 FROM places WHERE layer_no = :layer_no);

-- name: prune_layer
DELETE FROM layers WHERE layer_no = :layer_no;

-- name: prune_manifest
DELETE FROM manifests WHERE project_id = :project_id AND diff_id = :diff_id
	AND NOT EXISTS (SELECT 1 FROM layers
		WHERE project_id = :project_id AND substr(diff_id, 1, 9) = substr(:diff_id, 1, 9)
			AND diff_id = :diff_id);

-- name: prune_layer_users
SELECT b.build_no FROM places p JOIN build_layers b ON b.place_no = p.place_no
WHERE p.layer_no = :layer_no;

-- name: prune_last_build
SELECT COALESCE(MAX(build_no), 0) FROM builds;

-- name: prune_last_rewrite
SELECT COALESCE(MAX(rewrite_no), 0) FROM rewrites;

-- Uses of the dictionaries by builds behind :after, and by those written again behind :rewrite;
-- every column is a number in them or NULL, but for the steps, which hold such numbers.
-- name: uses_steps
SELECT data FROM build_steps WHERE build_no > :after
UNION ALL SELECT data FROM build_steps
WHERE build_no IN (SELECT build_no FROM rewrites WHERE rewrite_no > :rewrite);

-- name: uses_texts_builds
SELECT scope_id, event_raw_id, ref_id, workflow_id, job_id, target_id, platform_id,
	image_ref_id, recipe_id, dockerfile_id, revision_id, error_id FROM builds WHERE build_no > :after
UNION ALL SELECT scope_id, event_raw_id, ref_id, workflow_id, job_id, target_id, platform_id,
	image_ref_id, recipe_id, dockerfile_id, revision_id, error_id FROM builds
WHERE build_no IN (SELECT build_no FROM rewrites WHERE rewrite_no > :rewrite);

-- name: uses_texts_labels
SELECT key_id, value_id FROM build_labels WHERE build_no > :after
UNION ALL SELECT key_id, value_id FROM build_labels
WHERE build_no IN (SELECT build_no FROM rewrites WHERE rewrite_no > :rewrite);

-- name: uses_texts_layers
SELECT scope_id, seen_scope_id, why_id FROM build_layers WHERE build_no > :after
UNION ALL SELECT scope_id, seen_scope_id, why_id FROM build_layers
WHERE build_no IN (SELECT build_no FROM rewrites WHERE rewrite_no > :rewrite);

-- Places are not numbered by builds: they are read whole at first, then those that later builds have.
-- Definitions, which are few, and runs are read whole each time.
-- name: uses_texts_defs
SELECT name_id, stage_id, instruction_id, platform_id FROM step_defs;

-- name: uses_texts_places
SELECT media_type_id, created_by_id, comment_id, author_id FROM places;

-- name: uses_texts_places_after
SELECT p.media_type_id, p.created_by_id, p.comment_id, p.author_id
FROM build_layers b JOIN places p ON p.place_no = b.place_no WHERE b.build_no > :after
UNION ALL SELECT p.media_type_id, p.created_by_id, p.comment_id, p.author_id
FROM build_layers b JOIN places p ON p.place_no = b.place_no
WHERE b.build_no IN (SELECT build_no FROM rewrites WHERE rewrite_no > :rewrite);

-- name: uses_texts_runs
SELECT workflow_id, event_raw_id, ref_id, conclusion_id FROM runs;

-- name: uses_texts_run_labels
SELECT key_id, value_id FROM run_labels;

-- name: uses_texts_run_jobs
SELECT name_id, conclusion_id FROM run_jobs;

-- name: uses_texts_forgotten
SELECT scope_id FROM forgotten_scopes;

-- name: all_defs
SELECT def_no FROM step_defs ORDER BY def_no;

-- name: all_texts
SELECT text_id FROM texts ORDER BY text_id;

-- name: prune_def
DELETE FROM step_defs WHERE def_no = :no;

-- name: prune_text
DELETE FROM texts WHERE text_id = :no;
