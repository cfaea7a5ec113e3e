-- SPDX-License-Identifier: Apache-2.0
-- What the nightly job keeps: sums of pruned days, and which files of an inbox are in already.

-- name: rollup_add
INSERT INTO rollups (project_id, day_unix_ns, scope, event, builds, failed_builds, cold_builds,
	step_hits, step_runs, hits, priced_hits, timed_builds, saved_ns, run_ns, overhead_ns,
	durations, duration_ns)
VALUES (:project_id, :day_unix_ns, :scope, :event, :builds, :failed_builds, :cold_builds,
	:step_hits, :step_runs, :hits, :priced_hits, :timed_builds, :saved_ns, :run_ns,
	:overhead_ns, :durations, :duration_ns)
ON CONFLICT (project_id, day_unix_ns, scope, event) DO UPDATE SET
	builds = rollups.builds + excluded.builds,
	failed_builds = rollups.failed_builds + excluded.failed_builds,
	cold_builds = rollups.cold_builds + excluded.cold_builds,
	step_hits = rollups.step_hits + excluded.step_hits,
	step_runs = rollups.step_runs + excluded.step_runs,
	hits = rollups.hits + excluded.hits,
	priced_hits = rollups.priced_hits + excluded.priced_hits,
	timed_builds = rollups.timed_builds + excluded.timed_builds,
	saved_ns = rollups.saved_ns + excluded.saved_ns,
	run_ns = rollups.run_ns + excluded.run_ns,
	overhead_ns = rollups.overhead_ns + excluded.overhead_ns,
	durations = rollups.durations + excluded.durations,
	duration_ns = rollups.duration_ns + excluded.duration_ns;

-- The columns are read in this order by src/store/store_nightly.c.
-- name: rollups_get
SELECT p.name, r.day_unix_ns, r.scope, r.event, r.builds, r.failed_builds, r.cold_builds,
	r.step_hits, r.step_runs, r.hits, r.priced_hits, r.timed_builds, r.saved_ns, r.run_ns,
	r.overhead_ns, r.durations, r.duration_ns
FROM rollups r JOIN projects p ON p.project_id = r.project_id
WHERE r.project_id = :project_id AND r.day_unix_ns >= :since AND r.day_unix_ns < :until
ORDER BY r.day_unix_ns, r.scope, r.event;

-- name: inbox_find
SELECT 1 FROM inbox_files
WHERE path_hash = :path_hash AND bytes = :bytes AND mtime_ns = :mtime_ns;

-- name: inbox_put
INSERT INTO inbox_files (path_hash, bytes, mtime_ns, taken_unix_ns)
VALUES (:path_hash, :bytes, :mtime_ns, :taken_unix_ns)
ON CONFLICT (path_hash) DO UPDATE SET bytes = excluded.bytes, mtime_ns = excluded.mtime_ns,
	taken_unix_ns = excluded.taken_unix_ns;
