/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 *
 * What the unwinder keeps while it walks a stack, and how it reaches its tables.
 */
#pragma once

#include "registers.h"
#include "shared.h"
#include "unwind_maps.h"

#define UNWIND_WINDOW 1024
#define UNWIND_ASK_AGAIN_NS 2000000

/* Where stacks are taken, by CPU. Programs of different objects may interrupt each other, so each
 * object has its own; an iterator may be preempted by the object's other programs. */
enum scratch_user { SCRATCH_EVENT = 0, SCRATCH_ITERATOR = 1, SCRATCH_USERS = 2 };

struct unwind_state {
	__u64 pc, sp, fp, rbx;
	__u64 code_begin, code_end; /* mapping that the last address was in */
	__u64 code_shift;           /* from its addresses to link-time ones */
	__u64 hash;                 /* over the frames so far */
	__u64 leaf[16];             /* registers of an interrupted frame, DWARF's numbers */
	__u64 window_begin, window_end;
	__u64 window[UNWIND_WINDOW / 8];
	struct user_registers registers;
	struct ps_process process;
	__u32 module;
	__u32 mappings;
	__u32 mapping_count;
	__u32 frames;
	__u32 end;        /* enum ps_stack_end, once a step says that there is no further one */
	__u32 rbx_known;
	__s32 rbx_save;   /* of the rule found last */
	__u32 interrupted; /* pc is where the frame was interrupted: all its registers are known */
	__u32 exact_pc;   /* pc is not a return address: look up pc itself, not the call before it */
	__u32 from_fp;    /* the frame was found by frame pointer */
};

struct stack_scratch {
	struct ps_stack_event event;
	struct unwind_state unwind;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_USERS);
	__type(key, __u32);
	__type(value, struct stack_scratch);
} scratch SEC(".maps");

static __always_inline struct stack_scratch *stack_scratch(__u32 user)
{
	return bpf_map_lookup_elem(&scratch, &user);
}

static __always_inline __u64 mix(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return hash ^ (hash >> 29);
}

static __always_inline void *slab_of(__u32 address)
{
	__u32 slab = address >> PS_SLAB_BITS, zero = 0;
	void *map = bpf_map_lookup_elem(&uw_slabs, &slab);

	return map ? bpf_map_lookup_elem(map, &zero) : NULL;
}

#define SLAB_AT(type, slab, address) (*(type *)((slab) + ((address) & (PS_SLAB_BYTES - 1))))

static __always_inline bool send_request(const struct ps_request *request)
{
	return bpf_ringbuf_output(&uw_requests, (void *)request, sizeof(*request),
				  BPF_RB_FORCE_WAKEUP) == 0;
}

/* Asks for the process's mappings, unless that was just done. */
static __always_inline void request_mappings(const struct ps_process *process, __u32 kind, __u64 pc)
{
	struct ps_request request = { .process = *process, .address = pc, .kind = kind };
	__u64 now = bpf_ktime_get_ns();
	__u64 *last = bpf_map_lookup_elem(&uw_asked, process);

	if (last && now - *last < UNWIND_ASK_AGAIN_NS)
		return;
	if (send_request(&request))
		bpf_map_update_elem(&uw_asked, process, &now, BPF_ANY);
}
