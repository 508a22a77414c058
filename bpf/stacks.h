/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 *
 * Stacks become 64-bit ids: a hash over the return addresses, seeded with the process for user
 * stacks. The addresses themselves go to user space once, when an id is seen for the first time.
 */
#pragma once

#include "unwind.h"

/* Wakes user space only when the ring is more than half full; else it looks by itself. */
static __always_inline __u64 stack_ring_flags(void)
{
	return bpf_ringbuf_query(&stacks, BPF_RB_AVAIL_DATA) > (1 << 19) ? BPF_RB_FORCE_WAKEUP :
									   BPF_RB_NO_WAKEUP;
}

/* Hands the stack in `event`, whose frames have that hash, to user space unless it has it. */
static __always_inline __u64 intern(struct ps_stack_event *event, __u64 hash)
{
	__u64 size = event->frames;
	__u8 one = 1;

	event->id = hash < PS_STACK_FIRST ? hash + PS_STACK_FIRST : hash;
	if (bpf_map_lookup_elem(&seen, &event->id))
		return event->id;
	if (size > PS_MAX_FRAMES)
		size = PS_MAX_FRAMES;
	size = size * sizeof(__u64) + __builtin_offsetof(struct ps_stack_event, ips);
	if (event->is_user)
		bpf_get_current_comm(event->comm, sizeof(event->comm));
	if (bpf_ringbuf_output(&stacks, event, size, stack_ring_flags())) {
		drop(PS_DROP_STACK_RING);
		return PS_STACK_LOST;
	}
	bpf_map_update_elem(&seen, &event->id, &one, BPF_ANY);
	return event->id;
}

/* The same after the kernel's own walk, which filled `bytes` of event->ips. */
/* Global, so that the verifier walks the loop once and not for every way that leads here. */
__attribute__((noinline)) __u64 hash_walked(__u32 user, __u64 hash)
{
	struct stack_scratch *scratch = stack_scratch(user);

	if (!scratch)
		return hash;
	for (__u32 i = 0; i < PS_WALK_FRAMES; i++) {
		if (i >= scratch->event.frames)
			break;
		hash = mix(hash, scratch->event.ips[i]);
	}
	return hash;
}

static __always_inline __u64 intern_walked(struct ps_stack_event *event, __u32 user, long bytes,
					   __u64 hash)
{
	if (bytes <= 0)
		return bytes == 0 ? PS_STACK_NONE : PS_STACK_UNREADABLE;
	event->frames = (__u32)bytes / sizeof(__u64);
	return intern(event, hash_walked(user, hash));
}

static __always_inline __u64 intern_kernel(struct ps_stack_event *event, __u32 user, long bytes)
{
	__builtin_memset(&event->process, 0, sizeof(event->process));
	event->is_user = 0;
	return intern_walked(event, user, bytes, 1);
}

/* Call with the registers in place. */
static __always_inline __u64 take_user_stack(void *ctx, struct stack_scratch *scratch,
					     const struct ps_process *process, bool have_registers)
{
	struct ps_stack_event *event = &scratch->event;
	struct unwind_state *state = &scratch->unwind;
	__u64 hash = mix(process->start_ns + process->exec_id, process->tgid);

	event->process = *process;
	event->is_user = 1;
	event->end = PS_END_WALKED;
	if (have_registers) {
		state->hash = hash;
		if (unwind(scratch, process)) {
			event->frames = state->frames;
			event->end = state->end;
			return intern(event, mix(state->hash, state->end));
		}
		event->end = PS_END_NO_PROCESS;
	}
	return intern_walked(event, SCRATCH_EVENT,
			     bpf_get_stack(ctx, event->ips, PS_WALK_FRAMES * sizeof(__u64),
					   BPF_F_USER_STACK),
			     mix(hash, event->end));
}

/* Of the current task, in a tracepoint program: it is in the kernel. */
static __always_inline __u64 user_stack(void *ctx, const struct ps_process *process, bool is_kthread)
{
	struct stack_scratch *scratch = stack_scratch(SCRATCH_EVENT);

	if (!filter.user_stacks || is_kthread || !scratch)
		return PS_STACK_NONE;
	bool unwinds = filter.unwind && read_saved_registers(&scratch->unwind.registers) &&
		       scratch->unwind.registers.cs != USER32_CS;
	return take_user_stack(ctx, scratch, process, unwinds);
}

/* In a perf_event program, whose context has the registers of what it interrupted. */
static __always_inline __u64 sampled_user_stack(struct user_registers *ctx,
						const struct ps_process *process, bool is_kthread)
{
	struct stack_scratch *scratch = stack_scratch(SCRATCH_EVENT);

	if (!filter.user_stacks || is_kthread || !scratch)
		return PS_STACK_NONE;
	bool unwinds = filter.unwind;
	if (unwinds && is_user(ctx->cs))
		copy_registers(&scratch->unwind.registers, ctx);
	else
		unwinds = unwinds && read_saved_registers(&scratch->unwind.registers);
	return take_user_stack(ctx, scratch, process,
			       unwinds && scratch->unwind.registers.cs != USER32_CS);
}

static __always_inline __u64 kernel_stack(void *ctx)
{
	struct stack_scratch *scratch = stack_scratch(SCRATCH_EVENT);

	if (!filter.kernel_stacks || !scratch)
		return PS_STACK_NONE;
	return intern_kernel(&scratch->event, SCRATCH_EVENT,
			     bpf_get_stack(ctx, scratch->event.ips, PS_WALK_FRAMES * sizeof(__u64), 0));
}
