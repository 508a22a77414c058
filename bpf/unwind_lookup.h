/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 *
 * From an address to its mapping and its rule. Global functions, which the verifier checks once.
 */
#pragma once

#include "unwind_state.h"

/* The address to look up: a call may be the last instruction of its function. */
static __always_inline __u64 lookup_pc(const struct unwind_state *state)
{
	return state->exact_pc ? state->pc : state->pc - 1;
}

/* Makes the mapping that holds pc the current one; 0: there is none. */
__attribute__((noinline)) int uw_find_mapping(__u32 user)
{
	struct stack_scratch *scratch = stack_scratch(user);
	__u32 low = 0, high;
	__u64 page;
	void *slab;

	if (!scratch)
		return 0;
	struct unwind_state *state = &scratch->unwind;
	slab = slab_of(state->mappings);
	if (!slab)
		return 0;
	page = lookup_pc(state) >> 12;
	high = state->mapping_count;
	for (int i = 0; i < 13; i++) {
		if (low >= high)
			break;
		__u32 middle = (low + high) >> 1;
		__u64 range = SLAB_AT(__u64, slab, state->mappings + middle * sizeof(struct ps_mapping));
		if (range >> PS_MAPPING_PAGES_BITS <= page)
			low = middle + 1;
		else
			high = middle;
	}
	state->code_begin = state->code_end = 0;
	if (low == 0)
		return 0;
	__u32 at = state->mappings + (low - 1) * sizeof(struct ps_mapping);
	__u64 range = SLAB_AT(__u64, slab, at);
	__u64 first = range >> PS_MAPPING_PAGES_BITS;
	__u64 pages = range & ((1ULL << PS_MAPPING_PAGES_BITS) - 1);
	if (page - first >= pages)
		return 0;
	state->code_begin = first << 12;
	state->code_end = (first + pages) << 12;
	state->module = SLAB_AT(__u32, slab, at + 8);
	state->code_shift = ((__u64)SLAB_AT(__u32, slab, at + 12) << 12) - state->code_begin;
	return 1;
}

#define NO_PAGE 0xffffffffU

static __always_inline __u32 request_page(const struct unwind_state *state, __u32 page,
					  struct ps_code_page *entry)
{
	struct ps_request request = { .kind = PS_REQUEST_PAGE };

	request.process = state->process;
	request.module = state->module;
	request.page = page;
	if (!entry->requested && send_request(&request))
		entry->requested = 1;
	return NO_PAGE;
}

/* The rule for the link-time address in halves, in the current module. */
__attribute__((noinline)) __u32 uw_find_rule(__u32 user, __u32 address_high, __u32 address_low)
{
	struct stack_scratch *scratch = stack_scratch(user);
	struct ps_module *module;
	__u32 low, high;
	void *slab;

	if (!scratch)
		return PS_RULE_GAP;
	struct unwind_state *state = &scratch->unwind;
	__u32 module_index = state->module;
	module = bpf_map_lookup_elem(&uw_modules, &module_index);
	if (!module)
		return PS_RULE_GAP;
	__u32 page = (address_high << 16 | address_low >> 16) - module->first_page;
	if (page >= module->page_count)
		return PS_RULE_GAP;
	__u32 entry_at = module->pages + page * sizeof(struct ps_code_page);
	slab = slab_of(entry_at);
	if (!slab)
		return PS_RULE_GAP;
	struct ps_code_page *entry = &SLAB_AT(struct ps_code_page, slab, entry_at);
	__u32 chunk = entry->chunk;
	if (!chunk)
		return request_page(state, page, entry);
	if (!entry->accessed)
		entry->accessed = 1;
	slab = slab_of(chunk);
	if (!slab)
		return PS_RULE_GAP;

	__u32 bucket_at = chunk + __builtin_offsetof(struct ps_chunk, bucket) +
			  (address_low >> 8 & 255) * sizeof(__u16);
	__u32 rows = chunk + sizeof(struct ps_chunk);
	__u8 target = address_low & 255;
	low = SLAB_AT(__u16, slab, bucket_at);
	high = SLAB_AT(__u16, slab, bucket_at + 2);
	for (int i = 0; i < 9; i++) {
		if (low >= high)
			break;
		__u32 middle = (low + high) >> 1;
		if (SLAB_AT(__u8, slab, rows + middle * 2) <= target)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return PS_RULE_GAP;
	__u32 index = SLAB_AT(__u8, slab, rows + low * 2 - 1);
	__u32 rules = chunk + SLAB_AT(__u32, slab, chunk + 4);
	state->rbx_save = PS_RBX_SAME;
	if (SLAB_AT(__u16, slab, chunk + 2) & PS_CHUNK_RBX) {
		__u32 rule_count = SLAB_AT(__u32, slab, chunk + 8);
		state->rbx_save = SLAB_AT(__s32, slab, rules + (rule_count + index) * 4);
	} else {
		state->rbx_known = 0;
	}
	return SLAB_AT(__u32, slab, rules + index * 4);
}
