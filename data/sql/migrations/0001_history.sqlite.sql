-- SPDX-License-Identifier: Apache-2.0
-- The history, first version. One file per version and engine; only types differ between engines.
--
-- Digests are one byte of algorithm (1 sha256, 2 sha512) and the digest itself; NULL is unknown.
-- Times are nanoseconds since 1970 in UTC. Enums are the numbers of src/model/*.h.
-- Repeated texts are numbers into texts, a dictionary of each project. Natural keys begin with the
-- project; rows hang together by short surrogate numbers, which a million builds repeat often.
-- Indexes over digests hold their first nine bytes (the algorithm's and 64 bits), which is a third of
-- their size: statements ask for these and for the whole digest.
-- Foreign keys stand only where an index serves them: one without makes each deletion a full scan.
-- The others (to texts, step_defs) are held by one transaction per fact and shown by 'db check'.

CREATE TABLE projects (
	project_id INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE
);

-- hash: the first 16 bytes of the text's sha256, because a text may be longer than an index takes.
CREATE TABLE texts (
	text_id INTEGER PRIMARY KEY,
	project_id INTEGER NOT NULL,
	hash BLOB NOT NULL,
	text TEXT NOT NULL,
	UNIQUE (project_id, hash)
);

-- A run may hold no build at all. attempt: -1 unknown, because NULLs are all distinct in a key.
CREATE TABLE runs (
	run_no INTEGER PRIMARY KEY,
	project_id INTEGER NOT NULL,
	run_id TEXT NOT NULL,
	attempt INTEGER NOT NULL,
	workflow_id INTEGER,
	event INTEGER NOT NULL,
	event_raw_id INTEGER,
	ref_id INTEGER,
	commit_name TEXT,
	conclusion_id INTEGER,
	started_unix_ns INTEGER,
	completed_unix_ns INTEGER,
	recorded_unix_ns INTEGER NOT NULL,
	UNIQUE (project_id, run_id, attempt)
);

-- All that the order of runs goes by, so that a window is read without its project's other runs.
CREATE INDEX runs_by_time ON runs (project_id, started_unix_ns, recorded_unix_ns);

CREATE TABLE run_labels (
	run_no INTEGER NOT NULL REFERENCES runs (run_no),
	key_id INTEGER NOT NULL,
	value_id INTEGER NOT NULL,
	PRIMARY KEY (run_no, key_id)
) WITHOUT ROWID;

-- In the order that they were told. builds: NULL unknown.
CREATE TABLE run_jobs (
	run_no INTEGER NOT NULL REFERENCES runs (run_no),
	idx INTEGER NOT NULL,
	name_id INTEGER NOT NULL,
	conclusion_id INTEGER,
	builds INTEGER,
	PRIMARY KEY (run_no, idx)
) WITHOUT ROWID;

-- build_no is the order of recording; a number is never used for another build (one that is told
-- more of keeps its own). time_unix_ns: start, else recording. origins: who told what, a byte for
-- each fact and part (src/model/build.h), zeros at the end left out. recipe: JSON, what of it
-- differs from build to build stands beside it (src/store/recipe_json.c). results: other digests that
-- name what was built, one behind the other; n_results counts these, manifest, config and graph.
CREATE TABLE builds (
	build_no INTEGER PRIMARY KEY AUTOINCREMENT,
	project_id INTEGER NOT NULL REFERENCES projects (project_id),
	id BLOB NOT NULL UNIQUE CHECK (length(id) = 8),
	time_unix_ns INTEGER NOT NULL,
	scope_id INTEGER NOT NULL,
	event INTEGER NOT NULL,
	event_raw_id INTEGER,
	ref_id INTEGER,
	commit_name TEXT,
	run_no INTEGER REFERENCES runs (run_no),
	attempt INTEGER,
	workflow_id INTEGER,
	job_id INTEGER,
	target_id INTEGER,
	platform_id INTEGER,
	started_unix_ns INTEGER,
	completed_unix_ns INTEGER,
	recorded_unix_ns INTEGER NOT NULL,
	tests_passed INTEGER NOT NULL,
	pushed INTEGER NOT NULL,
	builder_ref TEXT,
	invocation_id TEXT,
	source_kind INTEGER NOT NULL,
	status INTEGER NOT NULL,
	source TEXT,
	image_ref_id INTEGER,
	manifest_digest BLOB,
	config_digest BLOB,
	results BLOB,
	image_created_unix_ns INTEGER,
	builder_cached_steps INTEGER,
	builder_total_steps INTEGER,
	builder_completed_steps INTEGER,
	base_evidence INTEGER NOT NULL,
	base_layers INTEGER,
	graph INTEGER,
	origins BLOB,
	recipe_id INTEGER,
	dockerfile_id INTEGER,
	revision_id INTEGER,
	error_id INTEGER,
	n_warnings INTEGER,
	n_labels INTEGER NOT NULL,
	n_steps INTEGER NOT NULL,
	n_layers INTEGER NOT NULL,
	n_results INTEGER NOT NULL
);
-- The one index that does not begin with the project: 'ls' lists the builds of all of them.
CREATE INDEX builds_by_time ON builds (time_unix_ns, id);
CREATE INDEX builds_by_project ON builds (project_id, time_unix_ns, id);
CREATE INDEX builds_by_scope ON builds (project_id, scope_id, time_unix_ns, id);
CREATE INDEX builds_by_run ON builds (run_no, time_unix_ns) WHERE run_no IS NOT NULL;
CREATE INDEX builds_by_ref ON builds (project_id, builder_ref) WHERE builder_ref IS NOT NULL;
CREATE INDEX builds_by_image ON builds (project_id, image_ref_id) WHERE image_ref_id IS NOT NULL;

-- What ties a build to others that may be the same: the first eight bytes of each digest that names
-- its result, and its graph. kind: 0 neither builder_ref nor layers, 1 layers, 2 a
-- builder_ref, 3 both; a rebuild that changes nothing gives one digest to thousands of builds, so
-- that the few which may lack something must be found among them. time_unix_ns repeats the build's.
-- An index with columns of other rows, so it is made and dropped with the build's (store_results.c).
CREATE TABLE build_results (
	project_id INTEGER NOT NULL,
	head INTEGER NOT NULL,
	kind INTEGER NOT NULL,
	time_unix_ns INTEGER NOT NULL,
	build_no INTEGER NOT NULL,
	PRIMARY KEY (project_id, head, kind, time_unix_ns, build_no)
) WITHOUT ROWID;

-- Ids that a build had before it was told more of: who was given one finds it.
CREATE TABLE former_ids (
	id BLOB PRIMARY KEY CHECK (length(id) = 8),
	build_no INTEGER NOT NULL REFERENCES builds (build_no)
) WITHOUT ROWID;
CREATE INDEX former_ids_by_build ON former_ids (build_no);

-- Builds that were written again under their number, in that order: who looks for what is no longer
-- used reads them again.
CREATE TABLE rewrites (
	rewrite_no INTEGER PRIMARY KEY AUTOINCREMENT,
	build_no INTEGER NOT NULL UNIQUE REFERENCES builds (build_no)
);

CREATE TABLE build_labels (
	build_no INTEGER NOT NULL REFERENCES builds (build_no),
	key_id INTEGER NOT NULL,
	value_id INTEGER NOT NULL,
	PRIMARY KEY (build_no, key_id)
) WITHOUT ROWID;

-- What a step is, as far as builds repeat it. hash: 16 bytes of a sha256 over all of it.
CREATE TABLE step_defs (
	def_no INTEGER PRIMARY KEY,
	project_id INTEGER NOT NULL,
	hash BLOB NOT NULL,
	class INTEGER NOT NULL,
	name_id INTEGER,
	stage_id INTEGER,
	instruction_id INTEGER,
	platform_id INTEGER,
	first_line INTEGER NOT NULL,
	last_line INTEGER NOT NULL,
	UNIQUE (project_id, hash)
);

-- What became of a build's steps, one behind the other, some 16 bytes each: src/store/step_pack.h
-- says how. No statement asks for one step, and rows of their own took twice as much.
CREATE TABLE build_steps (
	build_no INTEGER PRIMARY KEY REFERENCES builds (build_no),
	data BLOB NOT NULL
);

-- A layer of a project: a blob and what it decodes to; one row for each pair of the two.
-- content_digest known = it was decoded here.
CREATE TABLE layers (
	layer_no INTEGER PRIMARY KEY,
	project_id INTEGER NOT NULL,
	blob_digest BLOB,
	diff_id BLOB,
	blob_bytes INTEGER,
	tar_bytes INTEGER,
	content_digest BLOB,
	entries INTEGER,
	files INTEGER,
	directories INTEGER,
	symlinks INTEGER,
	hardlinks INTEGER,
	whiteouts INTEGER,
	devices INTEGER,
	fifos INTEGER,
	sparse INTEGER,
	file_bytes INTEGER
);
CREATE INDEX layers_by_blob ON layers (project_id, substr(blob_digest, 1, 9));
CREATE INDEX layers_by_diff_id ON layers (project_id, substr(diff_id, 1, 9));

-- A layer in its place, with the history entry that made it: what builds repeat as long as the step
-- is not run again, which gives it another time. hash: 8 bytes of a sha256 over all of it. It is found
-- by chain, time and hash; where there is no chain, by the hash.
CREATE TABLE places (
	place_no INTEGER PRIMARY KEY,
	project_id INTEGER NOT NULL,
	hash BLOB NOT NULL,
	chain_id BLOB,
	layer_no INTEGER NOT NULL REFERENCES layers (layer_no),
	media_type_id INTEGER,
	has_history INTEGER NOT NULL,
	created_unix_ns INTEGER,
	created_by_id INTEGER,
	comment_id INTEGER,
	author_id INTEGER
);
CREATE INDEX places_by_chain ON places (project_id, COALESCE(substr(chain_id, 1, 9), hash),
	created_unix_ns);
CREATE INDEX places_by_layer ON places (layer_no);

-- Compressed entry lists, one per distinct diff-id, in parts so that no row is large.
CREATE TABLE manifests (
	manifest_no INTEGER PRIMARY KEY,
	project_id INTEGER NOT NULL,
	diff_id BLOB NOT NULL,
	part INTEGER NOT NULL,
	data BLOB NOT NULL,
	UNIQUE (project_id, diff_id, part)
);

-- scope_id repeats the build's, so that one index answers who first had a layer, by scope.
-- Whether a layer is the base's: idx < builds.base_layers. verdict: state + 4 * verified + 16 where it
-- was present before + 32 where its blob was + 64 * evidence; ten million rows, and a column's head
-- is a byte in each.
CREATE TABLE build_layers (
	build_no INTEGER NOT NULL REFERENCES builds (build_no),
	idx INTEGER NOT NULL,
	place_no INTEGER NOT NULL REFERENCES places (place_no),
	scope_id INTEGER NOT NULL,
	verdict INTEGER NOT NULL,
	seen_scope_id INTEGER,
	seen_build BLOB,
	why_id INTEGER,
	PRIMARY KEY (build_no, idx)
) WITHOUT ROWID;
CREATE INDEX build_layers_by_place ON build_layers (place_no, scope_id, build_no);

-- What steps took when they really ran: what a hit saved is the last of these before its build, of
-- the same scope, else of any. step: 8 bytes of a sha256 over platform, stage and instruction
-- (src/model/step.c); time_unix_ns and id are the build's. A row outlives its build, as long as it
-- is the last one before those that are kept: then prices are as if nothing had been pruned.
CREATE TABLE prices (
	project_id INTEGER NOT NULL,
	step INTEGER NOT NULL,
	scope_id INTEGER NOT NULL,
	time_unix_ns INTEGER NOT NULL,
	id BLOB NOT NULL,
	duration_ns INTEGER NOT NULL,
	PRIMARY KEY (project_id, step, scope_id, time_unix_ns, id)
) WITHOUT ROWID;

-- The first build of a scope that was pruned: none that is kept is the first any more.
CREATE TABLE forgotten_scopes (
	project_id INTEGER NOT NULL,
	scope_id INTEGER NOT NULL,
	time_unix_ns INTEGER NOT NULL,
	id BLOB NOT NULL,
	PRIMARY KEY (project_id, scope_id)
) WITHOUT ROWID;

-- A build in short, for reports (src/metrics/brief.h says what is in it).
CREATE TABLE briefs (
	build_no INTEGER PRIMARY KEY REFERENCES builds (build_no),
	project_id INTEGER NOT NULL,
	data BLOB NOT NULL
);

-- Of a project's builds from this one on, in the order of their time, what is kept in short is
-- missing or out of date: something came in before them.
CREATE TABLE stale_briefs (
	project_id INTEGER PRIMARY KEY,
	time_unix_ns INTEGER NOT NULL,
	id BLOB NOT NULL
);

-- What is left of pruned builds: sums of one day (UTC) of a scope and an event. Only builds that are
-- gone stand here, so rows and builds together are the whole history, and nothing counts twice.
CREATE TABLE rollups (
	project_id INTEGER NOT NULL REFERENCES projects (project_id),
	day_unix_ns INTEGER NOT NULL,
	scope TEXT NOT NULL,
	event INTEGER NOT NULL,
	builds INTEGER NOT NULL,
	failed_builds INTEGER NOT NULL,
	cold_builds INTEGER NOT NULL,
	step_hits INTEGER NOT NULL,
	step_runs INTEGER NOT NULL,
	hits INTEGER NOT NULL,
	priced_hits INTEGER NOT NULL,
	timed_builds INTEGER NOT NULL,
	saved_ns INTEGER NOT NULL,
	run_ns INTEGER NOT NULL,
	overhead_ns INTEGER NOT NULL,
	durations INTEGER NOT NULL,
	duration_ns INTEGER NOT NULL,
	PRIMARY KEY (project_id, day_unix_ns, scope, event)
) WITHOUT ROWID;

-- Files of an inbox that were taken in: the first 16 bytes of the sha256 of the path, as it was found.
CREATE TABLE inbox_files (
	path_hash BLOB NOT NULL PRIMARY KEY,
	bytes INTEGER NOT NULL,
	mtime_ns INTEGER NOT NULL,
	taken_unix_ns INTEGER NOT NULL
) WITHOUT ROWID;
