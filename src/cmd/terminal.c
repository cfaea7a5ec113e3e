/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bar is one line that carriage return and erase-line rewrite: no curses, no scroll region, and
 * nothing at all where TERM is dumb or stderr is a file. Short work never shows one.
 */
#include "cmd/terminal.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <time.h>

#include "report/fmt.h"
#include "util/secret.h"

#define SHOW_AFTER_NS (1 * CS_NS_PER_S)
#define REDRAW_NS     (CS_NS_PER_S / 10)

struct cs_terminal {
	const struct cs_app *app;
	pthread_mutex_t lock;
	bool has_bar; /* stderr can show one */
	bool shown;
	int64_t first_ns, phase_ns, drawn_ns; /* monotonic */
	int64_t done_bytes;
	int64_t fixed_now;
	uint64_t said[64]; /* hashes of warnings */
	size_t n_said;
};

static int64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * CS_NS_PER_S + ts.tv_nsec;
}

static const char *env(const struct cs_app *app, const char *name)
{
	const char *value = app->getenv(app->arg, name);

	return value && *value ? value : NULL;
}

bool cs_env_is_utf8(const char *(*getenv_fn)(void *arg, const char *name), void *arg)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < CS_N(names); i++) {
		const char *value = getenv_fn(arg, names[i]);

		if (value && *value)
			return strcasestr(value, "UTF-8") || strcasestr(value, "utf8");
	}
	return false;
}

static unsigned columns(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || !size.ws_col)
		return 80;
	return size.ws_col;
}

/* Exported COLUMNS is a wish, also for a pipe; the terminal's own width is only a fact. */
static unsigned stdout_width(const struct cs_app *app)
{
	const char *text = env(app, "COLUMNS");
	unsigned long n = 0;

	if (text && strspn(text, "0123456789") == strlen(text) && strlen(text) < 6)
		n = strtoul(text, NULL, 10);
	if (n)
		return n < 20 ? 20 : (unsigned)n;
	return isatty(STDOUT_FILENO) ? columns(STDOUT_FILENO) : 0;
}

/* --- progress --- */

static void put_bar(char *out, double share, unsigned cells, bool utf8)
{
	unsigned full = (unsigned)(share * cells);

	for (unsigned i = 0; i < cells; i++) {
		const char *cell = i < full ? (utf8 ? "█" : "#") : (utf8 ? "░" : ".");

		memcpy(out, cell, strlen(cell));
		out += strlen(cell);
	}
	*out = '\0';
}

void cs_progress_line(char buf[CS_PROGRESS_MAX], int64_t done_bytes, int64_t total_bytes,
		      int64_t elapsed_ns, unsigned width, bool utf8)
{
	char done[CS_FMT_NUM], total[CS_FMT_NUM], rate[CS_FMT_NUM], left[CS_FMT_NUM];
	double speed = elapsed_ns > 0 ? (double)done_bytes * 1e9 / (double)elapsed_ns : 0;
	char text[160], bar[3 * 40 + 1];
	unsigned room;
	double share;

	cs_fmt_bytes(done_bytes, done);
	cs_fmt_bytes(speed < 9e18 ? (int64_t)speed : INT64_MAX, rate);
	if (total_bytes <= 0 || done_bytes > total_bytes) {
		snprintf(buf, CS_PROGRESS_MAX, "%s, %s/s", done, rate);
		return;
	}
	share = (double)done_bytes / (double)total_bytes;
	snprintf(text, sizeof(text), "%s of %s, %s/s", done, cs_fmt_bytes(total_bytes, total),
		 rate);
	if (speed >= 1 && share < 1) {
		double seconds = (double)(total_bytes - done_bytes) / speed;

		if (seconds < 1e6) {
			/* whole seconds: tenths would only flicker */
			cs_fmt_duration((int64_t)(seconds + 0.999) * CS_NS_PER_S, left);
			snprintf(text + strlen(text), sizeof(text) - strlen(text), ", %s left",
				 left);
		}
	}
	/* "100 % " before, a space behind the bar */
	room = width > strlen(text) + 7 ? width - (unsigned)strlen(text) - 7 : 0;
	if (room > 40)
		room = 40;
	if (room < 5) {
		bool fits = width >= strlen(text) + 6;

		snprintf(buf, CS_PROGRESS_MAX, "%3d %%%s%s", (int)(share * 100), fits ? " " : "",
			 fits ? text : "");
		return;
	}
	put_bar(bar, share, room, utf8);
	snprintf(buf, CS_PROGRESS_MAX, "%3d %% %s %s", (int)(share * 100), bar, text);
}

/* With the lock held. */
static void erase(struct cs_terminal *t)
{
	if (!t->shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	t->shown = false;
}

static void on_progress(void *arg, int64_t done_bytes, int64_t total_bytes)
{
	struct cs_terminal *t = arg;
	int64_t now = monotonic_ns();
	char line[CS_PROGRESS_MAX];
	unsigned width;

	pthread_mutex_lock(&t->lock);
	if (!t->first_ns)
		t->first_ns = now;
	if (!t->phase_ns || done_bytes < t->done_bytes)
		t->phase_ns = now; /* the next input: its own throughput */
	t->done_bytes = done_bytes;
	if (now - t->first_ns >= SHOW_AFTER_NS && now - t->drawn_ns >= REDRAW_NS) {
		t->drawn_ns = now;
		width = columns(STDERR_FILENO);
		/* the last column stays free: some terminals wrap as soon as it is used */
		cs_progress_line(line, done_bytes, total_bytes, now - t->phase_ns, width - 1,
				 t->app->render.utf8);
		fprintf(stderr, "\r\033[K%s", line);
		fflush(stderr);
		t->shown = true;
	}
	pthread_mutex_unlock(&t->lock);
}

/* --- messages --- */

/* One line, escaped; what cannot be escaped for want of memory is not shown. */
static void say(struct cs_terminal *t, const char *kind, const char *message)
{
	struct cs_buf line CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	char *copy CS_AUTO(cs_free_p) = strdup(message);
	bool done = copy && cs_fmt_terminal(&line, cs_secret_strip_urls(copy)) == 0;

	pthread_mutex_lock(&t->lock);
	erase(t);
	fprintf(stderr, "cachestat: %s%s\n", kind, done && line.data ? line.data : "out of memory");
	fflush(stderr);
	pthread_mutex_unlock(&t->lock);
}

/* The same warning for each of a hundred images says no more than once. */
static bool is_news(struct cs_terminal *t, const char *msg)
{
	uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
	bool news = true;

	for (const char *p = msg; *p; p++)
		hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->n_said; i++)
		news &= t->said[i] != hash;
	if (news && t->n_said < CS_N(t->said))
		t->said[t->n_said++] = hash;
	pthread_mutex_unlock(&t->lock);
	return news;
}

static void on_log(void *arg, enum cs_log_level level, const char *msg)
{
	static const char *const kinds[] = { "warning: ", "", "debug: " };
	struct cs_terminal *t = arg;

	if (t->app->quiet || (int)level > t->app->verbose ||
	    (level == CS_LOG_WARNING && !is_news(t, msg)))
		return;
	say(t, kinds[level], msg);
}

void cs_terminal_error(struct cs_terminal *terminal, const char *message)
{
	say(terminal, "", message);
}

static int64_t fixed_now(void *arg)
{
	const struct cs_terminal *t = arg;

	return t->fixed_now;
}

/* --- life --- */

static void look(struct cs_app *app, struct cs_terminal *t)
{
	const char *term = env(app, "TERM");
	bool dumb = !term || strcmp(term, "dumb") == 0;

	app->render.width = stdout_width(app);
	app->render.color = !dumb && !env(app, "NO_COLOR") && isatty(STDOUT_FILENO);
	app->render.utf8 = cs_env_is_utf8(app->getenv, app->arg);
	t->has_bar = !dumb && isatty(STDERR_FILENO);
	app->ctx.arg = t;
	app->ctx.log = on_log;
	app->ctx.progress = t->has_bar ? on_progress : NULL;
}

int cs_terminal_new(struct cs_app *app, struct cs_terminal **ret, struct cs_err *err)
{
	struct cs_terminal *t = calloc(1, sizeof(*t));

	if (!t)
		return cs_err_nomem(err);
	t->app = app;
	pthread_mutex_init(&t->lock, NULL);
	look(app, t);
	*ret = t;
	return 0;
}

int cs_terminal_set_clock(struct cs_terminal *terminal, struct cs_app *app, struct cs_err *err)
{
	const char *now = env(app, "CACHESTAT_NOW");

	if (!now)
		return 0;
	if (cs_time_parse(now, &terminal->fixed_now, err) < 0 ||
	    terminal->fixed_now == CS_TIME_NONE)
		return cs_err_set(err, CS_USAGE, "CACHESTAT_NOW: '%s' is no RFC 3339 time", now);
	app->ctx.now = fixed_now;
	return 0;
}

void cs_terminal_free(struct cs_terminal *terminal)
{
	if (!terminal)
		return;
	pthread_mutex_lock(&terminal->lock);
	erase(terminal);
	pthread_mutex_unlock(&terminal->lock);
	pthread_mutex_destroy(&terminal->lock);
	free(terminal);
}
