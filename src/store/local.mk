# SPDX-License-Identifier: Apache-2.0
store_sources = \
	src/store/briefs.h \
	src/store/driver.h \
	src/store/driver_sqlite.c \
	src/store/driver_sqlite.h \
	src/store/driver_sqlite_care.c \
	src/store/driver_sqlite_open.c \
	src/store/identity.c \
	src/store/migrate.c \
	src/store/nightly.h \
	src/store/recipe_json.c \
	src/store/recipe_json.h \
	src/store/sql.h \
	src/store/step_pack.c \
	src/store/step_pack.h \
	src/store/store.c \
	src/store/store.h \
	src/store/store_base.c \
	src/store/store_briefs.c \
	src/store/store_briefs_get.c \
	src/store/store_builds_get.c \
	src/store/store_builds_put.c \
	src/store/store_builds_replace.c \
	src/store/store_builds_row.c \
	src/store/store_care.c \
	src/store/store_db.c \
	src/store/store_drop.c \
	src/store/store_impl.h \
	src/store/store_kin.c \
	src/store/store_layers.c \
	src/store/store_prices.c \
	src/store/store_projects.c \
	src/store/store_nightly.c \
	src/store/store_prune.c \
	src/store/store_put.h \
	src/store/store_results.c \
	src/store/store_runs.c \
	src/store/store_runs_list.c \
	src/store/store_seen.c \
	src/store/store_steps.c \
	src/store/store_texts.c \
	src/store/testpoint.h

libcachestat_a_SOURCES += $(store_sources)

# A new file of statements, or a migration, is one line here.
sql_files = \
	data/sql/briefs.sql \
	data/sql/builds.sql \
	data/sql/care.sql \
	data/sql/layers.sql \
	data/sql/nightly.sql \
	data/sql/prune.sql \
	data/sql/runs.sql \
	data/sql/seen.sql \
	data/sql/steps.sql \
	data/sql/texts.sql \
	data/sql/migrations/0001_history.sqlite.sql

EXTRA_DIST += $(sql_files) scripts/embed-sql
sql_generated = src/store/statements.c src/store/statements.h
nodist_libcachestat_a_SOURCES += $(sql_generated)
BUILT_SOURCES += $(sql_generated)
CLEANFILES += $(sql_generated)

src/store/statements.h: $(sql_files) scripts/embed-sql
	$(AM_V_GEN)$(MKDIR_P) src/store && cd $(srcdir) && \
		$(AWK) -f scripts/embed-sql out=h $(sql_files) >$(abs_builddir)/$@.tmp && \
		mv $(abs_builddir)/$@.tmp $(abs_builddir)/$@
src/store/statements.c: $(sql_files) scripts/embed-sql
	$(AM_V_GEN)$(MKDIR_P) src/store && cd $(srcdir) && \
		$(AWK) -f scripts/embed-sql out=c $(sql_files) >$(abs_builddir)/$@.tmp && \
		mv $(abs_builddir)/$@.tmp $(abs_builddir)/$@
