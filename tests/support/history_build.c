/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one build did: its Dockerfile steps against the cache of its scope, the builder's own steps
 * around them, and the layers that come of it. A step's key is that of the one before it in its
 * stage, its text and the version of what it reads, as BuildKit's is; a stage begins with the key
 * of the stage it stands on.
 */
#include "support/history_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STEPS_MAX (GEN_DEFS + 10)

/* A line of the Dockerfile in this build. */
struct line {
	uint64_t key, nonce;
	int64_t created_unix_ns; /* of its layer */
	int step;
	bool hit, done;
};

struct work {
	struct gen_random *random;
	const struct gen_job *job;
	struct cs_arena *arena;
	struct cs_build *b;
	struct line lines[GEN_DEFS];
	uint64_t ends[GEN_N_STAGES]; /* the key each stage ends with */
	bool warm[GEN_N_STAGES];     /* all of it hit */
	int place[GEN_N_STAGES], size[GEN_N_STAGES], last[GEN_N_STAGES];
	int from, context, failing;
	int64_t now_unix_ns;
	bool failed, broken; /* broken: the cache could not be imported */
};

static const char *const stage_names[] = { "base", "deps", "build", "test", "prod" };

static bool wanted(const struct work *w, enum gen_stage stage)
{
	return stage != (w->job->production ? GEN_TEST : GEN_PROD);
}

static enum gen_stage parent(enum gen_stage stage)
{
	return stage == GEN_PROD ? GEN_BASE : (enum gen_stage)(stage - 1);
}

/* --- the cache --- */

static struct gen_cache *cache_of(const struct work *w)
{
	struct gen_project *p = w->job->project;

	return w->job->after && !w->job->production ? &p->test : &p->production;
}

static const struct gen_slot *look_up(const struct work *w, uint64_t key)
{
	const struct gen_slot *s = &cache_of(w)->slots[key % GEN_SLOTS];

	if (w->broken || w->job->no_cache)
		return NULL;
	if (s->key != key && w->job->after && w->job->production)
		s = &w->job->project->test.slots[key % GEN_SLOTS];
	/* Runs overlap: what is not exported yet serves nobody. */
	return s->key == key && s->created_unix_ns < w->job->started_unix_ns ? s : NULL;
}

/* mode=max keeps every step; mode=min those of the result alone, and forgets what was there. */
static void save(const struct work *w)
{
	struct gen_cache *cache = cache_of(w);
	const struct gen_project *p = w->job->project;

	if (!w->job->after)
		memset(cache, 0, sizeof(*cache));
	for (int i = 0; i < p->n_defs; i++) {
		const struct line *l = &w->lines[i];
		enum gen_stage stage = p->defs[i].stage;

		if (!l->done || (!w->job->after && w->job->production && stage != GEN_BASE &&
				 stage != GEN_PROD))
			continue;
		cache->slots[l->key % GEN_SLOTS] =
			(struct gen_slot){ l->key, l->nonce, l->created_unix_ns };
	}
}

/* --- steps --- */

static int64_t some_ms(struct work *w, int64_t ms)
{
	return gen_spread(w->random, ms * 1000000, 45);
}

static struct cs_step *add_step(struct work *w, enum cs_step_class class, const char *name)
{
	struct cs_step *s = &w->b->steps[w->b->n_steps];

	s->index = (uint32_t)w->b->n_steps++;
	s->name = name;
	s->instruction = name && name[0] == '[' ? strchr(name, ']') + 2 : name;
	s->class = class;
	s->state = CS_STATE_RUN;
	s->evidence = CS_EVIDENCE_OBSERVED;
	s->started_unix_ns = w->now_unix_ns;
	s->completed_unix_ns = CS_TIME_NONE;
	s->duration_ns = -1;
	s->layer = -1;
	return s;
}

static void finish_step(struct work *w, struct cs_step *s, int64_t duration_ns)
{
	s->duration_ns = duration_ns;
	w->now_unix_ns = s->completed_unix_ns = s->started_unix_ns + duration_ns;
}

static void add_inputs(struct work *w, struct cs_step *s, int a, int b)
{
	s->inputs = cs_arena_array(w->arena, 2, sizeof(*s->inputs));
	if (!s->inputs)
		return;
	if (a >= 0)
		s->inputs[s->n_inputs++] = (uint32_t)a;
	if (b >= 0)
		s->inputs[s->n_inputs++] = (uint32_t)b;
}

static const char *base_name(const struct work *w)
{
	return cs_arena_printf(w->arena, "docker.io/library/base-%" PRIu64 ":1",
			       w->job->project->id % 20);
}

static void open_build(struct work *w)
{
	char digest[CS_DIGEST_TEXT];
	struct cs_digest d = gen_digest(w->job->project->id % 20, w->job->tree->base);
	struct cs_step *s;

	finish_step(
		w,
		add_step(w, CS_STEP_INTERNAL, "[internal] load build definition from Dockerfile"),
		some_ms(w, 60));
	s = add_step(w, CS_STEP_INTERNAL,
		     cs_arena_printf(w->arena, "[internal] load metadata for %s", base_name(w)));
	finish_step(w, s, some_ms(w, 420));
	finish_step(w, add_step(w, CS_STEP_INTERNAL, "[internal] load .dockerignore"),
		    some_ms(w, 40));
	s = add_step(w, CS_STEP_IMPORT,
		     cs_arena_printf(w->arena, "importing cache manifest from gha:%s",
				     w->b->facts.scope));
	finish_step(w, s, some_ms(w, 900));
	if (w->broken) {
		s->state = CS_STATE_FAILED;
		s->error =
			"failed to configure gha cache importer: cache service responded with 503";
	}
	w->context = (int)w->b->n_steps;
	finish_step(w, add_step(w, CS_STEP_SOURCE, "[internal] load build context"),
		    some_ms(w, 700));
	w->from = (int)w->b->n_steps;
	s = add_step(w, CS_STEP_SOURCE,
		     cs_arena_printf(w->arena, "[base 1/%d] FROM %s@%s", w->size[GEN_BASE],
				     base_name(w), cs_digest_format(&d, digest)));
	s->stage = "base";
	s->first_line = s->last_line = 1;
	finish_step(w, s, some_ms(w, 30));
}

static uint64_t input_of(const struct work *w, int i)
{
	const struct gen_tree *t = w->job->tree;

	switch (w->job->project->defs[i].input) {
	case GEN_IN_DEPS:
		return t->deps;
	case GEN_IN_SOURCE:
		return t->source;
	case GEN_IN_TESTS:
		return t->tests;
	default:
		return 0;
	}
}

/* Keys, hits and what the layers will be, before any step is told. */
static void plan(struct work *w)
{
	const struct gen_project *p = w->job->project;

	for (int stage = 0; stage < GEN_N_STAGES; stage++) {
		enum gen_stage under = parent((enum gen_stage)stage);
		uint64_t key = stage ? w->ends[under] : gen_mix(p->id, w->job->tree->base);
		bool warm = !stage || w->warm[under];

		w->size[stage] = stage ? 0 : 1;
		for (int i = 0; i < p->n_defs && wanted(w, (enum gen_stage)stage); i++) {
			struct line *l = &w->lines[i];
			const struct gen_slot *known;

			if ((int)p->defs[i].stage != stage)
				continue;
			w->size[stage]++;
			key = gen_mix(gen_mix(key, (uint64_t)i + 100 * w->job->tree->edits[i]),
				      input_of(w, i));
			known = warm ? look_up(w, key) : NULL;
			warm = l->hit = known != NULL;
			l->key = key;
			l->nonce = known ? known->nonce : gen_draw(w->random);
			l->created_unix_ns = known ? known->created_unix_ns : CS_TIME_NONE;
			if (!known && p->defs[i].exec &&
			    (w->failing < 0 || gen_chance(w->random, 700)))
				w->failing = i;
		}
		w->ends[stage] = key;
		w->warm[stage] = warm;
		w->last[stage] = stage ? w->last[under] : 0;
		w->place[stage] = stage ? 0 : 1;
	}
}

/* Where the result of a hit is fetched: the last one before something runs. */
static bool pulled(const struct work *w, int i)
{
	const struct gen_project *p = w->job->project;

	for (int k = i + 1; k < p->n_defs; k++) {
		if (wanted(w, p->defs[k].stage))
			return !w->lines[k].hit;
	}
	return false;
}

static void tell_line(struct work *w, int i)
{
	const struct gen_def *d = &w->job->project->defs[i];
	struct line *l = &w->lines[i];
	struct cs_step *s = add_step(w, d->exec ? CS_STEP_EXEC : CS_STEP_FILE, NULL);
	bool after_from = !d->exec && d->stage != GEN_PROD;

	s->instruction = cs_arena_printf(w->arena, d->text, w->job->tree->edits[i]);
	s->stage = stage_names[d->stage];
	s->name = cs_arena_printf(w->arena, "[%s %d/%d] %s", s->stage, ++w->place[d->stage],
				  w->size[d->stage], s->instruction);
	s->first_line = s->last_line = 2 + i + (int)d->stage * 2;
	add_inputs(w, s,
		   w->place[d->stage] > 1 + (d->stage == GEN_BASE) ? (int)s->index - 1 : w->from,
		   after_from ? w->context : -1);
	l->step = (int)s->index;
	if (w->failed) {
		s->state = CS_STATE_NOT_REACHED;
		s->started_unix_ns = CS_TIME_NONE;
		return;
	}
	l->done = true;
	s->state = l->hit ? CS_STATE_HIT : CS_STATE_RUN;
	s->pulled = l->hit && pulled(w, i);
	finish_step(w, s,
		    s->pulled ? some_ms(w, 800)
		    : l->hit  ? 0
			      : gen_spread(w->random, d->median_ns, 24));
	if (!l->hit)
		l->created_unix_ns = w->now_unix_ns;
	if (i != w->failing)
		return;
	l->done = false;
	w->failed = true;
	s->state = CS_STATE_FAILED;
	s->error = cs_arena_printf(
		w->arena, "process \"/bin/sh -c %s\" did not complete successfully: exit code: 1",
		s->instruction + 4);
}

static void close_build(struct work *w)
{
	if (!w->failed) {
		finish_step(w, add_step(w, CS_STEP_EXPORT, "exporting to image"), some_ms(w, 2100));
		finish_step(w,
			    add_step(w, CS_STEP_CACHE_EXPORT, "exporting to GitHub Actions Cache"),
			    some_ms(w, w->job->after ? 4200 : 2600));
	}
	w->b->facts.completed_unix_ns = w->now_unix_ns + some_ms(w, 50);
}

/* --- layers --- */

/* What is copied is small beside what is installed and built. */
static int add_layer(struct work *w, uint64_t a, uint64_t b, int64_t created, const char *by,
		     struct cs_err *err)
{
	struct cs_build *build = w->b;
	struct cs_layer *l = &build->layers[build->n_layers];

	l->index = (uint32_t)build->n_layers++;
	l->media_type = "application/vnd.oci.image.layer.v1.tar+gzip";
	l->blob_digest = gen_digest(a, b ^ 1);
	l->diff_id = gen_digest(a, b ^ 2);
	l->content_digest = gen_digest(a, b ^ 3);
	l->tar_bytes =
		(int64_t)(gen_mix(a, b) % (*by == 'C' ? 900000 : 60000000) / 512 * 512) + 1024;
	l->blob_bytes = l->tar_bytes / 3;
	l->counts.files = 1 + (int64_t)(gen_mix(b, a) % 1500);
	l->counts.directories = l->counts.files / 9;
	l->counts.entries = l->counts.files + l->counts.directories;
	l->counts.file_bytes = l->tar_bytes - 1024;
	l->verified = CS_VERIFIED_SCAN;
	l->has_history = true;
	l->created_by = by;
	l->comment = l->index >= (uint32_t)build->base_layers ? "buildkit.dockerfile.v0" : NULL;
	l->created_unix_ns = created;
	return cs_digest_chain(l->index ? &build->layers[l->index - 1].chain_id : NULL, &l->diff_id,
			       &l->chain_id, err);
}

static int add_layers(struct work *w, struct cs_err *err)
{
	const struct gen_project *p = w->job->project;
	uint64_t base = p->id % 20;
	int r = 0;

	w->b->base_layers = p->n_base_layers;
	w->b->base_evidence = CS_BASE_PROVENANCE;
	for (int i = 0; i < p->n_base_layers && r == 0; i++) {
		/* The lowest ones are shared by what is built on one distribution. */
		uint64_t version = i < 2 ? w->job->tree->base / 64 : w->job->tree->base;

		r = add_layer(
			w, gen_mix(i < 2 ? base % 4 : base, (uint64_t)i), version << 2,
			GEN_SINCE_UNIX_NS -
				(int64_t)(gen_mix(base, version) % 9000000) * CS_NS_PER_S,
			cs_arena_printf(w->arena, "RUN /bin/sh -c base part %d # buildkit", i),
			err);
	}
	for (int i = 0; i < p->n_defs && r == 0; i++) {
		const struct gen_def *d = &p->defs[i];
		const char *text = w->b->steps[w->lines[i].step].instruction;

		if (!wanted(w, d->stage) ||
		    (w->job->production && d->stage != GEN_BASE && d->stage != GEN_PROD))
			continue;
		text = d->exec ? cs_arena_printf(w->arena, "RUN /bin/sh -c %s # buildkit", text + 4)
			       : cs_arena_printf(w->arena, "%s # buildkit", text);
		r = add_layer(w, w->lines[i].key, w->lines[i].nonce << 2,
			      w->lines[i].created_unix_ns, text, err);
	}
	return r;
}

/* --- what surrounds them --- */

static void set_facts(struct work *w)
{
	const struct gen_job *job = w->job;
	struct cs_facts *f = &w->b->facts;
	const uint8_t user = CS_FROM_USER, input = CS_FROM_INPUT + CS_SOURCE_RECORD;

	f->project = job->project->name;
	f->scope = !job->after ? "buildkit" : job->production ? "production" : "test";
	f->event = job->run->event;
	f->event_raw = job->run->event_raw;
	f->ref = cs_arena_strdup(w->arena, job->run->ref);
	f->commit = job->run->commit;
	f->run_id = cs_arena_strdup(w->arena, job->run->run_id);
	f->attempt = job->run->attempt;
	f->workflow = job->run->workflow;
	f->job = job->production ? "production-build" : "container-tests";
	f->target = job->production ? "prod" : "test";
	f->started_unix_ns = job->started_unix_ns;
	f->pushed = job->pushed ? CS_TRI_YES : CS_TRI_NO;
	memset(f->from, user, sizeof(f->from));
	f->from[CS_FACT_STARTED] = f->from[CS_FACT_COMPLETED] = f->from[CS_FACT_TARGET] = input;
	f->labels = cs_arena_array(w->arena, 3, sizeof(*f->labels));
	if (!f->labels)
		return;
	f->n_labels = 3;
	f->labels[0] = (struct cs_kv){ "branch", f->ref };
	f->labels[1] = (struct cs_kv){ "strategy", job->after ? "after" : "before" };
	f->labels[2] =
		(struct cs_kv){ "tree", gen_hex(w->arena, gen_mix(job->tree->commit, 3), 40) };
}

static const char *dockerfile(const struct work *w)
{
	const struct gen_project *p = w->job->project;
	char text[2048], line[160];
	int stage = -1, n = 0;

	for (int i = 0; i < p->n_defs; i++) {
		if ((int)p->defs[i].stage != stage) {
			enum gen_stage s = p->defs[i].stage;

			n += snprintf(text + n, sizeof(text) - (size_t)n, "%sFROM %s AS %s\n",
				      stage < 0 ? "" : "\n",
				      stage < 0 ? base_name(w) : stage_names[parent(s)],
				      stage_names[s]);
			stage = (int)s;
		}
		snprintf(line, sizeof(line), p->defs[i].text, w->job->tree->edits[i]);
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s\n", line);
	}
	return cs_arena_strdup(w->arena, text);
}

static void set_recipe(struct work *w)
{
	struct cs_recipe *r = &w->b->recipe;
	const struct gen_project *p = w->job->project;

	r->build_args = cs_arena_array(w->arena, 1, sizeof(*r->build_args));
	r->materials = cs_arena_array(w->arena, 1, sizeof(*r->materials));
	r->caches = cs_arena_array(w->arena, 2, sizeof(*r->caches));
	if (!r->build_args || !r->materials || !r->caches)
		return;
	r->n_build_args = r->n_materials = 1;
	r->n_caches = 2;
	r->build_args[0] = (struct cs_kv){ "BUILDKIT_INLINE_CACHE", w->job->after ? "1" : "0" };
	r->materials[0].name = base_name(w);
	r->materials[0].digest = gen_digest(p->id % 20, w->job->tree->base);
	r->caches[0] = (struct cs_cache_ref){ .type = "gha", .scope = w->b->facts.scope };
	r->caches[1] = r->caches[0];
	r->caches[0].error = w->broken ? w->b->steps[3].error : NULL;
	r->caches[1].is_export = true;
	r->gha_scope = w->b->facts.scope;
	r->no_cache = w->job->no_cache;
	r->dockerfile = "Dockerfile";
	r->dockerfile_text = dockerfile(w);
	r->context = p->name;
	r->vcs_source = cs_arena_printf(w->arena, "https://git.example/%s.git", p->name);
	r->vcs_revision = w->b->facts.commit;
	r->n_warnings = 0;
	r->error = w->failed ? w->b->steps[w->lines[w->failing].step].error : NULL;
}

static void set_results(struct work *w)
{
	struct cs_build *b = w->b;
	uint64_t no = (uint64_t)w->job->no, id = w->job->project->id;
	/* An image is the same again if nothing of it ran and nothing stamps it. */
	uint64_t image = w->job->project->stamped ? w->job->tree->commit : 0;

	for (size_t i = 0; i < b->n_layers; i++)
		image = gen_mix(image, (uint64_t)b->layers[i].chain_id.bytes[0] << 32 |
					       (uint64_t)b->layers[i].chain_id.bytes[1] << 24 |
					       (uint64_t)b->layers[i].chain_id.bytes[2] << 16 |
					       (uint64_t)b->layers[i].created_unix_ns % 65536);
	b->config_digest = gen_digest(id, image);
	b->manifest_digest = gen_digest(image, no);
	b->results = cs_arena_array(w->arena, 3, sizeof(*b->results));
	if (!b->results)
		return;
	b->n_results = 3;
	b->results[0] = b->config_digest;
	b->results[1] = b->manifest_digest;
	b->results[2] = gen_digest(image, ~no);
}

static void set_counts(struct cs_build *b)
{
	b->builder_total_steps = (int64_t)b->n_steps;
	b->builder_cached_steps = b->builder_completed_steps = 0;
	for (size_t i = 0; i < b->n_steps; i++) {
		b->builder_cached_steps += b->steps[i].state == CS_STATE_HIT;
		b->builder_completed_steps += b->steps[i].completed_unix_ns != CS_TIME_NONE;
	}
}

static int tell(struct work *w, struct cs_err *err)
{
	struct cs_build *b = w->b;
	const struct gen_project *p = w->job->project;
	bool fails = gen_chance(w->random, 45);
	int r = 0;

	w->failing = -1;
	w->broken = gen_chance(w->random, 12);
	w->now_unix_ns = w->job->started_unix_ns + some_ms(w, 30);
	set_facts(w);
	plan(w);
	if (!fails)
		w->failing = -1;
	open_build(w);
	for (int i = 0; i < p->n_defs; i++) {
		if (wanted(w, p->defs[i].stage))
			tell_line(w, i);
	}
	close_build(w);
	set_counts(b);
	set_recipe(w);
	b->status = w->failed ? CS_STATUS_FAILED : CS_STATUS_COMPLETED;
	if (!w->job->production)
		b->facts.tests_passed = w->failed ? CS_TRI_NO : CS_TRI_YES;
	if (!w->failed) {
		r = add_layers(w, err);
		set_results(w);
	} else {
		b->facts.pushed = CS_TRI_NO;
	}
	save(w);
	return r;
}

int gen_build(struct gen_random *random, const struct gen_job *job, struct cs_arena *arena,
	      struct cs_build *ret, struct cs_err *err)
{
	struct work w = { .random = random, .job = job, .arena = arena, .b = ret };

	cs_build_init(ret);
	ret->steps = cs_arena_array(arena, STEPS_MAX, sizeof(*ret->steps));
	ret->layers = cs_arena_array(arena, STEPS_MAX, sizeof(*ret->layers));
	if (!ret->steps || !ret->layers)
		return cs_err_nomem(err);
	snprintf(ret->platform, sizeof(ret->platform), "%s", job->project->platform);
	ret->builder_ref = gen_hex(arena, gen_mix((uint64_t)job->no, job->project->id), 25);
	ret->invocation_id = gen_hex(arena, gen_mix(job->project->id, (uint64_t)job->no), 25);
	ret->source_kind = CS_SOURCE_RECORD;
	ret->source = cs_arena_printf(arena, "inbox/%s/%" PRId64 ".dockerbuild", job->project->name,
				      job->no);
	ret->image_ref = cs_arena_printf(arena, "registry.example/%s:%s", job->project->name,
					 job->production ? "latest" : "test");
	ret->graph = gen_mix(gen_mix(job->project->id, (uint64_t)job->no), 7);
	if (tell(&w, err) < 0)
		return -CS_NOMEM;
	ret->recorded_unix_ns = ret->facts.completed_unix_ns + 20 * CS_NS_PER_S;
	return 0;
}
