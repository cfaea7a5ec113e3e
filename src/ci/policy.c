/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One reader for the shipped policy and the user's, so that what ships is an example of what can be
 * written. What is named replaces, whole: a rule that was half the user's and half ours could be
 * understood only with both files side by side.
 */
#include "ci/policy.h"

#include <string.h>

#include "ci/keys.h"
#include "util/text.h"

#define COUNT_MAX 1000000

/* Words that a rule gives a meaning of its own; none can be a role. */
static const char *const reserved[] = { "builds", "order", "tests", "other", "prebuilt", "any" };

/* --- patterns --- */

static int read_pattern(const struct cs_yaml *doc, const char *name,
			const struct cs_yaml_node *node, struct cs_arena *arena, const char **ret,
			struct cs_err *err)
{
	char *folded;
	int r = cs_keys_text(doc, name, node, CS_KEY_PATTERN_MAX, arena, ret, err);

	if (r < 0)
		return r;
	folded = cs_arena_strdup(arena, *ret);
	if (!folded)
		return cs_err_nomem(err);
	*ret = folded;
	for (; *folded; folded++) {
		if (*folded >= 'A' && *folded <= 'Z')
			*folded = (char)(*folded - 'A' + 'a');
	}
	return 0;
}

/* One pattern or a list of them, in the place of what was there. */
static int read_patterns(const struct cs_yaml *doc, const char *name,
			 const struct cs_yaml_node *node, struct cs_arena *arena,
			 const char *patterns[CS_POLICY_PATTERNS], size_t *ret_n,
			 struct cs_err *err)
{
	*ret_n = 0;
	if (cs_yaml_is_null(node))
		return 0;
	if (node->kind == CS_YAML_SCALAR) {
		*ret_n = 1;
		return read_pattern(doc, name, node, arena, &patterns[0], err);
	}
	if (node->kind != CS_YAML_SEQUENCE)
		return cs_yaml_error(doc, node, err, "'%.100s' must be a list of patterns", name);
	if (node->n > CS_POLICY_PATTERNS)
		return cs_yaml_error(doc, node, err, "'%.100s' holds more than %d patterns", name,
				     CS_POLICY_PATTERNS);
	for (size_t i = 0; i < node->n; i++) {
		int r = read_pattern(doc, name, node->items[i], arena, &patterns[i], err);

		if (r < 0)
			return r;
		*ret_n = i + 1;
	}
	return 0;
}

/* --- roles --- */

static int check_role_name(const struct cs_yaml *doc, const struct cs_yaml_node *key,
			   struct cs_err *err)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
	size_t len = strspn(key->text, good);

	if (!len || key->text[len] || len > 64)
		return cs_yaml_error(doc, key, err,
				     "role '%.100s' may hold only small letters, digits, '_' and "
				     "'-'",
				     key->text);
	for (size_t i = 0; i < CS_N(reserved); i++) {
		if (strcmp(key->text, reserved[i]) == 0)
			return cs_yaml_error(doc, key, err, "'%s' cannot be a role", key->text);
	}
	return 0;
}

static int read_role(const struct cs_yaml *doc, const struct cs_yaml_pair *pair,
		     struct cs_arena *arena, struct cs_policy *policy, struct cs_err *err)
{
	unsigned place = cs_policy_role_named(policy, pair->key->text);
	struct cs_policy_role *role;

	if (!place) {
		int r = check_role_name(doc, pair->key, err);

		if (r < 0)
			return r;
		if (policy->n_roles == CS_POLICY_ROLES)
			return cs_yaml_error(doc, pair->key, err, "more than %d roles",
					     CS_POLICY_ROLES - 1);
		place = (unsigned)policy->n_roles++;
	}
	role = &policy->roles[place];
	role->name = cs_arena_strdup(arena, pair->key->text);
	if (!role->name)
		return cs_err_nomem(err);
	return read_patterns(doc, role->name, pair->value, arena, role->patterns, &role->n, err);
}

static int read_roles(const struct cs_yaml *doc, const struct cs_yaml_node *node,
		      struct cs_arena *arena, struct cs_policy *policy, struct cs_err *err)
{
	if (cs_yaml_is_null(node))
		return 0;
	if (node->kind != CS_YAML_MAPPING)
		return cs_yaml_error(doc, node, err,
				     "'roles' must be names with lists of patterns");
	for (size_t i = 0; i < node->n; i++) {
		int r = read_role(doc, &node->pairs[i], arena, policy, err);

		if (r < 0)
			return r;
	}
	policy->test = cs_policy_role_named(policy, "test");
	policy->production = cs_policy_role_named(policy, "production");
	return 0;
}

/* --- counts --- */

/* Digits alone, at most COUNT_MAX; -1 for anything else. */
static int64_t parse_count(const char *text)
{
	int64_t n = 0;

	if (!*text)
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		n = n * 10 + (*text - '0');
		if (n > COUNT_MAX)
			return -1;
	}
	return n;
}

static int bad_count(const struct cs_yaml *doc, const struct cs_yaml_node *node, struct cs_err *err)
{
	return cs_yaml_error(doc, node, err,
			     "'%.100s' is no number of builds: N, 'exactly N', 'at most N', "
			     "'at least N' or 'any'",
			     node->text);
}

static bool skip_word(const char **text, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*text, word, len) != 0 || (*text)[len] != ' ')
		return false;
	*text += len + 1;
	return true;
}

static int read_count_text(const struct cs_yaml *doc, const struct cs_yaml_node *node,
			   struct cs_policy_count *count, struct cs_err *err)
{
	const char *text = node->text;
	bool most = false, least = false;
	int64_t n;

	*count = (struct cs_policy_count){ .max = -1 };
	if (strcmp(text, "any") == 0)
		return 0;
	if (skip_word(&text, "at most"))
		most = true;
	else if (skip_word(&text, "at least"))
		least = true;
	else
		skip_word(&text, "exactly");
	n = parse_count(text);
	if (n < 0)
		return bad_count(doc, node, err);
	count->given = true;
	count->min = most ? 0 : n;
	count->max = least ? -1 : n;
	return 0;
}

static int read_bound(const struct cs_yaml *doc, const struct cs_yaml_node *node, int64_t *ret,
		      struct cs_err *err)
{
	if (node->kind != CS_YAML_SCALAR)
		return cs_yaml_error(doc, node, err, "a number of builds is expected");
	*ret = parse_count(node->text);
	return *ret < 0 ? cs_yaml_error(doc, node, err, "'%.100s' is no number of builds",
					node->text)
			: 0;
}

/* {exactly: 1, if: tests_passed} */
static int read_count_map(const struct cs_yaml *doc, const struct cs_yaml_node *node,
			  struct cs_policy_count *count, struct cs_err *err)
{
	static const char *const keys[] = { "exactly", "at_most", "at_least", "if" };
	const struct cs_yaml_node *v;
	int r = 0;

	*count = (struct cs_policy_count){ .given = true, .max = -1 };
	for (size_t i = 0; r == 0 && i < node->n; i++) {
		size_t k = 0;

		while (k < CS_N(keys) && strcmp(keys[k], node->pairs[i].key->text) != 0)
			k++;
		v = node->pairs[i].value;
		if (k == CS_N(keys))
			return cs_keys_unknown(doc, node->pairs[i].key, keys, CS_N(keys), err);
		if (k == 3) {
			if (v->kind != CS_YAML_SCALAR || strcmp(v->text, "tests_passed") != 0)
				return cs_yaml_error(doc, v, err,
						     "'if' takes 'tests_passed' and nothing else");
			count->if_tests_passed = true;
			continue;
		}
		if (k != 2)
			r = read_bound(doc, v, &count->max, err);
		if (k != 1 && r == 0)
			r = read_bound(doc, v, &count->min, err);
	}
	if (r < 0)
		return r;
	if (cs_yaml_get(node, "exactly") &&
	    (cs_yaml_get(node, "at_most") || cs_yaml_get(node, "at_least")))
		return cs_yaml_error(doc, node, err, "'exactly' stands alone");
	if (!cs_yaml_get(node, "exactly") && !cs_yaml_get(node, "at_most") &&
	    !cs_yaml_get(node, "at_least"))
		return cs_yaml_error(doc, node, err, "no number: 'exactly', 'at_most', 'at_least'");
	if (count->max >= 0 && count->max < count->min)
		return cs_yaml_error(doc, node, err, "'at_most' is less than 'at_least'");
	return 0;
}

static int read_count(const struct cs_yaml *doc, const struct cs_yaml_node *node,
		      struct cs_policy_count *count, struct cs_err *err)
{
	if (node->kind == CS_YAML_SCALAR)
		return read_count_text(doc, node, count, err);
	if (node->kind == CS_YAML_MAPPING)
		return read_count_map(doc, node, count, err);
	return cs_yaml_error(doc, node, err, "a number of builds is expected");
}

/* --- rules --- */

static int read_order(const struct cs_yaml *doc, const struct cs_yaml_node *node,
		      const struct cs_policy *policy, struct cs_policy_rule *rule,
		      struct cs_err *err)
{
	if (cs_yaml_is_null(node))
		return 0;
	if (node->kind != CS_YAML_SEQUENCE)
		return cs_yaml_error(doc, node, err, "'order' must be a list of roles");
	if (node->n > CS_POLICY_ORDER)
		return cs_yaml_error(doc, node, err, "'order' holds more than %d roles",
				     CS_POLICY_ORDER);
	for (size_t i = 0; i < node->n; i++) {
		const struct cs_yaml_node *item = node->items[i];
		const char *text = item->kind == CS_YAML_SCALAR ? item->text : "";
		unsigned role = strcmp(text, "tests") == 0 ? CS_POLICY_TESTS
							   : cs_policy_role_named(policy, text);

		if (!role)
			return cs_yaml_error(doc, item, err, "'%.100s' is no role, nor 'tests'",
					     text);
		for (size_t k = 0; k < rule->n_order; k++) {
			if (rule->order[k] == role)
				return cs_yaml_error(doc, item, err, "'%s' stands twice", text);
		}
		rule->order[rule->n_order++] = (uint8_t)role;
	}
	return 0;
}

static int read_rule_key(const struct cs_yaml *doc, const struct cs_yaml_pair *pair,
			 const struct cs_policy *policy, struct cs_policy_rule *rule,
			 struct cs_err *err)
{
	const char *names[CS_POLICY_ROLES + 2] = { "builds", "order" };
	const char *key = pair->key->text;

	if (strcmp(key, "order") == 0)
		return read_order(doc, pair->value, policy, rule, err);
	if (strcmp(key, "builds") == 0)
		return read_count(doc, pair->value, &rule->total, err);
	for (size_t i = 0; i < policy->n_roles; i++) {
		if (strcmp(key, policy->roles[i].name) == 0)
			return read_count(doc, pair->value, &rule->roles[i], err);
		names[2 + i] = policy->roles[i].name;
	}
	return cs_keys_unknown(doc, pair->key, names, CS_N(names), err);
}

static int read_rule(const struct cs_yaml *doc, const struct cs_yaml_node *node,
		     const struct cs_policy *policy, struct cs_policy_rule *ret, struct cs_err *err)
{
	struct cs_policy_rule rule = { 0 };

	if (node->kind == CS_YAML_SCALAR && strcmp(node->text, "any") == 0) {
		*ret = rule;
		return 0;
	}
	if (node->kind != CS_YAML_MAPPING)
		return cs_yaml_error(doc, node, err,
				     "a rule must be roles and their numbers, or 'any'");
	rule.given = true;
	for (size_t i = 0; i < node->n; i++) {
		int r = read_rule_key(doc, &node->pairs[i], policy, &rule, err);

		if (r < 0)
			return r;
	}
	*ret = rule;
	return 0;
}

static int read_rules(const struct cs_yaml *doc, const struct cs_yaml_node *node,
		      struct cs_arena *arena, struct cs_policy *policy, struct cs_err *err)
{
	const char *names[CS_EVENT_OTHER + 1];

	if (cs_yaml_is_null(node))
		return 0;
	if (node->kind != CS_YAML_MAPPING)
		return cs_yaml_error(doc, node, err, "'policy' must be events and their rules");
	for (int e = CS_EVENT_NONE + 1; e <= CS_EVENT_OTHER; e++)
		names[e] = cs_event_name((enum cs_event)e);
	names[0] = "prebuilt";
	for (size_t i = 0; i < node->n; i++) {
		const struct cs_yaml_pair *pair = &node->pairs[i];
		int e = 0, r;

		while (e <= CS_EVENT_OTHER && strcmp(names[e], pair->key->text) != 0)
			e++;
		if (e > CS_EVENT_OTHER)
			return cs_keys_unknown(doc, pair->key, names, CS_N(names), err);
		r = e ? read_rule(doc, pair->value, policy, &policy->rules[e], err)
		      : read_patterns(doc, names[0], pair->value, arena, policy->prebuilt,
				      &policy->n_prebuilt, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int cs_policy_read(const struct cs_yaml *doc, const struct cs_yaml_node *root,
		   struct cs_arena *arena, struct cs_policy *policy, struct cs_err *err)
{
	const struct cs_yaml_node *roles = cs_yaml_get(root, "roles");
	const struct cs_yaml_node *rules = cs_yaml_get(root, "policy");
	int r = roles ? read_roles(doc, roles, arena, policy, err) : 0;

	return r == 0 && rules ? read_rules(doc, rules, arena, policy, err) : r;
}

/* Under the built-in limits, whatever the options say: they are for what strangers write. */
int cs_policy_load_default(struct cs_arena *arena, struct cs_policy *policy, struct cs_err *err)
{
	struct cs_yaml *doc CS_AUTO(cs_yaml_free_p) = NULL;
	struct cs_limits limits;
	int r;

	cs_limits_init(&limits);
	cs_policy_init(policy);
	r = cs_yaml_parse("policy.yml", cs_policy_default, strlen(cs_policy_default), &limits, &doc,
			  err);
	return r < 0 ? r : cs_policy_read(doc, doc->root, arena, policy, err);
}
