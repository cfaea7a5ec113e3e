-- SPDX-License-Identifier: Apache-2.0
-- Runs of CI. What one build does not know of its run, a later one may.

-- name: run_find
SELECT run_no FROM runs
WHERE project_id = :project_id AND run_id = :run_id AND attempt = :attempt;

-- name: run_insert
INSERT INTO runs (project_id, run_id, attempt, workflow_id, event, event_raw_id, ref_id,
	commit_name, conclusion_id, started_unix_ns, completed_unix_ns, recorded_unix_ns)
VALUES (:project_id, :run_id, :attempt, :workflow_id, :event, :event_raw_id, :ref_id,
	:commit_name, :conclusion_id, :started_unix_ns, :completed_unix_ns, :recorded_unix_ns);

-- name: run_fill
UPDATE runs SET
	workflow_id = COALESCE(workflow_id, :workflow_id),
	event = CASE event WHEN 0 THEN :event ELSE event END,
	event_raw_id = COALESCE(event_raw_id, :event_raw_id),
	ref_id = COALESCE(ref_id, :ref_id),
	commit_name = COALESCE(commit_name, :commit_name)
WHERE run_no = :run_no AND (workflow_id IS NULL OR event = 0 OR event_raw_id IS NULL
	OR ref_id IS NULL OR commit_name IS NULL);

-- name: run_update
UPDATE runs SET workflow_id = :workflow_id, event = :event, event_raw_id = :event_raw_id,
	ref_id = :ref_id, commit_name = :commit_name, conclusion_id = :conclusion_id,
	started_unix_ns = :started_unix_ns, completed_unix_ns = :completed_unix_ns
WHERE run_no = :run_no;

-- The columns are read in this order by src/store/store_runs.c.
-- name: run_get
SELECT p.name, r.run_id, r.attempt, r.workflow_id, r.event, r.event_raw_id, r.ref_id,
	r.commit_name, r.conclusion_id, r.started_unix_ns, r.completed_unix_ns
FROM runs r JOIN projects p ON p.project_id = r.project_id
WHERE r.run_no = :run_no;

-- name: run_labels_get
SELECT key_id, value_id FROM run_labels WHERE run_no = :run_no;

-- name: run_label_insert
INSERT INTO run_labels (run_no, key_id, value_id) VALUES (:run_no, :key_id, :value_id);

-- name: run_jobs_get
SELECT name_id, conclusion_id, builds FROM run_jobs WHERE run_no = :run_no ORDER BY idx;

-- name: run_job_insert
INSERT INTO run_jobs (run_no, idx, name_id, conclusion_id, builds)
VALUES (:run_no, :idx, :name_id, :conclusion_id, :builds);

-- name: run_job_update
UPDATE run_jobs SET conclusion_id = :conclusion_id, builds = :builds
WHERE run_no = :run_no AND idx = :idx;

-- Runs of a project with what tells their time: start, first build, recording.
-- name: run_times_builds
SELECT r.run_no, r.started_unix_ns, r.recorded_unix_ns,
	(SELECT MIN(b.time_unix_ns) FROM builds b WHERE b.run_no = r.run_no)
FROM runs r WHERE r.project_id = :project_id;

-- The same; the first build's only where it is needed, and of runs that began in a window.
-- name: run_times
SELECT run_no, started_unix_ns, recorded_unix_ns, NULL FROM runs
WHERE project_id = :project_id AND started_unix_ns >= :since AND started_unix_ns <= :last
UNION ALL
SELECT r.run_no, NULL, r.recorded_unix_ns,
	(SELECT MIN(b.time_unix_ns) FROM builds b WHERE b.run_no = r.run_no)
FROM runs r WHERE r.project_id = :project_id AND r.started_unix_ns IS NULL;

-- Some that lie together; read in this order by src/store/store_runs_list.c.
-- name: runs_range
SELECT run_no, project_id, run_id, attempt, workflow_id, event, event_raw_id, ref_id, commit_name,
	conclusion_id, started_unix_ns, completed_unix_ns
FROM runs WHERE run_no BETWEEN :first AND :last;

-- name: runs_labels
SELECT run_no, key_id, value_id FROM run_labels
WHERE run_no BETWEEN :first AND :last ORDER BY run_no;

-- name: runs_jobs
SELECT run_no, name_id, conclusion_id, builds FROM run_jobs
WHERE run_no BETWEEN :first AND :last ORDER BY run_no, idx;
