-- SPDX-License-Identifier: Apache-2.0
-- Sizes, and what no foreign key watches.

-- name: info_builds
SELECT COUNT(*), CAST(COALESCE(SUM(n_steps), 0) AS BIGINT), MIN(time_unix_ns), MAX(time_unix_ns)
FROM builds;

-- Each of these counts the shortest index.
-- name: info_n_builds
SELECT COUNT(*) FROM builds;

-- name: info_projects
SELECT COUNT(*) FROM projects;

-- name: info_runs
SELECT COUNT(*) FROM runs;

-- name: info_layers
SELECT COUNT(*) FROM layers;

-- name: info_manifests
SELECT COUNT(*) FROM manifests WHERE part = 0;

-- name: info_manifest_bytes
SELECT CAST(COALESCE(SUM(LENGTH(data)), 0) AS BIGINT) FROM manifests;

-- name: check_builds_steps
SELECT b.build_no FROM builds b LEFT JOIN build_steps s ON s.build_no = b.build_no
WHERE CASE WHEN b.n_steps > 0 THEN 1 ELSE 0 END <> CASE WHEN s.build_no IS NULL THEN 0 ELSE 1 END;

-- name: check_builds_layers
SELECT b.build_no FROM builds b
WHERE b.n_layers <> (SELECT COUNT(*) FROM build_layers l WHERE l.build_no = b.build_no);

-- name: check_builds_labels
SELECT b.build_no FROM builds b
WHERE b.n_labels <> (SELECT COUNT(*) FROM build_labels l WHERE l.build_no = b.build_no);

-- name: check_builds_results
SELECT b.build_no FROM builds b LEFT JOIN (
	SELECT r.build_no AS no, COUNT(*) AS n FROM build_results r
	JOIN builds o ON o.build_no = r.build_no AND r.project_id = o.project_id
		AND r.time_unix_ns = o.time_unix_ns
		AND r.kind = CASE WHEN o.n_layers > 0 THEN 1 ELSE 0 END
			+ CASE WHEN o.builder_ref IS NULL THEN 0 ELSE 2 END
	GROUP BY r.build_no) c ON c.no = b.build_no
WHERE b.n_results <> COALESCE(c.n, 0);

-- name: check_results_build
SELECT DISTINCT r.build_no FROM build_results r
WHERE NOT EXISTS (SELECT 1 FROM builds b WHERE b.build_no = r.build_no);

-- name: check_layers_scope
SELECT DISTINCT l.build_no FROM build_layers l JOIN builds b ON b.build_no = l.build_no
WHERE l.scope_id <> b.scope_id;

-- name: check_manifests
SELECT m.manifest_no FROM manifests m
WHERE m.part > 0 AND NOT EXISTS (SELECT 1 FROM manifests p
	WHERE p.project_id = m.project_id AND p.diff_id = m.diff_id AND p.part = m.part - 1);

-- name: check_briefs
SELECT b.build_no FROM builds b LEFT JOIN briefs f ON f.build_no = b.build_no
LEFT JOIN stale_briefs s ON s.project_id = b.project_id
WHERE (f.build_no IS NULL
		AND (s.project_id IS NULL OR (b.time_unix_ns, b.id) < (s.time_unix_ns, s.id)))
	OR f.project_id <> b.project_id;
