-- SPDX-License-Identifier: Apache-2.0
-- Steps: the dictionary of what they are, and what became of them.

-- name: step_def_find
SELECT def_no FROM step_defs WHERE project_id = :project_id AND hash = :hash;

-- name: step_def_insert
INSERT INTO step_defs (project_id, hash, class, name_id, stage_id, instruction_id, platform_id,
	first_line, last_line)
VALUES (:project_id, :hash, :class, :name_id, :stage_id, :instruction_id, :platform_id,
	:first_line, :last_line);

-- name: step_def_get
SELECT class, name_id, stage_id, instruction_id, platform_id, first_line, last_line
FROM step_defs WHERE def_no = :def_no;

-- name: steps_insert
INSERT INTO build_steps (build_no, data) VALUES (:build_no, :data);

-- name: steps_get
SELECT data FROM build_steps WHERE build_no = :build_no;
