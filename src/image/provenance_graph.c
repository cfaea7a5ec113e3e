/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the result of a build back to the source at its root. Only the path of the root file system
 * is followed (the mount, copy target or lowest merge input that the output is made of): a builder
 * stage's base is an input too, but none of its layers lie under this image. Whatever the graph
 * holds, the walk ends after as many steps as it has.
 */
#include "image/attest.h"

#include "image/reference.h"

#define INPUT_SCRATCH (-1)
#define INPUT_UNKNOWN (-2)

static bool parse_number(const char **p, int64_t *ret)
{
	int64_t n = 0;
	const char *start = *p;

	while (**p >= '0' && **p <= '9' && *p - start < 9)
		n = n * 10 + (*(*p)++ - '0');
	*ret = n;
	return *p > start;
}

/* "step7:0" -> 7, 0. BuildKit numbers the steps in the order in which it writes them. */
static bool parse_ref(const char *ref, size_t *ret_step, int64_t *ret_output)
{
	int64_t step;

	if (!ref || !cs_starts_with(ref, "step"))
		return false;
	ref += strlen("step");
	if (!parse_number(&ref, &step) || *ref++ != ':' || !parse_number(&ref, ret_output))
		return false;
	*ret_step = (size_t)step;
	return *ref == '\0';
}

static int64_t int_or(const struct cs_json *v, const char *key, int64_t otherwise)
{
	int64_t n;

	return cs_json_get_int(v, key, &n) ? n : otherwise;
}

static int64_t exec_input(const struct cs_json *exec, int64_t output)
{
	const struct cs_json *mounts = cs_json_get(exec, "mounts");

	for (size_t i = 0; i < cs_json_len(mounts); i++) {
		const struct cs_json *m = cs_json_at(mounts, i);

		/* Go leaves zeros out */
		if (int_or(m, "output", 0) == output)
			return int_or(m, "input", 0);
	}
	return INPUT_UNKNOWN;
}

/* Actions build on inputs of the step and on each other's results, which are numbered behind them.
 */
static int64_t file_input(const struct cs_json *file, int64_t n_inputs, int64_t output)
{
	const struct cs_json *actions = cs_json_get(file, "actions");
	size_t n = cs_json_len(actions);
	int64_t input = INPUT_UNKNOWN;

	for (size_t i = 0; i < n; i++) {
		if (int_or(cs_json_at(actions, i), "output", 0) == output)
			input = int_or(cs_json_at(actions, i), "input", 0);
	}
	for (size_t i = 0; i < n && input >= n_inputs; i++) {
		if (input - n_inputs >= (int64_t)n)
			return INPUT_UNKNOWN;
		input = int_or(cs_json_at(actions, (size_t)(input - n_inputs)), "input", 0);
	}
	return input;
}

static int64_t root_input(const struct cs_json *op, int64_t n_inputs, int64_t output)
{
	const struct cs_json *v;

	if (cs_json_is_object(v = cs_json_get(op, "exec")))
		return exec_input(v, output);
	if (cs_json_is_object(v = cs_json_get(op, "file")))
		return file_input(v, n_inputs, output);
	if (cs_json_is_object(v = cs_json_get(op, "merge")))
		return int_or(cs_json_at(cs_json_get(v, "inputs"), 0), "input", 0);
	/* the result itself: an operation of nothing with one input */
	if (cs_json_is_object(op) && cs_json_len(op) == 0 && n_inputs == 1)
		return 0;
	return INPUT_UNKNOWN;
}

/* Length of the first chain of layers[ref] that the image's chain begins with; -1 if there is none.
 */
static int prefix_length(const struct cs_json *layers, const char *ref,
			 const struct cs_digest *chain, size_t n_chain)
{
	const struct cs_json *list = cs_json_get(layers, ref);

	for (size_t i = 0; i < cs_json_len(list); i++) {
		const struct cs_json *one = cs_json_at(list, i);
		size_t n = cs_json_len(one), k;

		for (k = 0; k < n && k < n_chain; k++) {
			const char *text = cs_json_get_text(cs_json_at(one, k), "digest");
			struct cs_digest d;
			struct cs_err ignored;

			if (!text || cs_digest_parse(text, &d, &ignored) < 0 ||
			    !cs_digest_equal(&d, &chain[k]))
				break;
		}
		if (k == n && n > 0)
			return (int)n;
	}
	return -1;
}

static const char *result_ref(const struct cs_json *steps)
{
	const struct cs_json *last = cs_json_at(steps, cs_json_len(steps) - 1);
	const struct cs_json *inputs = cs_json_get(last, "inputs");
	const struct cs_json *op = cs_json_get(cs_json_get(last, "op"), "Op");

	if (!cs_json_is_object(op) || cs_json_len(op) != 0 || cs_json_len(inputs) != 1)
		return NULL;
	return cs_json_text(cs_json_at(inputs, 0));
}

int cs_provenance_base_layers(const struct cs_json *steps, const struct cs_json *layers,
			      const struct cs_digest *chain, size_t n_chain,
			      const char **ret_source)
{
	size_t n_steps = cs_json_len(steps);
	const char *ref = n_steps ? result_ref(steps) : NULL;

	*ret_source = NULL;
	for (size_t i = 0; i < n_steps; i++) {
		const struct cs_json *step, *inputs, *op;
		const char *id, *source;
		int64_t output, input;
		size_t at;

		if (!parse_ref(ref, &at, &output) || at >= n_steps)
			return -1;
		step = cs_json_at(steps, at);
		id = cs_json_get_text(step, "id");
		if (!id || !cs_starts_with(ref, id) || ref[strlen(id)] != ':')
			return -1;
		op = cs_json_get(cs_json_get(step, "op"), "Op");
		inputs = cs_json_get(step, "inputs");
		source = cs_json_get_text(cs_json_get(op, "source"), "identifier");
		if (source) {
			if (!cs_starts_with(source, "docker-image://"))
				return -1;
			*ret_source = source;
			return prefix_length(layers, ref, chain, n_chain);
		}
		input = root_input(op, (int64_t)cs_json_len(inputs), output);
		if (input == INPUT_SCRATCH)
			return 0;
		if (input < 0 || input >= (int64_t)cs_json_len(inputs))
			return -1;
		ref = cs_json_text(cs_json_at(inputs, (size_t)input));
	}
	return -1;
}
