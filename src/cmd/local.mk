# SPDX-License-Identifier: Apache-2.0
cmd_sources = \
	src/cmd/analysis.c \
	src/cmd/analysis.h \
	src/cmd/args.c \
	src/cmd/args.h \
	src/cmd/batch.c \
	src/cmd/batch.h \
	src/cmd/batch_files.c \
	src/cmd/batch_line.c \
	src/cmd/claims.c \
	src/cmd/claims.h \
	src/cmd/cmd.h \
	src/cmd/cmd_analyze.c \
	src/cmd/cmd_builds.c \
	src/cmd/cmd_cache.c \
	src/cmd/cmd_db.c \
	src/cmd/cmd_check.c \
	src/cmd/cmd_compare.c \
	src/cmd/cmd_diff.c \
	src/cmd/compare.h \
	src/cmd/compare_images.c \
	src/cmd/github.c \
	src/cmd/github.h \
	src/cmd/rights.c \
	src/cmd/rights.h \
	src/cmd/selection.c \
	src/cmd/selection.h \
	src/cmd/cmd_help.c \
	src/cmd/cmd_strategy.c \
	src/cmd/cmd_nightly.c \
	src/cmd/nightly.h \
	src/cmd/nightly_changes.c \
	src/cmd/nightly_inbox.c \
	src/cmd/nightly_prune.c \
	src/cmd/nightly_report.c \
	src/cmd/cmd_record.c \
	src/cmd/cmd_why.c \
	src/cmd/commands.c \
	src/cmd/commands.h \
	src/cmd/common.c \
	src/cmd/completion.c \
	src/cmd/dispatch.c \
	src/cmd/dispatch.h \
	src/cmd/cmd_report.c \
	src/cmd/earlier.c \
	src/cmd/earlier.h \
	src/cmd/report_build.c \
	src/cmd/report_build.h \
	src/cmd/report_head.c \
	src/cmd/report_parts.h \
	src/cmd/report_tables.c \
	src/cmd/facts.c \
	src/cmd/filter.c \
	src/cmd/help.c \
	src/cmd/help.h \
	src/cmd/brief_dict.c \
	src/cmd/briefs.c \
	src/cmd/history.c \
	src/cmd/history.h \
	src/cmd/intake.c \
	src/cmd/intake.h \
	src/cmd/judge.c \
	src/cmd/judge.h \
	src/cmd/man.c \
	src/cmd/options.c \
	src/cmd/output.c \
	src/cmd/output.h \
	src/cmd/record.c \
	src/cmd/record.h \
	src/cmd/record_files.c \
	src/cmd/record_folder.c \
	src/cmd/record_folder.h \
	src/cmd/record_inbox.c \
	src/cmd/record_zip.c \
	src/cmd/record_read.c \
	src/cmd/subject.c \
	src/cmd/subject.h \
	src/cmd/terminal.c \
	src/cmd/terminal.h \
	src/cmd/why_context.c \
	src/cmd/why_context.h \
	src/cmd/why_files.c \
	src/cmd/why_files.h \
	src/cmd/writer.c \
	src/cmd/writer.h
libcachestat_a_SOURCES += $(cmd_sources)

# Written by the program from its tables and shipped in the tarball. They depend on the tables, not
# on the program: what a tarball brings is not written again.
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
fishcompletiondir = $(datadir)/fish/vendor_completions.d
dist_man_MANS += cachestat.1
dist_bashcompletion_DATA = completion/bash/cachestat
dist_zshcompletion_DATA = completion/zsh/_cachestat
dist_fishcompletion_DATA = completion/fish/cachestat.fish
written_docs = cachestat.1 completion/bash/cachestat completion/zsh/_cachestat \
	completion/fish/cachestat.fish
MAINTAINERCLEANFILES += $(written_docs)

if CROSS_COMPILING
$(written_docs):
	@echo "$@ is written by the built program: cross-compile the release tarball, which has it" >&2
	@exit 1
else
$(written_docs): $(cmd_sources) src/util/limits.h $(srcdir)/configure.ac | cachestat$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && case $@ in \
	*.1) set -- help --man ;; \
	*/bash/*) set -- completion bash ;; \
	*/zsh/*) set -- completion zsh ;; \
	*) set -- completion fish ;; \
	esac && ./cachestat$(EXEEXT) "$$@" >$@.tmp && mv $@.tmp $@
endif
