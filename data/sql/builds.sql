-- SPDX-License-Identifier: Apache-2.0
-- Builds and their labels.

-- name: build_find
SELECT build_no FROM builds WHERE id = :id;

-- build_no NULL: the next one.
-- name: build_insert
INSERT INTO builds (build_no, project_id, id, time_unix_ns, scope_id, event, event_raw_id, ref_id,
	commit_name, run_no, attempt, workflow_id, job_id, target_id, platform_id,
	started_unix_ns, completed_unix_ns, recorded_unix_ns, tests_passed, pushed, builder_ref,
	invocation_id, source_kind, status, source, image_ref_id, manifest_digest,
	config_digest, results, image_created_unix_ns, builder_cached_steps, builder_total_steps,
	builder_completed_steps, base_evidence, base_layers, graph, origins, recipe_id,
	dockerfile_id, revision_id, error_id, n_warnings, n_labels, n_steps, n_layers, n_results)
VALUES (:build_no, :project_id, :id, :time_unix_ns, :scope_id, :event, :event_raw_id, :ref_id,
	:commit_name, :run_no, :attempt, :workflow_id, :job_id, :target_id, :platform_id,
	:started_unix_ns, :completed_unix_ns, :recorded_unix_ns, :tests_passed, :pushed,
	:builder_ref, :invocation_id, :source_kind, :status, :source, :image_ref_id,
	:manifest_digest, :config_digest, :results, :image_created_unix_ns, :builder_cached_steps,
	:builder_total_steps, :builder_completed_steps, :base_evidence, :base_layers, :graph,
	:origins, :recipe_id, :dockerfile_id, :revision_id, :error_id, :n_warnings, :n_labels,
	:n_steps, :n_layers, :n_results);

-- name: result_insert
INSERT INTO build_results (project_id, head, kind, time_unix_ns, build_no)
VALUES (:project_id, :head, :kind, :time_unix_ns, :build_no)
ON CONFLICT (project_id, head, kind, time_unix_ns, build_no) DO NOTHING;

-- name: former_find
SELECT build_no FROM former_ids WHERE id = :id;

-- name: former_by_prefix
SELECT build_no FROM former_ids WHERE id >= :low AND id <= :high LIMIT 1;

-- name: former_count_prefix
SELECT COUNT(DISTINCT build_no) FROM former_ids WHERE id >= :low AND id <= :high;

-- name: former_insert
INSERT INTO former_ids (id, build_no) VALUES (:id, :build_no);

-- name: former_forget
DELETE FROM former_ids WHERE id = :id;

-- name: former_get
SELECT id FROM former_ids WHERE build_no = :build_no;

-- name: former_drop
DELETE FROM former_ids WHERE build_no = :build_no;

-- name: rewrite_forget
DELETE FROM rewrites WHERE build_no = :build_no;

-- name: rewrite_insert
INSERT INTO rewrites (build_no) VALUES (:build_no);

-- name: label_insert
INSERT INTO build_labels (build_no, key_id, value_id) VALUES (:build_no, :key_id, :value_id);

-- The columns are read in this order by src/store/store_builds_row.c.
-- name: build_get
SELECT p.name, b.id, b.time_unix_ns, b.scope_id, b.event, b.event_raw_id, b.ref_id,
	b.commit_name, r.run_id, b.attempt, b.workflow_id, b.job_id, b.target_id, b.platform_id,
	b.started_unix_ns, b.completed_unix_ns, b.recorded_unix_ns, b.tests_passed, b.pushed,
	b.builder_ref, b.invocation_id, b.source_kind, b.status, b.source, b.image_ref_id,
	b.manifest_digest, b.config_digest, b.image_created_unix_ns, b.builder_cached_steps,
	b.builder_total_steps, b.builder_completed_steps, b.base_evidence, b.base_layers,
	b.graph, b.origins, b.recipe_id, b.dockerfile_id, b.revision_id, b.error_id,
	b.n_warnings, b.n_labels, b.n_steps, b.n_layers, b.n_results
FROM builds b JOIN projects p ON p.project_id = b.project_id
LEFT JOIN runs r ON r.run_no = b.run_no
WHERE b.build_no = :build_no;

-- name: results_get
SELECT results FROM builds WHERE build_no = :build_no;

-- What its rows of build_results are made of.
-- name: result_keys
SELECT project_id, time_unix_ns, CASE WHEN n_layers > 0 THEN 1 ELSE 0 END,
	CASE WHEN builder_ref IS NULL THEN 0 ELSE 1 END, graph, manifest_digest, config_digest,
	results
FROM builds WHERE build_no = :build_no;

-- name: labels_get
SELECT key_id, value_id FROM build_labels WHERE build_no = :build_no;

-- A page of keys, newest first: those behind (:time, :id). Three statements instead of one with
-- conditions, so that each has an index that gives its order without sorting.
-- name: page_all
SELECT build_no, time_unix_ns, id FROM builds
WHERE time_unix_ns <= :time AND time_unix_ns >= :since AND (time_unix_ns < :time OR id < :id)
ORDER BY time_unix_ns DESC, id DESC LIMIT :n;

-- name: page_project
SELECT build_no, time_unix_ns, id FROM builds
WHERE project_id = :project_id
	AND time_unix_ns <= :time AND time_unix_ns >= :since AND (time_unix_ns < :time OR id < :id)
ORDER BY time_unix_ns DESC, id DESC LIMIT :n;

-- name: page_scope
SELECT build_no, time_unix_ns, id FROM builds
WHERE project_id = :project_id AND scope_id = :scope_id
	AND time_unix_ns <= :time AND time_unix_ns >= :since AND (time_unix_ns < :time OR id < :id)
ORDER BY time_unix_ns DESC, id DESC LIMIT :n;

-- The same, oldest first.
-- name: page_all_up
SELECT build_no, time_unix_ns, id FROM builds
WHERE time_unix_ns >= :time AND time_unix_ns <= :until AND (time_unix_ns > :time OR id > :id)
ORDER BY time_unix_ns, id LIMIT :n;

-- name: page_project_up
SELECT build_no, time_unix_ns, id FROM builds
WHERE project_id = :project_id
	AND time_unix_ns >= :time AND time_unix_ns <= :until AND (time_unix_ns > :time OR id > :id)
ORDER BY time_unix_ns, id LIMIT :n;

-- name: page_scope_up
SELECT build_no, time_unix_ns, id FROM builds
WHERE project_id = :project_id AND scope_id = :scope_id
	AND time_unix_ns >= :time AND time_unix_ns <= :until AND (time_unix_ns > :time OR id > :id)
ORDER BY time_unix_ns, id LIMIT :n;

-- name: build_by_prefix
SELECT build_no FROM builds WHERE id >= :low AND id <= :high LIMIT 1;

-- name: build_count_prefix
SELECT COUNT(*) FROM builds WHERE id >= :low AND id <= :high;

-- name: build_by_ref
SELECT MAX(build_no) FROM builds
WHERE project_id = :project_id AND builder_ref = :builder_ref;

-- Builds of a kind that the head of a digest (or a graph) ties to another, the newest first.
-- name: kin_by_head
SELECT build_no FROM build_results
WHERE project_id = :project_id AND head = :head AND kind = :kind
	AND time_unix_ns BETWEEN :since AND :until
ORDER BY time_unix_ns DESC LIMIT :n;

-- name: kin_by_ref
SELECT build_no FROM builds WHERE project_id = :project_id AND builder_ref = :builder_ref
LIMIT :n;

-- name: build_recorded
SELECT recorded_unix_ns FROM builds WHERE build_no = :build_no;
