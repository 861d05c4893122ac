#pragma once

/*
 * Verbs with fault injection. The functions of libibverbs that this library defines take
 * precedence inside a test executable and pass every call on to the real ones, except on a
 * thread between fake_begin() and fake_end(): there one device, "fake0", exists, and calls
 * fail as they are told to.
 */
void fake_begin(void);
void fake_end(void);

/* Makes the call of `verb` that follows `skipped` successful ones fail with `code`. */
void fake_fail(const char *verb, int code, int skipped);

/* Objects of the fake device that live on this thread. */
int fake_live_contexts(void);
int fake_live_domains(void);
int fake_live_regions(void);
