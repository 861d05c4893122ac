#pragma once

/* The designs that index_designs.c measures, each as small as it can be. They name a region by its number; 0 is none. */
#include "cache.h"

#include <string.h>
#include <sys/mman.h>

#define PAGE_BITS 12
#define BLOCK_BITS 21
#define NONE 0u

struct region {
	uint64_t start, end, state, handle;
	uint32_t lkey, rkey, access, next;
} __attribute__((aligned(64)));

static struct region *regions;
static uint32_t region_count;

static void *reserve(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return memory;
}

static inline int holds(uint32_t number, uint64_t start, uint64_t end)
{
	return regions[number].start <= start && regions[number].end >= end;
}

struct design {
	const char *name;
	void (*reset)(void);
	void (*insert)(uint32_t number);
	uint32_t (*find)(uint64_t start, uint64_t end);
};

/* --- classes: a hash of the size class and of the block of that size in which a region starts; two probes a class --- */

#define TABLE_BITS 20

static uint64_t *table;
static uint64_t classes;

static uint64_t class_of(uint64_t length)
{
	return 64 - __builtin_clzll(length - 1);
}

static uint64_t hash_of(uint64_t block, uint64_t class)
{
	return ((block ^ (class << 56)) * 0x9e3779b97f4a7c15ull) >> 32;
}

static void classes_reset(void)
{
	if (!table)
		table = reserve(sizeof(*table) << TABLE_BITS);
	memset(table, 0, sizeof(*table) << TABLE_BITS);
	classes = 0;
}

static void classes_insert(uint32_t number)
{
	uint64_t class = class_of(regions[number].end - regions[number].start);
	uint64_t hash = hash_of(regions[number].start >> class, class), slot = hash >> (32 - TABLE_BITS);

	while (table[slot])
		slot = (slot + 1) & ((1u << TABLE_BITS) - 1);
	table[slot] = hash << 32 | number;
	classes |= 1ull << class;
}

static uint32_t classes_find(uint64_t start, uint64_t end)
{
	uint64_t left = classes & (~0ull << class_of(end - start));

	while (left) {
		uint64_t class = __builtin_ctzll(left), first = start >> class;

		left &= left - 1;
		for (uint64_t block = first + 1; block-- > (first ? first - 1 : 0);) {
			uint64_t hash = hash_of(block, class), slot = hash >> (32 - TABLE_BITS);

			for (; table[slot]; slot = (slot + 1) & ((1u << TABLE_BITS) - 1))
				if (table[slot] >> 32 == hash && holds((uint32_t)table[slot], start, end))
					return (uint32_t)table[slot];
		}
	}
	return NONE;
}

/* --- levels: the address nine bits at a time, as the processor's page tables, with whole spans named high up --- */

#define LEVEL_BITS 9
#define LEVELS 4
#define IS_TABLE (1u << 31)

static uint32_t *nodes;
static uint32_t node_count;

static void levels_reset(void)
{
	if (!nodes)
		nodes = reserve(4ull << 30);
	memset(nodes, 0, (size_t)node_count * sizeof(*nodes) << LEVEL_BITS);
	node_count = 1;
}

static void levels_fill(uint32_t node, int level, uint64_t base, uint32_t number)
{
	uint64_t span = 1ull << (PAGE_BITS + LEVEL_BITS * level);

	for (uint64_t i = 0; i < 1 << LEVEL_BITS; i++) {
		uint64_t start = base + i * span, end = start + span;
		uint32_t *entry = &nodes[((size_t)node << LEVEL_BITS) + i];

		if (end <= regions[number].start || start >= regions[number].end)
			continue;
		if (start >= regions[number].start && end <= regions[number].end && !(*entry & IS_TABLE)) {
			*entry = number;
			continue;
		}
		if (!(*entry & IS_TABLE))
			*entry = node_count++ | IS_TABLE;
		levels_fill(*entry & ~IS_TABLE, level - 1, start, number);
	}
}

static void levels_insert(uint32_t number)
{
	levels_fill(0, LEVELS - 1, 0, number);
}

static uint32_t levels_find(uint64_t start, uint64_t end)
{
	uint32_t node = 0;

	(void)end;
	for (int level = LEVELS - 1;; level--) {
		uint64_t index = start >> (PAGE_BITS + LEVEL_BITS * level) & ((1 << LEVEL_BITS) - 1);
		uint32_t entry = nodes[((size_t)node << LEVEL_BITS) + index];

		if (!(entry & IS_TABLE))
			return entry;
		node = entry & ~IS_TABLE;
	}
}

/* --- hints: verified guesses by the page and by the block in which a request starts, over a sorted array --- */

#define HINT_BITS 18

static uint32_t *page_hints, *block_hints, *sorted;
static uint32_t sorted_count;

static void hints_reset(void)
{
	if (!page_hints) {
		page_hints = reserve(sizeof(*page_hints) << HINT_BITS);
		block_hints = reserve(sizeof(*block_hints) << HINT_BITS);
		sorted = reserve(64 << 20);
	}
	memset(page_hints, 0, sizeof(*page_hints) << HINT_BITS);
	memset(block_hints, 0, sizeof(*block_hints) << HINT_BITS);
	sorted_count = 0;
}

static uint32_t place_of(uint64_t start)
{
	uint32_t low = 0, high = sorted_count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (regions[sorted[middle]].start <= start)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void hints_insert(uint32_t number)
{
	uint32_t place = place_of(regions[number].start);

	memmove(sorted + place + 1, sorted + place, (sorted_count - place) * sizeof(*sorted));
	sorted[place] = number;
	sorted_count++;
}

static uint32_t hints_find(uint64_t start, uint64_t end)
{
	uint32_t *page = &page_hints[start >> PAGE_BITS & ((1 << HINT_BITS) - 1)];
	uint32_t *block = &block_hints[start >> BLOCK_BITS & ((1 << HINT_BITS) - 1)], place;

	if (holds(*page, start, end))
		return *page;
	if (holds(*block, start, end))
		return *block;
	place = place_of(start);
	if (!place || !holds(sorted[place - 1], start, end))
		return NONE;
	if (regions[sorted[place - 1]].end - regions[sorted[place - 1]].start < 1 << BLOCK_BITS)
		*page = sorted[place - 1];
	else
		*block = sorted[place - 1];
	return sorted[place - 1];
}

/* --- blocks: windows of 16 GiB, blocks of 2 MiB, and a map of the pages of a block with several regions --- */

#define LEAF_BITS 13
#define IS_MAP (1u << 31)

static uint32_t *windows, *leaves, *maps;
static uint32_t leaf_count, map_count;

static void blocks_reset(void)
{
	if (!windows) {
		windows = reserve(sizeof(*windows) << 14);
		leaves = reserve(1 << 26);
		maps = reserve(1ull << 31);
	}
	memset(windows, 0, sizeof(*windows) << 14);
	memset(leaves, 0, (size_t)leaf_count * sizeof(*leaves) << LEAF_BITS);
	memset(maps, 0, (size_t)map_count * sizeof(*maps) << 9);
	leaf_count = map_count = 1;
}

static void blocks_fill(uint32_t map, uint64_t origin, uint32_t number)
{
	uint64_t from = regions[number].start > origin ? regions[number].start : origin;
	uint64_t to = origin + (1 << BLOCK_BITS) < regions[number].end ? origin + (1 << BLOCK_BITS) : regions[number].end;

	for (; from < to; from += 1 << PAGE_BITS)
		maps[((size_t)map << 9) + (from >> PAGE_BITS & 511)] = number;
}

static void blocks_insert(uint32_t number)
{
	uint64_t origin = regions[number].start >> BLOCK_BITS << BLOCK_BITS;

	for (; origin < regions[number].end; origin += 1 << BLOCK_BITS) {
		uint32_t *window = &windows[origin >> (BLOCK_BITS + LEAF_BITS)], *entry;

		if (!*window)
			*window = leaf_count++;
		entry = &leaves[((size_t)*window << LEAF_BITS) + (origin >> BLOCK_BITS & ((1 << LEAF_BITS) - 1))];
		if (!*entry) {
			*entry = number;
			continue;
		}
		if (!(*entry & IS_MAP)) {
			blocks_fill(map_count, origin, *entry);
			*entry = map_count++ | IS_MAP;
		}
		blocks_fill(*entry & ~IS_MAP, origin, number);
	}
}

static uint32_t blocks_find(uint64_t start, uint64_t end)
{
	uint32_t window = windows[start >> (BLOCK_BITS + LEAF_BITS)];
	uint32_t entry = leaves[((size_t)window << LEAF_BITS) + (start >> BLOCK_BITS & ((1 << LEAF_BITS) - 1))];

	(void)end;
	if (entry & IS_MAP)
		entry = maps[((size_t)(entry & ~IS_MAP) << 9) + (start >> PAGE_BITS & 511)];
	return entry;
}

static const struct design designs[] = {
	{ "classes", classes_reset, classes_insert, classes_find },
	{ "levels", levels_reset, levels_insert, levels_find },
	{ "hints", hints_reset, hints_insert, hints_find },
	{ "blocks", blocks_reset, blocks_insert, blocks_find },
};
