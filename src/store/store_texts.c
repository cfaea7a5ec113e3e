/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Projects and their dictionary of texts. A text is found by the first 16 bytes of its sha256:
 * texts may be longer than an index takes, and a shorter or weaker hash could be made to collide by
 * who writes a Dockerfile. Numbers read before are kept for one transaction only: a text may be
 * pruned, and its number given anew, by another process between two.
 */
#include "store/store_impl.h"

/* Bytes of the UTF-8 sequence at p, 0 if it is none (overlong, surrogate, past U+10FFFF). */
static size_t utf8_len(const unsigned char *p)
{
	static const struct {
		unsigned char first_low, first_high, second_low, second_high, len;
	} forms[] = {
		{ 0x00, 0x7f, 0x00, 0x00, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < CS_N(forms); i++) {
		if (p[0] < forms[i].first_low || p[0] > forms[i].first_high)
			continue;
		if (forms[i].len == 1)
			return 1;
		if (p[1] < forms[i].second_low || p[1] > forms[i].second_high)
			return 0;
		for (size_t k = 2; k < forms[i].len; k++) {
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		}
		return forms[i].len;
	}
	return 0;
}

int cs_st_clean(const char *text, struct cs_buf *buf, const char **ret, struct cs_err *err)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n;
	int r = 0;

	while (*p && (n = *p < 0x80 ? 1 : utf8_len(p)) > 0)
		p += n;
	if (!*p) {
		*ret = text;
		return 0;
	}
	cs_buf_reset(buf);
	for (p = (const unsigned char *)text; *p && r == 0; p += n ? n : 1) {
		n = utf8_len(p);
		r = n ? cs_buf_add(buf, p, n) : cs_buf_puts(buf, "\xef\xbf\xbd");
	}
	if (r < 0)
		return cs_err_nomem(err);
	*ret = buf->data;
	return 0;
}

void cs_st_hash_number(struct cs_hasher *h, int64_t v)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)((uint64_t)v >> (8 * i));
	cs_hasher_update(h, bytes, sizeof(bytes));
}

void cs_st_hash_text(struct cs_hasher *h, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	cs_st_hash_number(h, text ? (int64_t)len : -1); /* NULL is not "" */
	cs_hasher_update(h, text ? text : "", len);
}

static int find(struct cs_store *store, int64_t project, const char *text, bool create,
		int64_t *ret, struct cs_err *err)
{
	const struct cs_param id = cs_p_int("project_id", project);
	struct cs_param hash;
	struct cs_digest d;
	int r;

	cs_hasher_reset(store->hasher);
	cs_hasher_update(store->hasher, text, strlen(text));
	cs_hasher_final(store->hasher, &d);
	hash = cs_p_blob("hash", d.bytes, CS_HASH_BYTES);
	r = cs_st_int(store, CS_SQL_TEXT_FIND, CS_PARAMS(id, hash), ret, err);
	if (r != 1 || !create)
		return r;
	return cs_st_insert(store, CS_SQL_TEXT_INSERT, CS_PARAMS(id, hash, cs_p_text("text", text)),
			    ret, err);
}

/* --- numbers known before --- */

/* For one build it is not worth it. Without memory everything is looked up. */
static bool make_words(struct cs_store *store)
{
	if (!store->words && store->bulk == CS_BULK_OPEN)
		store->words = calloc(1, sizeof(*store->words));
	return store->words != NULL;
}

/* FNV-1a: who makes texts collide only makes them be looked up again. */
static struct cs_word_slot *text_slot(struct cs_store *store, int64_t project, const char *text)
{
	uint64_t h = UINT64_C(14695981039346656037) ^ (uint64_t)project;

	if (!make_words(store))
		return NULL;
	for (const char *p = text; *p; p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
	return &store->words->texts[(h ^ h >> 32) % CS_WORD_SLOTS];
}

struct cs_def_slot *cs_st_def_slot(struct cs_store *store, const uint8_t hash[CS_HASH_BYTES])
{
	return make_words(store) ? &store->words->defs[(hash[0] | hash[1] << 8) % CS_WORD_SLOTS]
				 : NULL;
}

static void forget_words(struct cs_store *store)
{
	for (size_t i = 0; store->words && i < CS_WORD_SLOTS; i++)
		free(store->words->texts[i].text);
	free(store->words);
	store->words = NULL;
}

typedef int find_fn(struct cs_store *store, int64_t project, const char *text, bool create,
		    int64_t *ret, struct cs_err *err);

/* What fn finds for the text as it is kept. 0; 1 = there is none, and none was made. */
static int find_known(struct cs_store *store, int64_t project, const char *text, bool create,
		      find_fn *fn, int64_t *ret, struct cs_err *err)
{
	struct cs_buf buf = CS_BUF_INIT;
	struct cs_word_slot *slot = NULL;
	const char *clean = text;
	char *keep;
	int r;

	if (strlen(text) <= CS_WORD_KEEP)
		slot = text_slot(store, project, text);
	if (slot && slot->id && slot->project == project && strcmp(slot->text, text) == 0) {
		*ret = slot->id;
		return 0;
	}
	r = cs_st_clean(text, &buf, &clean, err);
	if (r == 0)
		r = fn(store, project, clean, create, ret, err);
	cs_buf_release(&buf);
	if (r == 0 && slot && (keep = strdup(text))) {
		free(slot->text);
		*slot = (struct cs_word_slot){ project, *ret, keep };
	}
	return r;
}

int cs_st_text_id(struct cs_store *store, int64_t project, const char *text, int64_t *ret,
		  struct cs_err *err)
{
	if (!text) {
		*ret = 0;
		return 0;
	}
	return find_known(store, project, text, true, find, ret, err);
}

int cs_st_text_find(struct cs_store *store, int64_t project, const char *text, int64_t *ret,
		    struct cs_err *err)
{
	return find_known(store, project, text, false, find, ret, err);
}

static int find_project(struct cs_store *store, int64_t none CS_UNUSED, const char *name,
			bool create, int64_t *ret, struct cs_err *err)
{
	const struct cs_param p = cs_p_text("name", name);
	int r = cs_st_int(store, CS_SQL_PROJECT_FIND, &p, 1, ret, err);

	return r == 1 && create ? cs_st_insert(store, CS_SQL_PROJECT_INSERT, &p, 1, ret, err) : r;
}

int cs_st_project(struct cs_store *store, const char *name, bool create, int64_t *ret,
		  struct cs_err *err)
{
	/* No project has the number 0: theirs are the names of projects. */
	return find_known(store, 0, name ? name : "", create, find_project, ret, err);
}

void cs_st_texts_forget(struct cs_store *store)
{
	for (size_t i = 0; store->n_texts && i < CS_TEXT_SLOTS; i++) {
		if (!store->texts[i].id)
			continue;
		free(store->texts[i].text);
		store->texts[i].text = NULL;
		store->texts[i].id = 0;
	}
	store->n_texts = 0;
	forget_words(store);
}

int cs_st_text(struct cs_store *store, int64_t id, struct cs_arena *arena, const char **ret,
	       struct cs_err *err)
{
	struct cs_text_slot *slot = &store->texts[(uint64_t)id % CS_TEXT_SLOTS];
	struct cs_row row = { .store = store, .arena = arena, .err = err };
	const char *text;
	char *keep;
	int r;

	if (id == 0) {
		*ret = NULL;
		return 0;
	}
	if (slot->id == id) {
		*ret = cs_arena_strdup(arena, slot->text);
		return *ret ? 0 : cs_err_nomem(err);
	}
	r = cs_st_query(store, CS_SQL_TEXT_GET, CS_PARAMS(cs_p_int("text_id", id)), &row.st, err);
	if (r == 0)
		r = cs_st_next(row.st, err);
	if (r == 1)
		return cs_st_damaged(store, err, "text %lld is missing", (long long)id);
	if (r < 0)
		return r;
	text = cs_db_row_text(&row);
	row.st->driver->reset(row.st);
	if (row.r < 0)
		return row.r;
	*ret = text;
	if (text && strlen(text) <= CS_TEXT_KEEP && (keep = strdup(text))) {
		free(slot->text);
		slot->text = keep;
		slot->id = id;
		store->n_texts++;
	}
	return 0;
}
