-- SPDX-License-Identifier: Apache-2.0
-- Runs of CI. What one build does not know of its run, a later one may.

-- name: run_find
SELECT run_no FROM runs
WHERE project_id = :project_id AND run_id = :run_id AND attempt = :attempt;

-- name: run_insert
INSERT INTO runs (project_id, run_id, attempt, workflow_id, event, event_raw_id, ref_id, commit_name)
VALUES (:project_id, :run_id, :attempt, :workflow_id, :event, :event_raw_id, :ref_id, :commit_name);

-- name: run_fill
UPDATE runs SET
	workflow_id = COALESCE(workflow_id, :workflow_id),
	event = CASE event WHEN 0 THEN :event ELSE event END,
	event_raw_id = COALESCE(event_raw_id, :event_raw_id),
	ref_id = COALESCE(ref_id, :ref_id),
	commit_name = COALESCE(commit_name, :commit_name)
WHERE run_no = :run_no AND (workflow_id IS NULL OR event = 0 OR event_raw_id IS NULL
	OR ref_id IS NULL OR commit_name IS NULL);
