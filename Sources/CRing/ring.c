#include "CRing.h"

#include <errno.h>
#include <liburing.h>
#include <pthread.h>
#include <stdlib.h>

/*
 * Making a ring costs a hundred times what pinning one page by it does, so each thread keeps
 * the rings it is done with. A list per thread needs no lock and no atomic operation, which
 * would add a tenth to the 340 ns of pinning and unpinning a page. Where one thread pins and
 * another unpins, the lists pass rings on by way of a common one, many at a time.
 */
enum { SPARE_RINGS = 64, COMMON_RINGS = 1024 };

struct cring {
	struct io_uring uring;
	struct cring *next;
};

static __thread struct cring *spare;
static __thread int spare_count;
static struct cring *common;
static int common_count;
static pthread_mutex_t common_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t exit_key;
static pthread_once_t exit_once = PTHREAD_ONCE_INIT;

static void close_ring(struct cring *ring)
{
	io_uring_queue_exit(&ring->uring);
	free(ring);
}

static void close_spares(void *unused)
{
	(void)unused;
	while (spare) {
		struct cring *ring = spare;

		spare = ring->next;
		close_ring(ring);
	}
	spare_count = 0;
}

static void make_exit_key(void)
{
	pthread_key_create(&exit_key, close_spares);
}

static int open_ring(struct cring **ring)
{
	struct cring *fresh = malloc(sizeof(*fresh));
	int code;

	if (!fresh)
		return ENOMEM;
	code = io_uring_queue_init(1, &fresh->uring, 0);
	if (code) {
		free(fresh);
		return -code;
	}
	pthread_once(&exit_once, make_exit_key);
	pthread_setspecific(exit_key, fresh);
	*ring = fresh;
	return 0;
}

static void move_ring(struct cring **from, int *from_count, struct cring **to, int *to_count)
{
	struct cring *ring = *from;

	*from = ring->next;
	*from_count -= 1;
	ring->next = *to;
	*to = ring;
	*to_count += 1;
}

static void take_common(void)
{
	pthread_mutex_lock(&common_lock);
	while (common && spare_count < SPARE_RINGS / 2)
		move_ring(&common, &common_count, &spare, &spare_count);
	pthread_mutex_unlock(&common_lock);
	/* A ring that another thread opened must be closed with this one too. */
	if (spare)
		pthread_setspecific(exit_key, spare);
}

static void give_common(void)
{
	pthread_mutex_lock(&common_lock);
	while (spare_count > SPARE_RINGS / 2 && common_count < COMMON_RINGS)
		move_ring(&spare, &spare_count, &common, &common_count);
	pthread_mutex_unlock(&common_lock);
}

int cring_take(struct cring **ring)
{
	if (!spare)
		take_common();
	if (!spare)
		return open_ring(ring);
	*ring = spare;
	spare = spare->next;
	spare_count--;
	return 0;
}

void cring_put(struct cring *ring)
{
	if (spare_count == SPARE_RINGS)
		give_common();
	if (spare_count == SPARE_RINGS) {
		close_ring(ring);
		return;
	}
	if (!spare)
		pthread_setspecific(exit_key, ring);
	ring->next = spare;
	spare = ring;
	spare_count++;
}

int cring_pin(struct cring *ring, uint64_t address, size_t length)
{
	struct iovec vector = { (void *)(uintptr_t)address, length };

	return -io_uring_register_buffers(&ring->uring, &vector, 1);
}

int cring_unpin(struct cring *ring)
{
	return -io_uring_unregister_buffers(&ring->uring);
}
