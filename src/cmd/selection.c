/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A backslash as the escape was refused: shells and YAML eat it, each in its own way. A slip (an
 * unknown key, an event class that does not exist) is an error, for it would select nothing.
 */
#include "cmd/selection.h"

#include <string.h>

#include "util/text.h"
#include "util/time.h"

struct pair {
	char *key, *value;
};

/* A quoted value, from behind the opening quote; *text is moved behind the closing one. */
static int read_quoted(const char **text, const char *key, struct cs_arena *arena, char **ret,
		       struct cs_err *err)
{
	char *value = cs_arena_alloc(arena, strlen(*text) + 1), *to = value;
	const char *p = *text;

	if (!value || !key)
		return cs_err_nomem(err);
	for (; *p && (*p != '"' || p[1] == '"'); p++) {
		p += *p == '"';
		*to++ = *p;
	}
	if (*p != '"' || (p[1] && p[1] != ','))
		return cs_err_set(err, CS_USAGE, "%s: a quoted value must end in a quote", key);
	*text = p + 1;
	*ret = value;
	return 0;
}

static int read_pair(const char **text, struct cs_arena *arena, struct pair *ret,
		     struct cs_err *err)
{
	size_t key_len = strcspn(*text, "=,"), len;
	const char *p = *text + key_len;

	if (*p != '=' || key_len == 0)
		return cs_err_set(err, CS_USAGE, "'%.*s' is not key=value",
				  (int)strcspn(*text, ","), *text);
	ret->key = cs_arena_strndup(arena, *text, key_len);
	p++;
	if (*p == '"') {
		int r;

		p++;
		r = read_quoted(&p, ret->key, arena, &ret->value, err);
		if (r < 0)
			return r;
	} else {
		len = strcspn(p, ",");
		ret->value = cs_arena_strndup(arena, p, len);
		p += len;
	}
	if (!ret->key || !ret->value)
		return cs_err_nomem(err);
	*text = p;
	return 0;
}

static int unknown_key(const char *key, struct cs_err *err)
{
	static const char *const keys[] = { "project",	"scope", "event", "ref",   "target",
					    "platform", "since", "until", "image", "db" };
	struct cs_closest closest;

	cs_closest_init(&closest, key);
	for (size_t i = 0; i < CS_N(keys); i++)
		cs_closest_try(&closest, keys[i]);
	if (closest.best)
		return cs_err_set(err, CS_USAGE, "no key '%s' (did you mean '%s'?)", key,
				  closest.best);
	return cs_err_set(err, CS_USAGE,
			  "no key '%.80s': project, scope, event, ref, target, platform, "
			  "label.NAME, since, until, image, db (a label of that name: "
			  "label.%.80s)",
			  key, key);
}

static int set_label(struct cs_filter *filter, char *name, char *value, struct cs_err *err)
{
	if (!*name)
		return cs_err_set(err, CS_USAGE, "label.: a label without a name");
	if (filter->n_labels == CS_FILTER_VALUES)
		return cs_err_set(err, CS_USAGE, "more than %d labels", CS_FILTER_VALUES);
	filter->labels[filter->n_labels++] = (struct cs_kv){ name, value };
	return 0;
}

static int set_list(struct cs_filter_list *list, const struct pair *p, struct cs_err *err)
{
	if (!cs_filter_add(list, p->value))
		return cs_err_set(err, CS_USAGE, "%s: more than %d values", p->key,
				  CS_FILTER_VALUES);
	return 0;
}

static int set_time(int64_t *ret, const struct pair *p, int64_t now, struct cs_err *err)
{
	if (*ret != CS_TIME_NONE)
		return cs_err_set(err, CS_USAGE, "%s: given twice", p->key);
	if (cs_time_parse_human(p->value, now, ret, err) == 0)
		return 0;
	err->code = CS_USAGE;
	return cs_err_prefix(err, "%s", p->key);
}

static int set_once(const char **ret, const struct pair *p, struct cs_err *err)
{
	if (*ret)
		return cs_err_set(err, CS_USAGE, "%s: given twice", p->key);
	if (!*p->value)
		return cs_err_set(err, CS_USAGE, "%s: is empty", p->key);
	*ret = p->value;
	return 0;
}

static int set_platform(struct cs_filter *f, struct pair *p, struct cs_arena *arena,
			struct cs_err *err)
{
	struct cs_platform parsed;
	char text[CS_PLATFORM_TEXT];

	if (cs_platform_parse(p->value, &parsed, err) < 0)
		return cs_err_prefix(err, "platform");
	p->value = cs_arena_strdup(arena, cs_platform_format(&parsed, text));
	return p->value ? set_list(&f->platform, p, err) : cs_err_nomem(err);
}

static int set(struct cs_selection *s, struct pair *p, int64_t now, struct cs_arena *arena,
	       struct cs_err *err)
{
	struct cs_filter *f = &s->filter;
	const struct {
		const char *key;
		struct cs_filter_list *list;
	} lists[] = { { "project", &f->project },
		      { "scope", &f->scope },
		      { "event", &f->event },
		      { "ref", &f->ref },
		      { "target", &f->target } };

	if (strcmp(p->key, "event") == 0 && cs_event_check(p->value, err) < 0)
		return cs_err_prefix(err, "event");
	for (size_t i = 0; i < CS_N(lists); i++) {
		if (strcmp(p->key, lists[i].key) == 0)
			return set_list(lists[i].list, p, err);
	}
	if (strcmp(p->key, "platform") == 0)
		return set_platform(f, p, arena, err);
	if (strncmp(p->key, "label.", 6) == 0)
		return set_label(f, p->key + 6, p->value, err);
	if (strcmp(p->key, "since") == 0)
		return set_time(&f->since_unix_ns, p, now, err);
	if (strcmp(p->key, "until") == 0)
		return set_time(&f->until_unix_ns, p, now, err);
	if (strcmp(p->key, "db") == 0)
		return set_once(&s->db, p, err);
	if (strcmp(p->key, "image") == 0)
		return set_once(&s->image, p, err);
	return unknown_key(p->key, err);
}

static bool has_filter(const struct cs_filter *f)
{
	return f->project.n || f->scope.n || f->event.n || f->ref.n || f->target.n ||
	       f->platform.n || f->n_labels || f->since_unix_ns != CS_TIME_NONE ||
	       f->until_unix_ns != CS_TIME_NONE;
}

static int check(const struct cs_selection *s, struct cs_err *err)
{
	const struct cs_filter *f = &s->filter;

	if (s->image && (s->db || has_filter(f)))
		return cs_err_set(err, CS_USAGE, "image: an image has no history to choose from");
	if (f->since_unix_ns != CS_TIME_NONE && f->until_unix_ns != CS_TIME_NONE &&
	    f->since_unix_ns >= f->until_unix_ns)
		return cs_err_set(err, CS_USAGE, "since: not before until");
	return 0;
}

int cs_selection_parse(const char *text, int64_t now_unix_ns, struct cs_arena *arena,
		       struct cs_selection *ret, struct cs_err *err)
{
	struct cs_selection s = { .text = text };
	struct pair pair;
	int r;

	cs_filter_init(&s.filter);
	if (!*text)
		return cs_err_set(err, CS_USAGE, "selects by nothing: write key=value,...");
	for (;;) {
		r = read_pair(&text, arena, &pair, err);
		if (r == 0)
			r = set(&s, &pair, now_unix_ns, arena, err);
		if (r < 0)
			return r;
		if (!*text)
			break;
		text++;
	}
	r = check(&s, err);
	if (r == 0)
		*ret = s;
	return r;
}
