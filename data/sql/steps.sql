-- SPDX-License-Identifier: Apache-2.0
-- Steps: the dictionary of what they are, and what became of them.

-- name: step_def_find
SELECT def_no FROM step_defs WHERE project_id = :project_id AND hash = :hash;

-- name: step_def_insert
INSERT INTO step_defs (project_id, hash, class, name_id, stage_id, instruction_id, platform_id,
	first_line, last_line)
VALUES (:project_id, :hash, :class, :name_id, :stage_id, :instruction_id, :platform_id,
	:first_line, :last_line);

-- name: step_insert
INSERT INTO steps (build_no, idx, def_no, state, evidence, pulled, start_ns, duration_ns, span_ns,
	layer, error_id, inputs)
VALUES (:build_no, :idx, :def_no, :state, :evidence, :pulled, :start_ns, :duration_ns, :span_ns,
	:layer, :error_id, :inputs);

-- name: steps_get
SELECT d.class, d.name_id, d.stage_id, d.instruction_id, d.platform_id, d.first_line, d.last_line,
	s.state, s.evidence, s.pulled, s.start_ns, s.duration_ns, s.span_ns, s.layer, s.error_id,
	s.inputs
FROM steps s JOIN step_defs d ON d.def_no = s.def_no
WHERE s.build_no = :build_no ORDER BY s.idx;
