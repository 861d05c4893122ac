/* Stacks that do not follow `ulimit -s`: a thread's is as large as that by default, and the first thread's at most. */
#include "CLinux.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>

static int start(pthread_t *thread, size_t least, void *(*body)(void *), void *argument)
{
	pthread_attr_t attributes;
	size_t size = 0;
	int code = pthread_getattr_default_np(&attributes);

	if (code)
		return code;
	pthread_attr_getstacksize(&attributes, &size);
	if (size < least)
		pthread_attr_setstacksize(&attributes, least);
	code = pthread_create(thread, &attributes, body, argument);
	pthread_attr_destroy(&attributes);
	return code;
}

int clinux_start_thread(unsigned long *thread, void *(*body)(void *), void *argument)
{
	return start(thread, CLINUX_THREAD_STACK, body, argument);
}

static void *call(void *body)
{
	(*(void (**)(void))body)();
	return NULL;
}

void clinux_run_with_stack(void (*body)(void))
{
	struct rlimit limit;
	pthread_t thread;

	if (!getrlimit(RLIMIT_STACK, &limit) && limit.rlim_cur < CLINUX_MAIN_STACK &&
	    !start(&thread, CLINUX_MAIN_STACK, call, &body))
		pthread_join(thread, NULL);
	else
		body();
	abort();
}
