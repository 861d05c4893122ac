/*
 * Opens libmemreg.so, uses a cache of it and closes it again, over and over: what a plug-in does that is loaded and unloaded.
 * usage: reload LIBRARY ROUNDS
 */
#include <dirent.h>
#include <dlfcn.h>
#include <memreg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

static unsigned long registered, released;

static int acquire(void *context, uint64_t address, uint64_t length, uint32_t access, uint64_t *handle, uint32_t *lkey,
		   uint32_t *rkey)
{
	(void)context, (void)address, (void)length, (void)access;
	*handle = *lkey = *rkey = ++registered;
	return 0;
}

static int release(void *context, uint64_t handle)
{
	(void)context, (void)handle;
	released++;
	return 0;
}

static int round_of(const char *path)
{
	const struct memreg_ops ops = { acquire, release, NULL };
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	__typeof__(memreg_cache_create) *create;
	__typeof__(memreg_cache_destroy) *destroy;
	__typeof__(memreg_get) *get;
	__typeof__(memreg_put) *put;
	struct memreg_cache *cache;
	struct memreg_region region;
	void *memory;

	if (!library)
		return 1;
	create = dlsym(library, "memreg_cache_create");
	destroy = dlsym(library, "memreg_cache_destroy");
	get = dlsym(library, "memreg_get");
	put = dlsym(library, "memreg_put");
	memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!create || !destroy || !get || !put || memory == MAP_FAILED)
		return 1;
	if (create(&cache, &ops, NULL) || get(cache, (uintptr_t)memory, 4096, 1, &region))
		return 1;
	put(&region);
	munmap(memory, 4096);
	return destroy(cache) || dlclose(library);
}

static int count(const char *directory)
{
	DIR *entries = opendir(directory);
	int number = -2;

	while (entries && readdir(entries))
		number++;
	if (entries)
		closedir(entries);
	return number;
}

int main(int argc, char **argv)
{
	int files = 0;

	if (argc != 3)
		return 64;
	for (long i = 0; i < atol(argv[2]); i++) {
		if (round_of(argv[1])) {
			fprintf(stderr, "round %ld failed: %s\n", i, dlerror() ?: "a function of the library");
			return 1;
		}
		if (i == 0)
			files = count("/proc/self/fd");
	}
	/* The monitor's thread ends when it has seen that it is not needed, which nobody waits for. */
	for (int i = 0; i < 1000 && count("/proc/self/task") > 1; i++)
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
	printf("%s rounds: %lu registered, %lu released, %d threads, %d more files\n", argv[2], registered, released,
	       count("/proc/self/task"), count("/proc/self/fd") - files);
	return registered != released || count("/proc/self/task") != 1 || count("/proc/self/fd") != files;
}
