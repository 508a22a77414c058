/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 *
 * Stacks become 64-bit ids: a hash over the return addresses, seeded with the process for user
 * stacks. The addresses themselves go to user space once, when an id is seen for the first time.
 */
#pragma once

#include "shared.h"

/* Where stacks are taken, by CPU. Programs of different objects may interrupt each other, so each
 * object has its own; an iterator may be preempted by the object's other programs. */
enum scratch_user { SCRATCH_EVENT = 0, SCRATCH_ITERATOR = 1, SCRATCH_USERS = 2 };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_USERS);
	__type(key, __u32);
	__type(value, struct ps_stack_event);
} scratch SEC(".maps");

static __always_inline struct ps_stack_event *stack_scratch(__u32 user)
{
	return bpf_map_lookup_elem(&scratch, &user);
}

static __always_inline __u64 mix(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return hash ^ (hash >> 29);
}

/* Wakes user space only when the ring is more than half full; else it looks by itself. */
static __always_inline __u64 stack_ring_flags(void)
{
	return bpf_ringbuf_query(&stacks, BPF_RB_AVAIL_DATA) > (1 << 19) ? BPF_RB_FORCE_WAKEUP :
									   BPF_RB_NO_WAKEUP;
}

/* The id of the stack in `event->ips`, of which `bytes` were filled by a stack helper. */
static __always_inline __u64 intern(struct ps_stack_event *event, long bytes,
				    const struct ps_process *process)
{
	__u64 hash = 1;
	__u8 one = 1;

	if (bytes <= 0)
		return bytes == 0 ? PS_STACK_NONE : PS_STACK_UNREADABLE;
	event->frames = (__u32)bytes / sizeof(__u64);
	event->is_user = process != NULL;
	if (process) {
		event->process = *process;
		hash = mix(process->start_ns + process->exec_id, process->tgid);
	} else {
		__builtin_memset(&event->process, 0, sizeof(event->process));
	}
	for (__u32 i = 0; i < PS_MAX_FRAMES; i++) {
		if (i >= event->frames)
			break;
		hash = mix(hash, event->ips[i]);
	}
	event->id = hash < PS_STACK_FIRST ? hash + PS_STACK_FIRST : hash;
	if (bpf_map_lookup_elem(&seen, &event->id))
		return event->id;

	__u64 size = bytes;
	if (size > sizeof(event->ips))
		size = sizeof(event->ips);
	size += __builtin_offsetof(struct ps_stack_event, ips);
	if (process)
		bpf_get_current_comm(event->comm, sizeof(event->comm));
	if (bpf_ringbuf_output(&stacks, event, size, stack_ring_flags())) {
		drop(PS_DROP_STACK_RING);
		return PS_STACK_LOST;
	}
	bpf_map_update_elem(&seen, &event->id, &one, BPF_ANY);
	return event->id;
}

static __always_inline __u64 user_stack(void *ctx, const struct ps_process *process, bool is_kthread)
{
	struct ps_stack_event *event = stack_scratch(SCRATCH_EVENT);

	if (!filter.user_stacks || is_kthread || !event)
		return PS_STACK_NONE;
	return intern(event, bpf_get_stack(ctx, event->ips, sizeof(event->ips), BPF_F_USER_STACK),
		      process);
}

static __always_inline __u64 kernel_stack(void *ctx)
{
	struct ps_stack_event *event = stack_scratch(SCRATCH_EVENT);

	if (!filter.kernel_stacks || !event)
		return PS_STACK_NONE;
	return intern(event, bpf_get_stack(ctx, event->ips, sizeof(event->ips), 0), NULL);
}
