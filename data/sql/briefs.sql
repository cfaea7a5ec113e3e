-- SPDX-License-Identifier: Apache-2.0
-- Prices of steps, and builds in short.

-- name: price_put
INSERT INTO prices (project_id, step, scope_id, time_unix_ns, id, duration_ns)
VALUES (:project_id, :step, :scope_id, :time_unix_ns, :id, :duration_ns)
ON CONFLICT (project_id, step, scope_id, time_unix_ns, id)
DO UPDATE SET duration_ns = excluded.duration_ns;

-- name: price_drop
DELETE FROM prices WHERE project_id = :project_id AND step = :step AND scope_id = :scope_id
	AND time_unix_ns = :time_unix_ns AND id = :id;

-- name: price_get
SELECT duration_ns FROM prices WHERE project_id = :project_id AND step = :step
	AND scope_id = :scope_id AND time_unix_ns = :time_unix_ns AND id = :id;

-- The last one of a scope before a build.
-- name: price_before
SELECT duration_ns, time_unix_ns, id FROM prices
WHERE project_id = :project_id AND step = :step AND scope_id = :scope_id
	AND (time_unix_ns, id) < (:time_unix_ns, :id)
ORDER BY time_unix_ns DESC, id DESC LIMIT 1;

-- The scopes that a step ran in, one after the other: each call one step in the index.
-- name: price_next_scope
SELECT MIN(scope_id) FROM prices
WHERE project_id = :project_id AND step = :step AND scope_id > :scope_id;

-- Behind the builds that are kept one row is enough.
-- name: prices_sweep
DELETE FROM prices WHERE project_id = :project_id AND time_unix_ns < :time_unix_ns AND EXISTS (
	SELECT 1 FROM prices q
	WHERE q.project_id = prices.project_id AND q.step = prices.step
		AND q.scope_id = prices.scope_id
		AND (q.time_unix_ns, q.id) > (prices.time_unix_ns, prices.id)
		AND q.time_unix_ns < :time_unix_ns);

-- name: project_oldest
SELECT MIN(time_unix_ns) FROM builds WHERE project_id = :project_id;

-- The first build of a scope before another one, then those of after it.
-- name: scope_before
SELECT time_unix_ns, id FROM builds
WHERE project_id = :project_id AND scope_id = :scope_id
	AND (time_unix_ns, id) > (:since, :since_id) AND (time_unix_ns, id) < (:time_unix_ns, :id)
ORDER BY time_unix_ns, id LIMIT 1;

-- name: scope_forgotten
SELECT 1 FROM forgotten_scopes
WHERE project_id = :project_id AND scope_id = :scope_id
	AND (time_unix_ns, id) < (:time_unix_ns, :id);

-- name: scope_forget
INSERT INTO forgotten_scopes (project_id, scope_id, time_unix_ns, id)
SELECT project_id, scope_id, time_unix_ns, id FROM builds WHERE build_no = :build_no
ON CONFLICT (project_id, scope_id) DO UPDATE
SET time_unix_ns = excluded.time_unix_ns, id = excluded.id
WHERE (excluded.time_unix_ns, excluded.id) < (forgotten_scopes.time_unix_ns, forgotten_scopes.id);

-- name: brief_put
INSERT INTO briefs (build_no, project_id, data) VALUES (:build_no, :project_id, :data)
ON CONFLICT (build_no) DO UPDATE SET project_id = excluded.project_id, data = excluded.data;

-- name: brief_drop
DELETE FROM briefs WHERE build_no = :build_no;

-- What a brief says by numbers.
-- name: brief_numbers
SELECT project_id, scope_id, target_id, platform_id, job_id, workflow_id, ref_id, run_no, id,
	recorded_unix_ns, n_labels, n_steps, n_layers
FROM builds WHERE build_no = :build_no;

-- name: brief_def
SELECT class, stage_id, instruction_id, name_id FROM step_defs WHERE def_no = :def_no;

-- name: brief_run
SELECT run_id, attempt FROM runs WHERE run_no = :run_no;

-- name: brief_project
SELECT name FROM projects WHERE project_id = :project_id;

-- Pages of builds, oldest first.
-- name: briefs_all
SELECT b.build_no, b.time_unix_ns, b.id, f.project_id, f.data
FROM builds b LEFT JOIN briefs f ON f.build_no = b.build_no
WHERE (b.time_unix_ns, b.id) > (:time, :id) AND b.time_unix_ns <= :until
ORDER BY b.time_unix_ns, b.id LIMIT :n;

-- name: briefs_project
SELECT b.build_no, b.time_unix_ns, b.id, f.project_id, f.data
FROM builds b LEFT JOIN briefs f ON f.build_no = b.build_no
WHERE b.project_id = :project_id
	AND (b.time_unix_ns, b.id) > (:time, :id) AND b.time_unix_ns <= :until
ORDER BY b.time_unix_ns, b.id LIMIT :n;

-- name: briefs_scope
SELECT b.build_no, b.time_unix_ns, b.id, f.project_id, f.data
FROM builds b LEFT JOIN briefs f ON f.build_no = b.build_no
WHERE b.project_id = :project_id AND b.scope_id = :scope_id
	AND (b.time_unix_ns, b.id) > (:time, :id) AND b.time_unix_ns <= :until
ORDER BY b.time_unix_ns, b.id LIMIT :n;

-- name: stale_put
INSERT INTO stale_briefs (project_id, time_unix_ns, id) VALUES (:project_id, :time_unix_ns, :id)
ON CONFLICT (project_id) DO UPDATE
SET time_unix_ns = excluded.time_unix_ns, id = excluded.id
WHERE (excluded.time_unix_ns, excluded.id) < (stale_briefs.time_unix_ns, stale_briefs.id);

-- name: stale_drop
DELETE FROM stale_briefs WHERE project_id = :project_id;

-- name: stale_all
SELECT project_id, time_unix_ns, id FROM stale_briefs ORDER BY project_id;

-- name: stale_get
SELECT project_id, time_unix_ns, id FROM stale_briefs WHERE project_id = :project_id;

-- Builds from one on, itself too.
-- name: stale_builds
SELECT build_no, time_unix_ns, id FROM builds
WHERE project_id = :project_id AND (time_unix_ns, id) >= (:time_unix_ns, :id)
ORDER BY time_unix_ns, id LIMIT :n;

-- The place of a build, as a mark.
-- name: stale_place
SELECT project_id, time_unix_ns, id FROM builds WHERE build_no = :build_no;
