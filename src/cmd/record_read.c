/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/record.h"

#include <string.h>

void cs_documents_release(struct cs_documents *docs)
{
	for (size_t i = 0; i < docs->n; i++)
		cs_doc_free(docs->v[i]);
	free(docs->v);
	memset(docs, 0, sizeof(*docs));
}

static int keep(void *arg, struct cs_doc *doc, struct cs_err *err)
{
	struct cs_documents *docs = arg;

	if (docs->n == docs->cap) {
		size_t cap = docs->cap ? docs->cap * 2 : 4;
		void *v = realloc(docs->v, cap * sizeof(struct cs_doc *));

		if (!v) {
			cs_doc_free(doc);
			return cs_err_nomem(err);
		}
		docs->v = v;
		docs->cap = cap;
	}
	docs->v[docs->n++] = doc;
	return 0;
}

int cs_documents_of(struct cs_app *app, struct cs_stream *in, const char *name,
		    struct cs_documents *ret, struct cs_err *err)
{
	struct cs_documents docs CS_AUTO(cs_documents_release) = { 0 };
	int r = cs_docs_read(&app->ctx, in, name, keep, &docs, err);

	if (r != 0)
		return r;
	for (size_t i = 0; i < docs.n; i++) {
		if (docs.v[i]->n_unread)
			cs_ctx_log(&app->ctx, CS_LOG_WARNING,
				   "%s: %lld lines are longer than --max-log-line; what is behind "
				   "was not read",
				   name, (long long)docs.v[i]->n_unread);
	}
	*ret = docs;
	memset(&docs, 0, sizeof(docs));
	return 0;
}

int cs_documents_read(struct cs_app *app, int fd, int64_t size, const char *name,
		      struct cs_documents *ret, struct cs_err *err)
{
	struct cs_stream *in;
	int r = cs_stream_file_range(&app->ctx, fd, 0, size, &in, err);

	return r < 0 ? r : cs_documents_of(app, in, name, ret, err);
}
