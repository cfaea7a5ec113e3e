/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A map from a step's identity to the duration that was measured last, once for its scope and once
 * for the project. Keys are the texts themselves: a hash in their place would be smaller, but two
 * steps that share one would share a price, and instructions are written by strangers.
 */
#include "metrics/price.h"

#include <string.h>

#include "util/hash.h"

struct price {
	int64_t ns;
	uint32_t len;
	UT_hash_handle hh;
	char key[];
};

struct cs_prices {
	struct price *map; /* in the order of the last measurement */
	size_t bytes;
	char *scratch; /* room for the longest key that was ever learned */
	size_t scratch_len;
};

int cs_prices_new(struct cs_prices **ret, struct cs_err *err)
{
	struct cs_prices *p = calloc(1, sizeof(*p));

	if (!p)
		return cs_err_nomem(err);
	*ret = p;
	return 0;
}

static void forget(struct cs_prices *prices, struct price *p)
{
	prices->bytes -= sizeof(*p) + p->len;
	HASH_DEL(prices->map, p);
	free(p);
}

void cs_prices_free(struct cs_prices *prices)
{
	if (!prices)
		return;
	while (prices->map)
		forget(prices, prices->map);
	free(prices->scratch);
	free(prices);
}

/* --- keys --- */

/*
 * The identity of a step (metrics.md), each part behind its length, so that no text of one part can
 * look like another's. The scope is NULL for a price of any scope.
 */
struct key {
	const char *part[5];
	uint32_t len[5];
	size_t size;
};

#define ANY_SCOPE UINT32_MAX

static struct key key_of(const struct cs_build *b, const struct cs_step *s)
{
	struct key k = { { b->facts.scope, b->facts.project,
			   s->platform ? s->platform : b->platform, s->stage, s->instruction },
			 { 0 },
			 0 };

	for (size_t i = 0; i < CS_N(k.part); i++) {
		size_t len = k.part[i] ? strlen(k.part[i]) : 0;

		/* Limits on documents are far below. */
		k.len[i] = len < ANY_SCOPE ? (uint32_t)len : ANY_SCOPE - 1;
		k.size += sizeof(k.len[i]) + k.len[i];
	}
	return k;
}

static size_t key_size(const struct key *k, bool any_scope)
{
	return any_scope ? k->size - k->len[0] : k->size;
}

static void write_key(const struct key *k, bool any_scope, char *to)
{
	static const uint32_t any = ANY_SCOPE;

	for (size_t i = 0; i < CS_N(k->part); i++) {
		uint32_t len = i == 0 && any_scope ? 0 : k->len[i];

		memcpy(to, i == 0 && any_scope ? &any : &len, sizeof(len));
		to += sizeof(len);
		if (len)
			memcpy(to, k->part[i], len);
		to += len;
	}
}

/* The key has been written to the scratch room. */
static struct price *find(const struct cs_prices *prices, size_t len)
{
	struct price *p;

	HASH_FIND(hh, prices->map, prices->scratch, len, p);
	return p;
}

/* --- learning --- */

static int put(struct cs_prices *prices, const struct key *k, bool any_scope, int64_t ns)
{
	size_t len = key_size(k, any_scope);
	struct price *p;

	write_key(k, any_scope, prices->scratch);
	p = find(prices, len);
	if (p) {
		/* to the end of the order */
		HASH_DEL(prices->map, p);
		prices->bytes -= sizeof(*p) + p->len;
	} else {
		p = malloc(sizeof(*p) + len);
		if (!p)
			return -1;
		p->len = (uint32_t)len;
		memcpy(p->key, prices->scratch, len);
	}
	while (prices->map && prices->bytes + sizeof(*p) + len > CS_PRICES_BYTES)
		forget(prices, prices->map);
	p->ns = ns;
	HASH_ADD_KEYPTR(hh, prices->map, p->key, len, p);
	if (!p->hh.tbl) {
		free(p);
		return -1;
	}
	prices->bytes += sizeof(*p) + len;
	return 0;
}

static int reserve(struct cs_prices *prices, size_t len)
{
	char *grown;

	if (len <= prices->scratch_len)
		return 0;
	grown = realloc(prices->scratch, len);
	if (!grown)
		return -1;
	prices->scratch = grown;
	prices->scratch_len = len;
	return 0;
}

int cs_prices_learn(struct cs_prices *prices, const struct cs_build *build, struct cs_err *err)
{
	for (size_t i = 0; i < build->n_steps; i++) {
		const struct cs_step *s = &build->steps[i];
		struct key k;

		if (!cs_step_sets_price(s))
			continue;
		k = key_of(build, s);
		if (reserve(prices, k.size) < 0 || put(prices, &k, false, s->duration_ns) < 0 ||
		    put(prices, &k, true, s->duration_ns) < 0)
			return cs_err_nomem(err);
	}
	return 0;
}

int cs_prices_set(struct cs_prices *prices, const struct cs_build *build,
		  const struct cs_step *step, int64_t ns, struct cs_err *err)
{
	struct key k = key_of(build, step);

	if (reserve(prices, k.size) < 0 || put(prices, &k, false, ns) < 0)
		return cs_err_nomem(err);
	return 0;
}

/* A key that is longer than all that were learned is not among them, so nothing is allocated. */
int64_t cs_prices_of(const struct cs_prices *prices, const struct cs_build *build,
		     const struct cs_step *step)
{
	struct key k;

	if (!cs_step_has_price(step))
		return -1;
	k = key_of(build, step);
	for (int any_scope = 0; any_scope < 2; any_scope++) {
		size_t len = key_size(&k, any_scope);
		struct price *p;

		if (len > prices->scratch_len)
			continue;
		write_key(&k, any_scope, prices->scratch);
		p = find(prices, len);
		if (p)
			return p->ns;
	}
	return -1;
}
