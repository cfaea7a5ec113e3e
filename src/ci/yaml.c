/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libyaml's events, not its document API: that one keeps duplicate keys, and its composer recurses
 * over the input. The stack here is explicit, so nesting costs no C stack.
 */
#include "ci/yaml.h"

#include <string.h>
#include <yaml.h>

#include "util/file.h"

/* A collection that is still open. A mapping's values alternate: key, value, key … */
struct frame {
	struct cs_yaml_node *node;
	struct cs_yaml_node **values;
	size_t n, cap;
	const char *anchor;
	int64_t weight; /* nodes in it, aliases expanded */
};

struct anchor {
	const char *name;
	struct cs_yaml_node *node;
	int64_t weight;
};

struct builder {
	yaml_parser_t parser;
	struct cs_yaml *doc;
	const struct cs_limits *limits;
	struct frame *frames;
	size_t depth, cap_frames;
	struct anchor *anchors;
	size_t n_anchors, cap_anchors;
	int64_t expanded; /* nodes that aliases stand for */
	size_t documents;
	struct cs_err *err;
};

static int fail_at(struct builder *b, const yaml_mark_t *mark, const char *message)
{
	return cs_err_set(b->err, CS_FORMAT, "'%s':%zu:%zu: %s", b->doc->name, mark->line + 1,
			  mark->column + 1, message);
}

int cs_yaml_error(const struct cs_yaml *doc, const struct cs_yaml_node *node, struct cs_err *err,
		  const char *fmt, ...)
{
	char msg[CS_ERR_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	return cs_err_set(err, CS_FORMAT, "'%s':%u:%u: %s", doc->name, node->line, node->column,
			  msg);
}

/* Grows an array of n elements so that one more fits. */
static int grow(void *array, size_t *cap, size_t n, size_t size, struct cs_err *err)
{
	void **p = array, *bigger;
	size_t want = *cap ? *cap * 2 : 8;

	if (n < *cap)
		return 0;
	bigger = reallocarray(*p, want, size);
	if (!bigger)
		return cs_err_nomem(err);
	*p = bigger;
	*cap = want;
	return 0;
}

/* libyaml says where for its scanner and parser; for bad bytes it says only which. */
static int parser_failed(struct builder *b, const char *data, size_t len)
{
	const yaml_parser_t *p = &b->parser;
	yaml_mark_t mark = p->problem_mark;

	if (p->error == YAML_MEMORY_ERROR)
		return cs_err_nomem(b->err);
	if (p->error == YAML_READER_ERROR) {
		memset(&mark, 0, sizeof(mark));
		for (size_t i = 0; i < p->problem_offset && i < len; i++) {
			mark.column = data[i] == '\n' ? 0 : mark.column + 1;
			mark.line += data[i] == '\n';
		}
	}
	return fail_at(b, &mark, p->problem ? p->problem : "not YAML");
}

static int attach(struct builder *b, struct cs_yaml_node *node, int64_t weight)
{
	struct frame *top;
	int r;

	if (!b->depth) {
		b->doc->root = node;
		return 0;
	}
	top = &b->frames[b->depth - 1];
	if (top->node->kind == CS_YAML_MAPPING && top->n % 2 == 0 && node->kind != CS_YAML_SCALAR)
		return cs_yaml_error(b->doc, node, b->err, "a key must be text");
	r = grow(&top->values, &top->cap, top->n, sizeof(*top->values), b->err);
	if (r < 0)
		return r;
	top->values[top->n++] = node;
	top->weight += weight;
	return 0;
}

static int set_anchor(struct builder *b, const char *name, struct cs_yaml_node *node,
		      int64_t weight)
{
	int r;

	if (!name)
		return 0;
	/* More anchors than aliases may be followed are of no use, and looked up one by one. */
	if ((int64_t)b->n_anchors >= b->limits->alias_nodes)
		return cs_limit_error(b->err, b->limits, alias_nodes, "'%s':%u:%u: anchors",
				      b->doc->name, node->line, node->column);
	r = grow(&b->anchors, &b->cap_anchors, b->n_anchors, sizeof(*b->anchors), b->err);
	if (r < 0)
		return r;
	b->anchors[b->n_anchors++] = (struct anchor){ name, node, weight };
	return 0;
}

static int new_node(struct builder *b, enum cs_yaml_kind kind, const yaml_event_t *event,
		    const yaml_char_t *tag, struct cs_yaml_node **ret)
{
	struct cs_yaml_node *node = cs_arena_alloc(b->doc->arena, sizeof(*node));

	if (!node)
		return cs_err_nomem(b->err);
	node->kind = kind;
	node->line = (uint32_t)event->start_mark.line + 1;
	node->column = (uint32_t)event->start_mark.column + 1;
	if (tag) {
		node->tag = cs_arena_strdup(b->doc->arena, (const char *)tag);
		if (!node->tag)
			return cs_err_nomem(b->err);
	}
	*ret = node;
	return 0;
}

static int copy_anchor(struct builder *b, const yaml_char_t *anchor, const char **ret)
{
	*ret = cs_arena_strdup(b->doc->arena, (const char *)anchor);
	return anchor && !*ret ? cs_err_nomem(b->err) : 0;
}

static int on_scalar(struct builder *b, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value, *anchor;
	size_t len = event->data.scalar.length;
	struct cs_yaml_node *node;
	int r;

	if (memchr(text, '\0', len))
		return fail_at(b, &event->start_mark, "text with a NUL character");
	r = new_node(b, CS_YAML_SCALAR, event, event->data.scalar.tag, &node);
	if (r < 0)
		return r;
	node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	node->text = cs_arena_strndup(b->doc->arena, text, len);
	if (!node->text)
		return cs_err_nomem(b->err);
	r = copy_anchor(b, event->data.scalar.anchor, &anchor);
	if (r == 0)
		r = set_anchor(b, anchor, node, 1);
	return r < 0 ? r : attach(b, node, 1);
}

static int on_start(struct builder *b, enum cs_yaml_kind kind, const yaml_event_t *event,
		    const yaml_char_t *tag, const yaml_char_t *anchor)
{
	struct frame *frame;
	int r;

	if ((int64_t)b->depth >= b->limits->json_depth)
		return cs_limit_error(b->err, b->limits, json_depth, "'%s':%zu:%zu: nesting",
				      b->doc->name, event->start_mark.line + 1,
				      event->start_mark.column + 1);
	r = grow(&b->frames, &b->cap_frames, b->depth, sizeof(*b->frames), b->err);
	if (r < 0)
		return r;
	frame = &b->frames[b->depth];
	memset(frame, 0, sizeof(*frame));
	frame->weight = 1;
	r = new_node(b, kind, event, tag, &frame->node);
	if (r == 0)
		r = copy_anchor(b, anchor, &frame->anchor);
	if (r == 0)
		b->depth++;
	return r;
}

static int compare_keys(const void *a, const void *b)
{
	const struct cs_yaml_pair *x = *(struct cs_yaml_pair *const *)a;
	const struct cs_yaml_pair *y = *(struct cs_yaml_pair *const *)b;
	int r = strcmp(x->key->text, y->key->text);

	/* equal keys in the file's order, so that the later one is named */
	return r ? r : x < y ? -1 : x > y;
}

/* Sorted and compared with the neighbour: a file can hold 100 000 keys. */
static int check_duplicates(struct builder *b, const struct cs_yaml_node *node)
{
	struct cs_yaml_pair **sorted CS_AUTO(cs_free_p) = NULL;

	if (node->n < 2)
		return 0;
	sorted = calloc(node->n, sizeof(struct cs_yaml_pair *));
	if (!sorted)
		return cs_err_nomem(b->err);
	for (size_t i = 0; i < node->n; i++)
		sorted[i] = &node->pairs[i];
	qsort(sorted, node->n, sizeof(struct cs_yaml_pair *), compare_keys);
	for (size_t i = 1; i < node->n; i++) {
		const struct cs_yaml_node *first = sorted[i - 1]->key, *key = sorted[i]->key;

		if (strcmp(first->text, key->text) == 0)
			return cs_yaml_error(b->doc, key, b->err,
					     "key '%.100s' stands twice (first on line %u)",
					     key->text, first->line);
	}
	return 0;
}

static int fill_node(struct builder *b, const struct frame *frame)
{
	struct cs_yaml_node *node = frame->node;

	if (node->kind == CS_YAML_SEQUENCE) {
		node->n = frame->n;
		node->items = cs_arena_array(b->doc->arena, frame->n, sizeof(*node->items));
		if (!node->items)
			return cs_err_nomem(b->err);
		if (frame->n)
			memcpy(node->items, frame->values, frame->n * sizeof(*node->items));
		return 0;
	}
	node->n = frame->n / 2;
	node->pairs = cs_arena_array(b->doc->arena, node->n, sizeof(*node->pairs));
	if (!node->pairs)
		return cs_err_nomem(b->err);
	for (size_t i = 0; i < node->n; i++) {
		node->pairs[i].key = frame->values[2 * i];
		node->pairs[i].value = frame->values[2 * i + 1];
	}
	return check_duplicates(b, node);
}

static int on_end(struct builder *b)
{
	struct frame frame = b->frames[--b->depth];
	int r = fill_node(b, &frame);

	free(frame.values);
	if (r == 0)
		r = set_anchor(b, frame.anchor, frame.node, frame.weight);
	return r < 0 ? r : attach(b, frame.node, frame.weight);
}

static int on_alias(struct builder *b, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;

	/* the last one of that name; one that is still open is not listed, so there are no cycles
	 */
	for (size_t i = b->n_anchors; i-- > 0;) {
		const struct anchor *a = &b->anchors[i];

		if (strcmp(a->name, name) != 0)
			continue;
		b->expanded += a->weight;
		if (b->expanded > b->limits->alias_nodes)
			return cs_limit_error(b->err, b->limits, alias_nodes,
					      "'%s':%zu:%zu: what aliases expand to", b->doc->name,
					      event->start_mark.line + 1,
					      event->start_mark.column + 1);
		return attach(b, a->node, a->weight);
	}
	return fail_at(b, &event->start_mark, "an alias without an anchor before it");
}

static int on_event(struct builder *b, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (b->documents++)
			return fail_at(b, &event->start_mark, "a second document");
		return 0;
	case YAML_SCALAR_EVENT:
		return on_scalar(b, event);
	case YAML_SEQUENCE_START_EVENT:
		return on_start(b, CS_YAML_SEQUENCE, event, event->data.sequence_start.tag,
				event->data.sequence_start.anchor);
	case YAML_MAPPING_START_EVENT:
		return on_start(b, CS_YAML_MAPPING, event, event->data.mapping_start.tag,
				event->data.mapping_start.anchor);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_end(b);
	case YAML_ALIAS_EVENT:
		return on_alias(b, event);
	default:
		return 0;
	}
}

static int build(struct builder *b, const char *data, size_t len)
{
	yaml_event_type_t type = YAML_NO_EVENT;

	yaml_parser_set_encoding(&b->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&b->parser, (const unsigned char *)data, len);
	while (type != YAML_STREAM_END_EVENT) {
		yaml_event_t event;
		int r;

		if (!yaml_parser_parse(&b->parser, &event))
			return parser_failed(b, data, len);
		type = event.type;
		r = on_event(b, &event);
		yaml_event_delete(&event);
		if (r < 0)
			return r;
	}
	return 0;
}

int cs_yaml_parse(const char *name, const void *data, size_t len, const struct cs_limits *limits,
		  struct cs_yaml **ret, struct cs_err *err)
{
	struct cs_yaml *doc CS_AUTO(cs_yaml_free_p) = calloc(1, sizeof(*doc));
	struct builder b = { .doc = doc, .limits = limits, .err = err };
	int r;

	if (!doc)
		return cs_err_nomem(err);
	doc->arena = cs_arena_new();
	if (doc->arena)
		doc->name = cs_arena_strdup(doc->arena, name);
	if (!doc->name)
		return cs_err_nomem(err);
	if ((int64_t)len > limits->yaml_bytes)
		return cs_limit_error(err, limits, yaml_bytes, "'%s'", name);
	if (!yaml_parser_initialize(&b.parser))
		return cs_err_nomem(err);
	r = build(&b, data, len);
	yaml_parser_delete(&b.parser);
	for (size_t i = 0; i < b.depth; i++)
		free(b.frames[i].values);
	free(b.frames);
	free(b.anchors);
	if (r == 0)
		*ret = cs_steal(doc);
	return r;
}

int cs_yaml_load(const char *path, const struct cs_limits *limits, struct cs_yaml **ret,
		 struct cs_err *err)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int fd CS_AUTO(cs_close_p) = -1;
	int64_t size;
	int r;

	r = cs_file_open_read(path, &fd, &size, err);
	if (r < 0)
		return r;
	if (size > limits->yaml_bytes)
		return cs_limit_error(err, limits, yaml_bytes, "'%s'", path);
	/* read_all refuses what grew meanwhile; one byte more leaves the wording to the parser */
	r = cs_file_read_all(fd, (size_t)limits->yaml_bytes + 1, &buf, err);
	if (r < 0)
		return cs_err_prefix(err, "'%s'", path);
	return cs_yaml_parse(path, buf.data, buf.len, limits, ret, err);
}

void cs_yaml_free(struct cs_yaml *doc)
{
	if (!doc)
		return;
	cs_arena_free(doc->arena);
	free(doc);
}

const struct cs_yaml_node *cs_yaml_get(const struct cs_yaml_node *node, const char *key)
{
	if (!node || node->kind != CS_YAML_MAPPING)
		return NULL;
	for (size_t i = 0; i < node->n; i++) {
		if (strcmp(node->pairs[i].key->text, key) == 0)
			return node->pairs[i].value;
	}
	return NULL;
}

bool cs_yaml_is_null(const struct cs_yaml_node *node)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };

	if (!node)
		return true;
	if (node->kind != CS_YAML_SCALAR || !node->plain)
		return false;
	for (size_t i = 0; i < CS_N(words); i++) {
		if (strcmp(node->text, words[i]) == 0)
			return true;
	}
	return false;
}
