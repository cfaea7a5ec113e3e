/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A filter that matches nothing by a slip (no such event, an empty span) is an error. Where the
 * same names are facts of a build (show, why), they choose among recorded ones too, but only as
 * options: what CI's variables say of this job is no wish.
 */
#include <string.h>

#include "cmd/args.h"

static int read_list(const struct cs_args *args, const char *name, struct cs_filter_list *list,
		     struct cs_err *err)
{
	for (size_t i = 0; i < cs_args_count(args, name); i++) {
		if (!cs_filter_add(list, cs_args_nth(args, name, i)))
			return cs_err_set(err, CS_USAGE, "--%s: more than %d values", name,
					  CS_FILTER_VALUES);
	}
	return 0;
}

static int normalize_platform(const struct cs_args *args, const char **platform, struct cs_err *err)
{
	struct cs_platform parsed;
	char text[CS_PLATFORM_TEXT];
	int r = cs_platform_parse(*platform, &parsed, err);

	if (r < 0)
		return cs_err_prefix(err, "--platform");
	*platform = cs_arena_strdup(cs_args_arena(args), cs_platform_format(&parsed, text));
	return *platform ? 0 : cs_err_nomem(err);
}

static int read_labels(const struct cs_args *args, struct cs_filter *filter, struct cs_err *err)
{
	for (size_t i = 0; i < cs_args_count(args, "label"); i++) {
		char *text = cs_arena_strdup(cs_args_arena(args), cs_args_nth(args, "label", i));
		char *equals = text ? strchr(text, '=') : NULL;

		if (!text)
			return cs_err_nomem(err);
		if (!equals || equals == text)
			return cs_err_set(err, CS_USAGE, "--label: '%s' is not NAME=VALUE", text);
		if (filter->n_labels == CS_FILTER_VALUES)
			return cs_err_set(err, CS_USAGE, "--label: more than %d values",
					  CS_FILTER_VALUES);
		*equals = '\0';
		filter->labels[filter->n_labels++] = (struct cs_kv){ text, equals + 1 };
	}
	return 0;
}

static int read_time(const struct cs_args *args, const char *name, int64_t now, int64_t *ret,
		     struct cs_err *err)
{
	const char *text = cs_args_get(args, name);

	if (!text || cs_time_parse_human(text, now, ret, err) == 0)
		return 0;
	err->code = CS_USAGE;
	return cs_err_prefix(err, "--%s", name);
}

static int read_names(const struct cs_args *args, bool variables, struct cs_filter *filter,
		      struct cs_err *err)
{
	const struct {
		const char *name;
		struct cs_filter_list *list;
	} lists[] = {
		{ "project", &filter->project }, { "scope", &filter->scope },
		{ "event", &filter->event },	 { "ref", &filter->ref },
		{ "target", &filter->target },	 { "platform", &filter->platform },
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < CS_N(lists); i++) {
		if (variables || cs_args_n_flags(args, lists[i].name))
			r = read_list(args, lists[i].name, lists[i].list, err);
	}
	for (size_t i = 0; r == 0 && i < filter->event.n; i++) {
		r = cs_event_check(filter->event.v[i], err);
		if (r < 0)
			r = cs_err_prefix(err, "--event");
	}
	for (size_t i = 0; r == 0 && i < filter->platform.n; i++)
		r = normalize_platform(args, &filter->platform.v[i], err);
	if (r == 0 && (variables || cs_args_n_flags(args, "label")))
		r = read_labels(args, filter, err);
	return r;
}

int cs_cmd_filter_facts(const struct cs_args *args, struct cs_filter *ret, struct cs_err *err)
{
	cs_filter_init(ret);
	return read_names(args, false, ret, err);
}

int cs_cmd_filter(struct cs_app *app, const struct cs_args *args, struct cs_filter *ret,
		  struct cs_err *err)
{
	int64_t now = cs_ctx_now(&app->ctx);
	struct cs_filter filter;
	int r;

	cs_filter_init(&filter);
	r = read_names(args, true, &filter, err);
	if (r == 0)
		r = read_time(args, "since", now, &filter.since_unix_ns, err);
	if (r == 0)
		r = read_time(args, "until", now, &filter.until_unix_ns, err);
	if (r == 0 && filter.since_unix_ns != CS_TIME_NONE &&
	    filter.until_unix_ns != CS_TIME_NONE && filter.since_unix_ns >= filter.until_unix_ns)
		r = cs_err_set(err, CS_USAGE, "--since: not before --until");
	if (r == 0)
		*ret = filter;
	return r;
}
