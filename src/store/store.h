/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The history. Domain calls are written once over a driver (store/driver.h); SQL selects and
 * orders, C computes. One transaction per fact, idempotent on its key; a call that returns 0 for a
 * write has been committed and synced. All texts given are copied; all texts returned live in the
 * arena that the call takes.
 */
#ifndef CS_STORE_STORE_H
#define CS_STORE_STORE_H

#include "model/build.h"
#include "model/filter.h"
#include "model/run.h"
#include "util/buf.h"
#include "util/ctx.h"

struct cs_store;

enum cs_store_mode {
	CS_STORE_READ,	/* never writes; a store that does not exist reads as an empty one */
	CS_STORE_WRITE, /* created and migrated where needed */
};

/*
 * url: a path, or sqlite:PATH; ":memory:" for tests. NULL = $XDG_DATA_HOME/cachestat/cachestat.db.
 * CS_DB a file that is not ours, newer or damaged (it stays as it is), CS_BUSY, CS_IO, CS_USAGE,
 * CS_UNSUPPORTED another scheme. For one thread at a time.
 */
int cs_store_open(const struct cs_ctx *ctx, const char *url, enum cs_store_mode mode,
		  struct cs_store **ret, struct cs_err *err);
void cs_store_close(struct cs_store *store);
CS_DEFINE_AUTO(struct cs_store *, cs_store_close)
/* Opened for reading, and nothing was there. */
bool cs_store_absent(const struct cs_store *store);
/* The default's path into buf; CS_USAGE without HOME and XDG_DATA_HOME. */
int cs_store_default_path(char *buf, size_t len, struct cs_err *err);

/* --- layers --- */
/*
 * Known facts of a layer of the project: diff_id, sizes, content digest, counts (by diff-id:
 * nothing of the blob); the rest of *ret is left as it is. Known is only what was decoded once:
 * what documents merely claimed is not given. 0, 1 = not known.
 */
int cs_store_layer_by_blob(struct cs_store *store, const char *project,
			   const struct cs_digest *blob, struct cs_layer *ret, struct cs_err *err);
int cs_store_layer_by_diff_id(struct cs_store *store, const char *project,
			      const struct cs_digest *diff_id, struct cs_layer *ret,
			      struct cs_err *err);
/* The compressed entry list of a layer (image/entries.h): 0, 1 = none kept. */
int cs_store_layer_manifest(struct cs_store *store, const char *project,
			    const struct cs_digest *diff_id, struct cs_buf *ret,
			    struct cs_err *err);

/* --- builds --- */
enum cs_put { CS_PUT_NEW, CS_PUT_SAME, CS_PUT_JOINED /* a build that was there knows more now */ };

/*
 * Until the end all that is put is one transaction: it is on disk after a commit that returned 0,
 * and rolled back by an end without one. For taking in many (a sync costs more than a build), and
 * for asking for kin and replacing them with nobody writing between. Nested use is CS_USAGE; the
 * store can be read meanwhile and sees what was put. Others cannot write: the caller bounds it.
 * A write that fails within the transaction rolls back all of it; what is written after that, and
 * a commit, is CS_USAGE.
 */
int cs_store_bulk_begin(struct cs_store *store, struct cs_err *err);
int cs_store_bulk_end(struct cs_store *store, bool commit, struct cs_err *err);

/*
 * The identity of a build: the first 8 bytes, as 16 hex digits, of the sha256 over the netstrings
 *   "cachestat-build-ref-1", project, builder_ref                            of one with a
 * builder_ref, "cachestat-build-1", project, scope, event_raw (else the event's name), ref, commit,
 * run_id, attempt, workflow, job, target, start in ns, config digest (else manifest digest),
 * platform
 *   [, name, state and duration of each step, where there is no digest]       of any other.
 * Unknown fields are empty. The same input with the same facts has the same id on every machine.
 * *ret is empty if memory is out.
 */
void cs_build_make_id(const struct cs_build *build, char ret[17]);
/*
 * Records build, its run, steps, layers (with their entry lists), labels in one transaction. Its id
 * is build->id where that is set (CS_USAGE unless 16 hex digits), else made as above. One that is
 * there already is not touched, whatever else it says. The place in the arrays is the index of
 * steps and layers. Texts are kept as UTF-8, other bytes as U+FFFD. CS_USAGE in a store opened for
 * reading.
 */
int cs_store_build_put(struct cs_store *store, const struct cs_build *build, enum cs_put *ret,
		       struct cs_err *err);
/*
 * What is recorded of the same build as this one (model/merge.h: kin and compatible), with steps,
 * layers, labels and recipe, in the order of recording. Found by ref, result digests and graph; the
 * number of candidates is bounded: of those with a digest 256 that lack layers or a ref, and 64 that
 * lack neither, those within 10 s of its start first, then the newest.
 */
int cs_store_build_kin(struct cs_store *store, const struct cs_build *build, struct cs_arena *arena,
		       struct cs_build **ret, size_t *ret_n, struct cs_err *err);
/* The same, of those only that have no layers: builds that change nothing share one image. */
int cs_store_build_bare_kin(struct cs_store *store, const struct cs_build *build,
			    struct cs_arena *arena, struct cs_build **ret, size_t *ret_n,
			    struct cs_err *err);
/*
 * As cs_store_build_put(), in the place of the n builds of these ids, which go in the same
 * transaction. The new one keeps the first one's place in the order of recording, and its time.
 * The old ids find it, too. CS_NOTFOUND where one of them is not there (any more); CS_USAGE where its id is that of a build
 * which is not among them. Neither ends a bulk.
 */
int cs_store_build_replace(struct cs_store *store, const struct cs_build *build,
			   const char *const *old_ids, size_t n_old, struct cs_err *err);
/*
 * The image that some build of the project has, by a digest of its result: a build of source_kind
 * IMAGE that has nothing but platform, digests, time, base and layers, without verdicts, and steps
 * that stand for them. To be merged into one that lacks it. 0, 1 = none.
 */
int cs_store_image_layers(struct cs_store *store, const char *project,
			  const struct cs_digest *digests, size_t n, struct cs_arena *arena,
			  struct cs_build *ret, struct cs_err *err);

/* The names of the first max projects, oldest first; "" is the one without a name. */
int cs_store_projects(struct cs_store *store, size_t max, struct cs_arena *arena,
		      const char ***ret, size_t *ret_n, struct cs_err *err);

/* --- runs --- */
/*
 * Records a run, or tells the recorded one what it did not know (a field that is known stands, a
 * job or label that is new is added). CS_PUT_SAME if that was nothing.
 */
int cs_store_run_put(struct cs_store *store, const struct cs_run *run, enum cs_put *ret,
		     struct cs_err *err);
/*
 * Runs that match (project, event, ref, labels, since, until by start; scope, target and platform
 * are no properties of a run), oldest first. One without a start is given that of its first build;
 * without both its place is the time of recording. A run lives until fn returns; fn may ask the
 * store but not write to it; a positive result of fn ends the list, a negative one is returned.
 */
typedef int cs_run_fn(void *arg, const struct cs_run *run, struct cs_err *err);
int cs_store_runs(struct cs_store *store, const struct cs_filter *filter, cs_run_fn *fn, void *arg,
		  struct cs_err *err);

/*
 * Builds that match, newest first (start, else recording time; then id, also descending). with:
 * what is filled. filter NULL = all. A build lives until fn returns; fn may ask the store but not
 * write to it; a positive result of fn ends the list, a negative one ends it and is returned.
 */
enum {
	CS_WITH_STEPS = 1,
	CS_WITH_LAYERS = 2,
	CS_WITH_LABELS = 4,
	CS_WITH_RECIPE = 8, /* and result digests */
	CS_OLDEST_FIRST = 16,
};
typedef int cs_build_fn(void *arg, const struct cs_build *build, struct cs_err *err);
int cs_store_builds(struct cs_store *store, const struct cs_filter *filter, unsigned with,
		    int64_t limit /* -1 all */, cs_build_fn *fn, void *arg, struct cs_err *err);
/*
 * spec: an id (also one that the build had before it was replaced), a unique prefix of at least 4
 * digits, a builder's ref (of filter's projects), or ^N counted from the newest (within filter).
 * CS_NOTFOUND; CS_USAGE for an ambiguous prefix, naming how many match.
 */
int cs_store_build_get(struct cs_store *store, const struct cs_filter *filter, const char *spec,
		       unsigned with, struct cs_arena *arena, struct cs_build *ret,
		       struct cs_err *err);

/*
 * The first earlier build of the project that holds the layer chain: with the same time if there is
 * one (a step that runs again gives its layer a new one), of the same scope before any other.
 * "Earlier" = recorded before before_id where that build is in the store, else all. 0 found, 1 not.
 */
struct cs_seen_query {
	const char *project, *scope;
	struct cs_digest chain_id;
	int64_t created_unix_ns; /* the layer's; CS_TIME_NONE = any */
	const char *before_id;	 /* may be NULL */
};
struct cs_seen {
	const char *scope, *build_id;
	int64_t created_unix_ns;	/* of the layer in that build's history */
	int64_t started_unix_ns;	/* of that build */
	struct cs_digest config_digest; /* of its image */
};
int cs_store_chain_seen(struct cs_store *store, const struct cs_seen_query *query,
			struct cs_arena *arena, struct cs_seen *ret, struct cs_err *err);
/*
 * The same of n layers at once, each by its chain and its own time; present: an earlier build of
 * the scope holds its diff-id, or its blob.
 */
struct cs_layer_seen {
	bool seen, present, blob_present;
	struct cs_seen first; /* where seen */
};
int cs_store_layers_seen(struct cs_store *store, const char *project, const char *scope,
			 const char *before_id, const struct cs_layer *layers, size_t n,
			 struct cs_arena *arena, struct cs_layer_seen *ret /* n */,
			 struct cs_err *err);
/* Whether any earlier build of project and scope is there, and whether one holds diff_id / blob. */
int cs_store_scope_builds(struct cs_store *store, const char *project, const char *scope,
			  const char *before_id, int64_t *ret_n, struct cs_err *err);
int cs_store_layer_present(struct cs_store *store, const char *project, const char *scope,
			   const struct cs_digest *diff_id, const struct cs_digest *blob,
			   const char *before_id, bool *ret_diff_id, bool *ret_blob,
			   struct cs_err *err);
/*
 * The layers' diff-ids, lowest first, of the newest recorded image that a base reference names: by
 * manifest or config digest, else by name in its usual spellings. 0 found, 1 not.
 */
int cs_store_base_find(struct cs_store *store, const char *project, const struct cs_base_ref *ref,
		       struct cs_arena *arena, struct cs_digest **ret_diff_ids, size_t *ret_n,
		       struct cs_err *err);

/* --- care --- */
struct cs_store_info {
	const char *url;
	const char *engine;
	int64_t schema_version, file_bytes;
	int64_t projects, runs, builds, steps, layers, manifests, manifest_bytes;
	int64_t oldest_unix_ns, newest_unix_ns;
};
int cs_store_info(struct cs_store *store, struct cs_arena *arena, struct cs_store_info *ret,
		  struct cs_err *err);
/* Only projects, runs, builds, layers and file_bytes, without reading a row of builds. */
int cs_store_counts(struct cs_store *store, struct cs_store_info *ret, struct cs_err *err);
/* Calls fn for each problem found (integrity, foreign keys, orphans); none = sound. */
int cs_store_check(struct cs_store *store, int (*fn)(void *arg, const char *problem), void *arg,
		   struct cs_err *err);
int cs_store_backup(struct cs_store *store, const char *path, struct cs_err *err);
/*
 * Deletes builds before a time (and runs, layers, lists, texts nobody uses), some at a time, so
 * that others can record meanwhile; then gives space back. With dry_run only counts.
 */
int cs_store_prune(struct cs_store *store, const struct cs_filter *filter, int64_t before_unix_ns,
		   bool dry_run, int64_t *ret_builds, int64_t *ret_layers, struct cs_err *err);
/*
 * Brings an older store to this version, keeping a copy beside it (PATH.vN.bak), as opening for
 * writing does, too; *ret_from = version before. CS_NOTFOUND if there is no store.
 */
int cs_store_migrate(const struct cs_ctx *ctx, const char *url, int64_t *ret_from, int64_t *ret_to,
		     struct cs_err *err);

#endif
