/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kaniko (formats.md 2.5): messages of logrus, in brackets, as key=value or as JSON. Before a stage
 * it asks the cache for each command until the first miss; later, when it executes, it prints each
 * instruction. So a hit is known twice, and a step that was never asked for ran. Times have the
 * resolution of the log: a second, which is what durations are good for here.
 */
#include <string.h>

#include "build/facts.h"
#include "build/parsers.h"
#include "build/stages.h"
#include "model/instruction.h"

enum level { LEVEL_NONE, LEVEL_INFO, LEVEL_BAD };

struct message {
	char *text;
	enum level level;
	int64_t ns; /* since the start; -1 without */
	int64_t unix_ns;
	bool no_memory;
};

struct kaniko {
	struct cs_lines *lines;
	struct cs_doc *doc;
	struct cs_raw_list steps;
	struct cs_stages stages;
	const char **hits; /* instructions of the stage that the cache has, in order */
	size_t n_hits, cap_hits, next_hit;
	size_t stage;
	int64_t step_ns; /* when the current step began */
	bool pushed, failed, in_step, to_cache;
	struct cs_digest digest; /* of what was pushed last */
};

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* --- forms of a message --- */

/* "INFO[0002] text", "INFO[2026-11-22T08:30:18Z] text" */
static bool parse_bracket(char *line, struct message *m)
{
	static const char *const levels[] = { "INFO[", "WARN[", "DEBU[", "TRAC[",
					      "ERRO[", "FATA[", "PANI[" };
	char *end = strchr(line, ']');
	struct cs_err ignored;

	for (size_t i = 0; i < CS_N(levels); i++) {
		if (!starts(line, levels[i]))
			continue;
		if (!end || end[1] != ' ')
			return false;
		*end = '\0';
		m->text = end + 2;
		m->level = i < 4 ? LEVEL_INFO : LEVEL_BAD;
		line += 5;
		if (*line && strspn(line, "0123456789") == strlen(line) && strlen(line) < 9)
			m->ns = strtol(line, NULL, 10) * CS_NS_PER_S;
		else if (cs_time_parse(line, &m->unix_ns, &ignored) < 0)
			return false;
		while (*m->text == ' ')
			m->text++;
		return true;
	}
	return false;
}

/* time="…" level=info msg="…", with \" inside */
static bool parse_pairs(char *line, struct message *m)
{
	char *msg = strstr(line, " msg="), *time = strstr(line, "time=\""), *to;
	const char *level = strstr(line, "level=");
	struct cs_err ignored;

	if (!starts(line, "time=\"") || !level || !msg || level > msg)
		return false;
	m->level = starts(level + 6, "err") || starts(level + 6, "fat") ? LEVEL_BAD : LEVEL_INFO;
	time += 6;
	msg += 5;
	time[strcspn(time, "\"")] = '\0';
	if (cs_time_parse(time, &m->unix_ns, &ignored) < 0)
		m->unix_ns = CS_TIME_NONE;
	m->text = msg;
	if (*msg != '"')
		return true;
	m->text = to = msg + 1;
	for (msg++; *msg && *msg != '"'; msg++) {
		if (*msg == '\\' && msg[1])
			msg++;
		*to++ = *msg;
	}
	*to = '\0';
	return true;
}

/* {"level":"info","msg":"…","time":"…"}; the text is copied to line. */
static bool parse_json(char *line, const struct cs_limits *limits, struct message *m)
{
	struct cs_json *doc CS_AUTO(cs_json_free_p) = NULL;
	const char *level, *msg, *time;
	struct cs_err ignored = CS_ERR_INIT;

	if (line[0] != '{' || !strstr(line, "\"level\"") || !strstr(line, "\"msg\""))
		return false;
	if (cs_json_parse(line, strlen(line), limits, &doc, &ignored) < 0) {
		m->no_memory = ignored.code == CS_NOMEM;
		return false;
	}
	level = cs_json_get_text(doc, "level");
	msg = cs_json_get_text(doc, "msg");
	time = cs_json_get_text(doc, "time");
	if (!level || !msg || strlen(msg) > strlen(line))
		return false;
	m->level = starts(level, "err") || starts(level, "fat") ? LEVEL_BAD : LEVEL_INFO;
	if (time && cs_time_parse(time, &m->unix_ns, &ignored) < 0)
		m->unix_ns = CS_TIME_NONE;
	memmove(line, msg, strlen(msg) + 1);
	m->text = line;
	return true;
}

static bool parse_message(char *line, const struct cs_limits *limits, struct message *m)
{
	*m = (struct message){ .ns = -1, .unix_ns = CS_TIME_NONE };
	return parse_bracket(line, m) || parse_pairs(line, m) || parse_json(line, limits, m);
}

int cs_kaniko_probe_line(const char *line)
{
	static const char *const phrases[] = {
		"Checking for cached layer ",
		"Using caching version of cmd: ",
		"No cached layer found for cmd ",
		"Built cross stage deps: ",
		"Retrieving image manifest ",
		"Executing 0 build triggers",
		"Unpacking rootfs as cmd ",
		"Found cached layer, extracting to filesystem",
		"Resolved base name ",
	};
	bool dressed = starts(line, "INFO[") || starts(line, "time=\"") ||
		       (line[0] == '{' && strstr(line, "\"msg\""));

	for (size_t i = 0; i < CS_N(phrases) && dressed; i++) {
		if (strstr(line, phrases[i]))
			return 80;
	}
	return 0;
}

/* --- steps --- */

static struct cs_raw_step *last(struct kaniko *k)
{
	return k->steps.n ? &k->steps.v[k->steps.n - 1] : NULL;
}

static int64_t time_of(const struct message *m)
{
	return m->unix_ns != CS_TIME_NONE ? m->unix_ns : m->ns;
}

static bool has_time(const struct message *m)
{
	return m->unix_ns != CS_TIME_NONE || m->ns >= 0;
}

/* The current step ended with this message. */
static void end_step(struct kaniko *k, const struct message *m)
{
	struct cs_raw_step *step = last(k);

	if (!k->in_step || !step)
		return;
	k->in_step = false;
	step->completed = true;
	if (!has_time(m) || k->step_ns == CS_TIME_NONE)
		return;
	if (time_of(m) >= k->step_ns)
		step->duration_ns = time_of(m) - k->step_ns;
	if (m->unix_ns != CS_TIME_NONE)
		step->completed_unix_ns = m->unix_ns;
}

static int add_hit(struct kaniko *k, const char *instruction, struct cs_err *err)
{
	if (k->n_hits == k->cap_hits) {
		size_t cap = k->cap_hits ? k->cap_hits * 2 : 16;
		void *v = realloc(k->hits, cap * sizeof(*k->hits));

		if (!v)
			return cs_err_nomem(err);
		k->hits = v;
		k->cap_hits = cap;
	}
	if (k->n_hits >= (size_t)k->lines->ctx->limits.vertexes)
		return cs_limit_error(err, &k->lines->ctx->limits, vertexes, "steps of a build");
	k->hits[k->n_hits] = cs_text_fold(k->doc->arena, instruction);
	return k->hits[k->n_hits++] ? 0 : cs_err_nomem(err);
}

/* Hits were asked for in the order in which the steps come. */
static bool take_hit(struct kaniko *k, const char *instruction)
{
	if (k->next_hit == k->n_hits || strcmp(k->hits[k->next_hit], instruction) != 0)
		return false;
	k->next_hit++;
	return true;
}

static bool is_instruction(const char *text)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return n >= 3 && text[n] == ' ' && cs_instruction_class(text) != CS_STEP_OTHER &&
	       !starts(text, "FROM ");
}

static int add_step(struct kaniko *k, const struct message *m, struct cs_err *err)
{
	struct cs_raw_step *step;
	const char *text;
	int r;

	end_step(k, m);
	text = cs_text_fold(k->doc->arena, m->text);
	if (!text)
		return cs_err_nomem(err);
	r = cs_raw_list_add(&k->steps, &k->lines->ctx->limits, &step, err);
	if (r < 0)
		return r;
	step->name = text;
	step->started = step->bare = true;
	step->cached = take_hit(k, text);
	step->started_unix_ns = m->unix_ns;
	k->step_ns = has_time(m) ? time_of(m) : CS_TIME_NONE;
	k->in_step = true;
	return cs_stages_add(&k->stages, k->stage, err);
}

/* Messages after which the step that ran before is over. */
static bool ends_step(const char *text)
{
	static const char *const prefixes[] = { "Pushing image to ", "Pushed ",
						"Saving file ",	     "Deleting filesystem",
						"Building stage ",   "Storing source image ",
						"Skipping push ",    "Checking for cached layer " };

	for (size_t i = 0; i < CS_N(prefixes); i++) {
		if (starts(text, prefixes[i]))
			return true;
	}
	return false;
}

/* Layers for the cache are pushed in the same words as the image. */
static void note_push(struct kaniko *k, const char *text)
{
	const char *at = strrchr(text, '@');
	struct cs_err ignored;

	if (k->to_cache) {
		k->to_cache = false;
		return;
	}
	k->pushed = true;
	k->doc->build.facts.pushed = starts(text, "Pushed ") ? CS_TRI_YES : CS_TRI_NO;
	if (at)
		(void)cs_digest_parse(at + 1, &k->digest, &ignored);
}

static int read_message(struct kaniko *k, const struct message *m, struct cs_err *err)
{
	static const char hit[] = "Using caching version of cmd: ";
	struct cs_raw_step *step = last(k);
	const char *text = m->text;

	if (is_instruction(text))
		return add_step(k, m, err);
	if (starts(text, "Found cached layer, extracting to filesystem") && k->in_step && step) {
		step->cached = true;
		step->fetched = true;
		return 0;
	}
	if (ends_step(text))
		end_step(k, m);
	if (starts(text, "Building stage '") || starts(text, "Executing 0 build triggers")) {
		/* the second is all that older ones print; a new stage begins only after steps */
		if (k->stages.n && k->stages.v[k->stages.n - 1] == k->stage) {
			k->stage++;
			k->n_hits = k->next_hit = 0;
		}
	} else if (starts(text, hit)) {
		return add_hit(k, text + strlen(hit), err);
	} else if (starts(text, "Pushing layer ")) {
		k->to_cache = true;
	} else if (starts(text, "Pushed ") || starts(text, "Skipping push")) {
		note_push(k, text);
	}
	return 0;
}

/* --- the log --- */

static int read_line(struct kaniko *k, const struct cs_line *line, struct cs_err *err)
{
	struct message m = { 0 };
	const char *text = line->text;
	bool failed =
		starts(text, "error building image: ") || starts(text, "error building stage: ");
	int r;

	if (!failed && parse_message(line->text, &k->lines->ctx->limits, &m)) {
		r = cs_doc_note_line(k->doc, line, err);
		if (r == 0 && m.unix_ns != CS_TIME_NONE && line->unix_ns == CS_TIME_NONE) {
			struct cs_facts *f = &k->doc->build.facts;

			if (f->started_unix_ns == CS_TIME_NONE)
				f->started_unix_ns = m.unix_ns;
			f->completed_unix_ns = m.unix_ns;
		}
		text = m.text;
		failed = m.level == LEVEL_BAD && starts(text, "error building ");
		if (r < 0 || !failed)
			return r < 0 ? r : read_message(k, &m, err);
	}
	if (!failed)
		return m.no_memory ? cs_err_nomem(err) : 0;
	k->failed = true;
	return cs_keep(k->doc->arena, text, &k->doc->build.recipe.error, err);
}

static int finish(struct kaniko *k, struct cs_err *err)
{
	struct cs_raw_step *step = last(k);
	struct cs_doc *doc = k->doc;
	int r;

	if (step && k->in_step) {
		if (k->failed && !step->cached)
			step->error = doc->build.recipe.error;
		else if (!k->pushed && !step->cached)
			step->silent = true;
		else
			step->completed = true;
	}
	if (k->failed)
		doc->build.status = CS_STATUS_FAILED;
	else if (k->pushed)
		doc->build.status = CS_STATUS_COMPLETED;
	doc->n_unread = k->lines->n_cut;
	doc->build.manifest_digest = k->digest;
	r = cs_doc_add_result(doc, &k->digest, err);
	if (r < 0)
		return r;
	r = cs_stages_name(&k->stages, doc->arena, &k->steps, err);
	return r < 0 ? r : cs_doc_set_steps(doc, k->steps.v, k->steps.n, err);
}

int cs_kaniko_read(struct cs_lines *lines, struct cs_sink *sink, struct cs_err *err)
{
	struct cs_doc *doc CS_AUTO(cs_doc_free_p) = cs_doc_new(CS_DOC_KANIKO, CS_SOURCE_KANIKO);
	struct kaniko k = { .lines = lines, .doc = doc, .stage = 1, .step_ns = CS_TIME_NONE };
	const struct cs_line *line;
	int r;

	if (!doc)
		return cs_err_nomem(err);
	while ((r = cs_lines_next(lines, &line, err)) == 0) {
		r = read_line(&k, line, err);
		if (r < 0)
			break;
	}
	if (r > 0)
		r = finish(&k, err);
	cs_raw_list_release(&k.steps);
	cs_stages_release(&k.stages);
	free(k.hits);
	return r < 0 ? r : cs_sink_give(sink, cs_steal(doc), err);
}
