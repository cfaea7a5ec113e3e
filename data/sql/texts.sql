-- SPDX-License-Identifier: Apache-2.0
-- Projects and the dictionary of their texts.

-- name: project_find
SELECT project_id FROM projects WHERE name = :name;

-- name: project_insert
INSERT INTO projects (name) VALUES (:name);

-- name: project_list
SELECT project_id, name FROM projects ORDER BY project_id;

-- name: text_find
SELECT text_id FROM texts WHERE project_id = :project_id AND hash = :hash;

-- name: text_insert
INSERT INTO texts (project_id, hash, text) VALUES (:project_id, :hash, :text);

-- name: text_get
SELECT text FROM texts WHERE text_id = :text_id;
