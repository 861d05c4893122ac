/*
 * The auditing side (rtld-audit(7)): sees what dlsym(3) and dlvsym(3) give, and libibverbs in other namespaces, where no
 * library can be preloaded. The dynamic linker loads this library a second time for it, in a namespace of its own; the
 * recording functions are those of the instance that is preloaded into the program.
 */
#include "verbs.h"

#include <link.h>
#include <stddef.h>
#include <string.h>

/* The start of this instance. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

/* What an object is to us. */
enum role { OTHER_OBJECT, LIBIBVERBS, LIBC, RECORDER };

/* An object that was loaded, by its cookie. */
struct object {
	enum role role;
	Lmid_t namespace;
	const struct link_map *map;
};

static struct object objects[64];
static size_t object_count;
/* The instance in the program's own namespace. */
static const char *preloaded;
/* The namespaces of the other copies. */
static Lmid_t namespaces[RECORDER_COPIES];
static size_t copy_count;

static const struct {
	const char *name;
	size_t offset;
} calls[] = {
	{ "ibv_reg_mr", offsetof(struct recorder_calls, reg_mr) },
	{ "ibv_reg_mr_iova", offsetof(struct recorder_calls, reg_mr_iova) },
	{ "ibv_reg_mr_iova2", offsetof(struct recorder_calls, reg_mr_iova2) },
	{ "ibv_reg_dmabuf_mr", offsetof(struct recorder_calls, reg_dmabuf_mr) },
	{ "ibv_rereg_mr", offsetof(struct recorder_calls, rereg_mr) },
	{ "ibv_dereg_mr", offsetof(struct recorder_calls, dereg_mr) },
};

/* The same place in the preloaded instance. */
static void *in_program(const void *place)
{
	return (void *)(preloaded + ((const char *)place - __ehdr_start));
}

/* The copy of libibverbs in a namespace other than the program's; NULL if there are too many. */
static struct recorder_copy *copy_in(Lmid_t namespace, size_t *index)
{
	for (size_t i = 0; i < copy_count; i++)
		if (namespaces[i] == namespace)
			return *index = i, (struct recorder_copy *)in_program(recorder_copies) + i;
	if (copy_count == RECORDER_COPIES)
		return NULL;
	namespaces[copy_count] = namespace;
	*index = copy_count++;
	return (struct recorder_copy *)in_program(recorder_copies) + *index;
}

/* Whether a symbol has an older version than the default one, such as ibv_reg_mr@IBVERBS_1.0 with its own structures. */
static int is_old(const struct link_map *map, unsigned int index)
{
	for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++)
		if (entry->d_tag == DT_VERSYM) {
			uintptr_t place = entry->d_un.d_ptr;

			/* The dynamic linker of glibc has added the start of the object already. */
			if (place < map->l_addr)
				place += map->l_addr;
			return ((const ElfW(Half) *)place)[index] >> 15;
		}
	return 0;
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

unsigned int la_version(unsigned int version)
{
	return version < LAV_CURRENT ? version : LAV_CURRENT;
}

unsigned int la_objopen(struct link_map *map, Lmid_t namespace, uintptr_t *cookie)
{
	const char *name = file_name(map->l_name);
	enum role role = !strncmp(name, "libibverbs.so", 13) ? LIBIBVERBS
			 : !strncmp(name, "libc.so", 7)      ? LIBC
			 : !strcmp(name, "libmemreg-record.so") ? RECORDER
								: OTHER_OBJECT;

	*cookie = 0;
	if (role == RECORDER && namespace == LM_ID_BASE)
		preloaded = (const char *)map->l_addr;
	if (role == LIBC && namespace == LM_ID_BASE)
		return LA_FLG_BINDFROM;
	if (role != OTHER_OBJECT && object_count < sizeof(objects) / sizeof(*objects)) {
		objects[object_count] = (struct object){ role, namespace, map };
		*cookie = (uintptr_t)&objects[object_count++];
		return LA_FLG_BINDFROM | LA_FLG_BINDTO;
	}
	return LA_FLG_BINDFROM;
}

unsigned int la_objclose(uintptr_t *cookie)
{
	/* A handle that is opened again gets another place; a place that is left stays as it is. */
	*cookie = 0;
	return 0;
}

/* Where `original` of libibverbs is called from now on. */
static uintptr_t replace(const struct object *object, size_t call, uintptr_t original)
{
	struct recorder_copy *copy;
	size_t index;

	if (object->namespace == LM_ID_BASE)
		return *(const uintptr_t *)((const char *)in_program(&recorder_own) + calls[call].offset);
	copy = copy_in(object->namespace, &index);
	if (!copy)
		return original;
	*(uintptr_t *)((char *)&copy->calls + calls[call].offset) = original;
	return *(const uintptr_t *)((const char *)((const struct recorder_calls *)in_program(recorder_other) + index) +
				    calls[call].offset);
}

uintptr_t la_symbind64(ElfW(Sym) *symbol, unsigned int index, uintptr_t *from, uintptr_t *to, unsigned int *flags,
		       const char *name)
{
	const struct object *object = (const struct object *)*to;
	const struct object *caller = (const struct object *)*from;
	size_t copy;

	(void)flags;
	if (!object || !preloaded)
		return symbol->st_value;
	if (object->role == LIBC) {
		struct recorder_copy *place;

		if (caller && caller->role == LIBIBVERBS && !strcmp(name, "__errno_location") &&
		    (place = copy_in(object->namespace, &copy)))
			place->errno_location = (int *(*)(void))symbol->st_value;
		return symbol->st_value;
	}
	/* The recorder looks up what it calls, and libibverbs calls itself, which is recorded once. */
	if (object->role != LIBIBVERBS || (caller && caller->role != LIBC))
		return symbol->st_value;
	for (size_t call = 0; call < sizeof(calls) / sizeof(*calls); call++)
		if (!strcmp(name, calls[call].name) && !is_old(object->map, index))
			return replace(object, call, symbol->st_value);
	return symbol->st_value;
}
