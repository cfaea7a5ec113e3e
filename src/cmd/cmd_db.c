/* SPDX-License-Identifier: Apache-2.0 */
/* db: care of the store. */
#include "cmd/commands.h"
#include "util/file.h"
#include "view/view.h"

static const struct cs_option_group *const groups[] = { &cs_group_common, NULL };

static const char *store_url(const struct cs_args *args)
{
	return cs_args_get(args, "db");
}

/* --- info --- */

static int info_run(struct cs_app *app, const struct cs_args *args, struct cs_err *err)
{
	struct cs_report *report CS_AUTO(cs_report_free_p) = NULL;
	struct cs_store *store CS_AUTO(cs_store_close_p) = NULL;
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_store_info info;
	int r;

	if (!arena)
		return cs_err_nomem(err);
	r = cs_cmd_store(app, args, CS_STORE_READ, &store, err);
	if (r == 0)
		r = cs_store_info(store, arena, &info, err);
	if (r == 0)
		r = cs_report_new("db", cs_ctx_now(&app->ctx), &report, err);
	if (r == 0)
		r = cs_view_store_info(report, &info, err);
	if (r == 0)
		r = cs_cmd_render(app, args, report, err);
	return r;
}

static const struct cs_command info_command = {
	.name = "info",
	.operands = "",
	.summary = "where the store is and what it holds",
	.description = "Counts of what is recorded, the schema version, and the size of the file.",
	.groups = groups,
	.run = info_run,
};

/* --- check --- */

static const struct cs_column check_columns[] = {
	{ "problem", "problem", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_WIDE, NULL },
};

static int add_problem(void *arg, const char *problem)
{
	struct cs_report *report = arg;
	struct cs_table *t = cs_report_table(report, 0);

	cs_row_add(report, t);
	cs_row_text(report, t, "problem", problem);
	return 0;
}

static int check_run(struct cs_app *app, const struct cs_args *args, struct cs_err *err)
{
	struct cs_report *report CS_AUTO(cs_report_free_p) = NULL;
	struct cs_store *store CS_AUTO(cs_store_close_p) = NULL;
	const struct cs_table *t;
	int r = cs_cmd_store(app, args, CS_STORE_READ, &store, err);

	if (r == 0)
		r = cs_report_new("db", cs_ctx_now(&app->ctx), &report, err);
	if (r < 0)
		return r;
	t = cs_report_add_table(report, "problems", NULL, check_columns, CS_N(check_columns));
	if (!t)
		return cs_report_check(report, err);
	r = cs_store_check(store, add_problem, report, err);
	if (r < 0)
		return r;
	if (!t->n_rows)
		cs_report_note(report, false, "the store is sound");
	r = cs_cmd_render(app, args, report, err);
	return r < 0 ? r : t->n_rows ? 1 : 0;
}

static const struct cs_command check_command = {
	.name = "check",
	.operands = "",
	.summary = "look for damage; exit 1 if there is any",
	.description =
		"Checks the file's integrity and that every reference in it leads somewhere.",
	.groups = groups,
	.run = check_run,
};

/* --- backup --- */

static int backup_run(struct cs_app *app, const struct cs_args *args, struct cs_err *err)
{
	struct cs_store *store CS_AUTO(cs_store_close_p) = NULL;
	int r = cs_cmd_store(app, args, CS_STORE_READ, &store, err);

	return r < 0 ? r : cs_store_backup(store, cs_args_operand(args, 0), err);
}

static const struct cs_command backup_command = {
	.name = "backup",
	.operands = "FILE",
	.summary = "copy the store to FILE, while others write to it",
	.description = "The copy is whole and consistent; FILE appears only when it is complete.",
	.examples = "cachestat db backup cachestat-2026-11-22.db\tto be read with --db\n",
	.groups = groups,
	.min_operands = 1,
	.max_operands = 1,
	.run = backup_run,
};

/* --- prune --- */

static const struct cs_option prune_options[] = {
	{ .name = "keep", .arg = "AGE", .help = "delete builds older than AGE (400d, or a date)" },
	{ .name = "dry-run", .help = "say what would be deleted" },
};

static const struct cs_option_group *const prune_groups[] = { &cs_group_filter, &cs_group_common,
							      NULL };

static const struct cs_column prune_columns[] = {
	{ "builds", "builds deleted", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "layers", "layers deleted", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "dry_run", "dry run", CS_TYPE_BOOL, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
};

static int prune_run(struct cs_app *app, const struct cs_args *args, struct cs_err *err)
{
	struct cs_report *report CS_AUTO(cs_report_free_p) = NULL;
	struct cs_store *store CS_AUTO(cs_store_close_p) = NULL;
	bool dry_run = cs_args_has(args, "dry-run");
	const char *keep = cs_args_get(args, "keep");
	int64_t now = cs_ctx_now(&app->ctx), before = 0, builds = 0, layers = 0;
	struct cs_filter filter;
	struct cs_table *t;
	int r;

	if (!keep)
		return cs_err_set(err, CS_USAGE, "db prune needs --keep AGE, such as --keep 400d");
	r = cs_time_parse_human(keep, now, &before, err);
	if (r < 0)
		return cs_err_prefix(err, "--keep");
	r = cs_cmd_filter(app, args, &filter, err);
	if (r == 0)
		r = cs_cmd_store(app, args, dry_run ? CS_STORE_READ : CS_STORE_WRITE, &store, err);
	if (r == 0)
		r = cs_store_prune(store, &filter, before, dry_run, &builds, &layers, err);
	if (r == 0)
		r = cs_report_new("db", now, &report, err);
	if (r < 0)
		return r;
	t = cs_report_add_table(report, "pruned", NULL, prune_columns, CS_N(prune_columns));
	if (!t)
		return cs_report_check(report, err);
	cs_row_add(report, t);
	cs_row_int(report, t, "builds", builds);
	cs_row_int(report, t, "layers", layers);
	cs_row_bool(report, t, "dry_run", dry_run);
	if (dry_run)
		cs_report_note(report, false, "nothing was deleted (--dry-run)");
	return cs_cmd_render(app, args, report, err);
}

static const struct cs_command prune_command = {
	.name = "prune",
	.operands = "",
	.summary = "delete old builds and give the space back",
	.description =
		"Deletes the builds that match and began before --keep, and what nothing else "
		"uses: runs, layers, entry lists. They are gone from every figure; 'cachestat "
		"nightly --keep' keeps the sums of their days.",
	.examples = "cachestat db prune --keep 400d --dry-run\thow many would go\n"
		    "cachestat db prune --keep 2026-01-01 --scope old\ta scope's, before a date\n",
	.options = prune_options,
	.n_options = CS_N(prune_options),
	.groups = prune_groups,
	.run = prune_run,
};

/* --- migrate --- */

static const struct cs_column migrate_columns[] = {
	{ "from_version", "from", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "to_version", "to", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
};

static int migrate_run(struct cs_app *app, const struct cs_args *args, struct cs_err *err)
{
	struct cs_report *report CS_AUTO(cs_report_free_p) = NULL;
	struct cs_table *t;
	int64_t from = 0, to = 0;
	int r = cs_store_migrate(&app->ctx, store_url(args), &from, &to, err);

	if (r == 0)
		r = cs_report_new("db", cs_ctx_now(&app->ctx), &report, err);
	if (r < 0)
		return r;
	t = cs_report_add_table(report, "migrated", NULL, migrate_columns, CS_N(migrate_columns));
	if (!t)
		return cs_report_check(report, err);
	cs_row_add(report, t);
	cs_row_int(report, t, "from_version", from);
	cs_row_int(report, t, "to_version", to);
	return cs_cmd_render(app, args, report, err);
}

static const struct cs_command migrate_command = {
	.name = "migrate",
	.operands = "",
	.summary = "bring an older store to this version, keeping a copy",
	.description = "Commands that write do this by themselves; reading ones ask for it.",
	.groups = groups,
	.run = migrate_run,
};

static const struct cs_command *const subcommands[] = { &info_command,	  &check_command,
							&backup_command,  &prune_command,
							&migrate_command, NULL };

const struct cs_command cs_cmd_db = {
	.name = "db",
	.operands = "COMMAND",
	.summary = "care of the store: info, check, backup, prune, migrate",
	.description = "The store is the only copy of a team's history; these keep it well.",
	.subcommands = subcommands,
};
